"""Infoboxes: which templates are one, and their parameters as `key: value` lines."""

import re

from ingest.wikitemplates import Parameters, one_line

_MAX_VALUE_CHARS = 400
_MIN_BOX_PARAMETERS = 4

_BOX_NAMES = re.compile(
    r"(?:.*\b)?(?:infobox|geobox|taxobox|speciesbox|drugbox|chembox|infoboks|infokast|"
    r"инфокутия|карточка)\b"
)
_NOT_BOXES = re.compile(
    r"cit|quote|multiple image|sidebar|navbox|use |pp|about|redirect|for|other|wide image|"
    r"triple image|double image|image|listen|google|authority|coord|short|article|old |tfd|afd"
)
# First words of parameters that lay the box out or place it on a map.
_SILENT_KEYS = frozenset(
    {
        "image", "img", "photo", "picture", "caption", "alt", "logo", "map", "mapsize",
        "maptype", "width", "size", "color", "colour", "style", "class", "coord",
        "coordinates", "coords", "lat", "latd", "latm", "lats", "latns", "lon", "long",
        "longd", "longm", "longs", "longew", "pushpin", "flag", "seal", "signature",
        "footnotes", "footnote", "note", "notes", "ref", "refs", "bot", "embed", "module",
        "child", "cover", "icon", "zoom", "border", "audio", "symbol", "shield", "dot",
        "bodystyle", "titlestyle", "картинка", "изображение", "файл", "imagesize",
        "imagewidth", "mapcaption", "fetchwikidata", "demographics",
    }
)  # fmt: skip
_BOX_WORDS = re.compile(
    r"\b(?:infobox|geobox|infoboks|infokast|инфокутия|карточка)\b|"
    r"\b(?:wikidata|start|begin|new|old|за|\d+)\b|[_:(),-]+"
)
_KINDS = dict.fromkeys(
    ["taxobox", "automatic taxobox", "speciesbox", "subspeciesbox", "infraspeciesbox"], "species"
) | {"drugbox": "drug", "infobox drug": "drug", "chembox": "chemical compound"}
_MAX_KIND_CHARS = 40
_IMAGE_NAME = re.compile(r"\.(?:png|svg|jpe?g|gif|tiff?|webp|ogg|ogv|webm)$", re.IGNORECASE)


def is_infobox(name: str, parameters: Parameters, *, is_lead: bool) -> bool:
    """Whether a template is a page's box of facts: by its name or, in the lead, by its shape."""
    if _BOX_NAMES.match(name):
        return True
    if not is_lead or _NOT_BOXES.match(name):
        return False
    named = [p for p in parameters if p.name and not p.name.isdigit() and p.value.strip()]
    # A box is written one parameter a line.
    n_lines = sum("\n" in p.value for p in named)
    return len(named) >= _MIN_BOX_PARAMETERS and n_lines >= len(named) // 2


def kind_of(name: str, parameters: Parameters) -> str:
    """Return what sort of thing an infobox is of, by its name; empty if that does not tell.

    >>> kind_of("infobox football biography 2", []), kind_of("taxobox", [])
    ('football biography', 'species')
    """
    if name in _KINDS:
        return _KINDS[name]
    if not _BOX_NAMES.match(name):
        return ""
    kind = " ".join(_BOX_WORDS.sub(" ", name.partition("/")[0].partition("|")[0]).split())
    if name.startswith("geobox"):
        kind = next((p.value.strip().lower() for p in parameters if not p.name), "")
    return kind if len(kind) <= _MAX_KIND_CHARS else ""


def render_infobox(parameters: Parameters) -> list[str]:
    """Return a `key: value` line for each parameter that tells something in words."""
    lines = []
    for parameter in parameters:
        key = " ".join(parameter.name.replace("_", " ").split())
        value = one_line(parameter.value)
        if not key or key.isdigit() or not value or _is_silent(key):
            continue
        if len(value) <= _MAX_VALUE_CHARS and not _IMAGE_NAME.search(value):
            lines.append(f"{key}: {value}")
    return lines


def _is_silent(key: str) -> bool:
    first, _, rest = key.lower().partition(" ")
    if first.rstrip("0123456789") in _SILENT_KEYS:
        return True
    return rest.endswith(("footnotes", "note", "ref", "colour", "color", "size", "upright"))

"""What the top of a wiki page states: the parameters of its infobox and what its subject is."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

import mwparserfromhell
from mwparserfromhell.nodes import Template
from mwparserfromhell.parser import ParserError

from ingest.infobox import is_infobox, render_infobox
from ingest.wikitemplates import Parameter
from ingest.wikitext import clean

DESCRIPTION = "description"
"""The relation of a page's subject to what its first sentence says it is."""

_MAX_LEAD_CHARS = 50_000
_MAX_VALUE_CHARS = 120
_MAX_CACHED_VALUES = 10_000
_HEADING = re.compile(r"^==", re.MULTILINE)
_ASIDE = re.compile(r"\s*\([^()]*\)\Z")
"""`(R)`, `(2011 census)`: a value with another one is no other value."""
_PAIRED = re.compile(r"(?P<of>.*\S) name(?P<number>\d*)")
_DEFINITION = re.compile(r"[^.\n]{1,150}? (?:is|was|are|were) (?P<what>(?:an?|the|one of) [^\n]+)")
_DEFINITION_END = re.compile(
    r"[,;:(–]|(?<!\b[A-Z])\.(?=\s|$)|"
    r" (?:that|which|who|whose|whom|where|when|located|situated|known|born|since|from|until)\b"
)


def stated(wikitext: str) -> dict[str, str]:
    """The value of each relation that a page's infobox and first sentence state.

    Relations are the infobox's parameters as words. One whose meaning another parameter gives is
    named by that: `leader_title = Mayor`, `leader_name = Anna Berg` is the relation `mayor`. A page
    that the parser cannot take states nothing.

    >>> page = "{{Infobox town|mayor = [[Anna Berg]]}} '''Elm''' is a small town in the hills."
    >>> stated(page)
    {'mayor': 'Anna Berg', 'description': 'a small town in the hills'}
    """
    heading = _HEADING.search(wikitext)
    lead = wikitext[: heading.start() if heading else None][:_MAX_LEAD_CHARS]
    try:
        code = mwparserfromhell.parse(lead, skip_style_tags=True)
    except (ParserError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for template in code.filter_templates(recursive=False):
        if is_infobox(_name(template), _parameters(template), is_lead=True):
            found = dict(_named(dict(_values(template))))
            code.remove(template)
            break
    definition = _defined(clean(str(code)).text)
    return found | ({DESCRIPTION: definition} if definition else {})


def _name(template: Template) -> str:
    return " ".join(str(template.name).replace("_", " ").split()).lower()


def _parameters(template: Template) -> list[Parameter]:
    return [
        Parameter(str(each.name).strip() if each.showkey else "", str(each.value))
        for each in template.params
    ]


def _values(template: Template) -> Iterator[tuple[str, str]]:
    for parameter in _parameters(template):
        key, _, text = _rendered(parameter).partition(": ")
        value = _ASIDE.sub("", text) or text
        if value and len(value) <= _MAX_VALUE_CHARS:
            yield key.lower(), value


@lru_cache(maxsize=_MAX_CACHED_VALUES)
def _rendered(parameter: Parameter) -> str:
    """The line that the documents of a page have for a parameter; empty if they have none."""
    if not parameter.value.strip():
        return ""
    lines = render_infobox([Parameter(parameter.name, clean(parameter.value).text)])
    return lines[0] if lines else ""


def _named(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        pair = _PAIRED.fullmatch(key)
        titles = (
            [f"{pair['of']} {word}{pair['number']}" for word in ("title", "type")] if pair else []
        )
        title = next((values[each] for each in titles if each in values), key)
        yield title.lower(), value


def _defined(text: str) -> str:
    """What a text's first sentence says its subject is; empty where it says no such thing.

    >>> _defined("Elm (once Olm) was the U.S. capital of beech trees, until the storm.")
    'the U.S. capital of beech trees'
    """
    match = _DEFINITION.match(text.lstrip())
    if match is None:
        return ""
    end = _DEFINITION_END.search(match["what"])
    what = match["what"][: end.start() if end else None].strip()
    return what if " " in what and len(what) <= _MAX_VALUE_CHARS else ""

"""What templates leave in the text: infoboxes as lines, dates and units as words, most nothing.

A template is a program of the wiki it lives in, and its output cannot be known without that
wiki. The ones here carry facts of the sentence around them (a date, a quantity, a word in
another language) and are common enough to matter; they are those of the English Wikipedia.
"""

import re
from collections.abc import Callable
from typing import NamedTuple


class Parameter(NamedTuple):
    """A template's parameter; positional ones have no name."""

    name: str
    value: str


Parameters = list[Parameter]

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
    "image img photo picture caption alt logo map mapsize maptype width size color colour style "
    "class coord coordinates coords lat latd latm lats latns lon long longd longm longs longew "
    "pushpin flag seal signature footnotes footnote note notes ref refs bot embed module child "
    "cover icon zoom border audio symbol shield dot bodystyle titlestyle картинка изображение "
    "файл imagesize imagewidth mapcaption fetchwikidata demographics".split()
)
_LIST_BREAK = re.compile(r"\s*(?:\n\s*(?:[-*•]\s*)?)+")


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


def render_infobox(parameters: Parameters) -> list[str]:
    """Return a `key: value` line for each parameter that tells something in words."""
    lines = []
    for parameter in parameters:
        key = " ".join(parameter.name.replace("_", " ").split())
        value = _LIST_BREAK.sub("; ", parameter.value.strip().lstrip("-*• ")).strip("; ")
        value = " ".join(value.split())
        if not key or key.isdigit() or not value or _is_silent(key):
            continue
        if len(value) <= _MAX_VALUE_CHARS:
            lines.append(f"{key}: {value}")
    return lines


def _is_silent(key: str) -> bool:
    first, _, rest = key.lower().partition(" ")
    if first.rstrip("0123456789") in _SILENT_KEYS:
        return True
    return rest.endswith(("footnotes", "note", "ref", "colour", "color", "size", "upright"))


def render(name: str, parameters: Parameters) -> str:
    """Return the text a template stands for in a sentence; empty for those that show none."""
    renderer = _RENDERERS.get(name)
    if renderer is not None:
        return renderer([p for p in parameters if not p.name or p.name.isdigit()])
    if name.startswith("lang-"):
        return _first(parameters)
    if name.startswith("formatnum:"):
        return name.removeprefix("formatnum:")
    return ""


def _values(parameters: Parameters) -> list[str]:
    return [p.value.strip() for p in parameters]


def _first(parameters: Parameters) -> str:
    values = [p.value.strip() for p in parameters if not p.name]
    return values[0] if values else ""


def _nth(index: int) -> Callable[[Parameters], str]:
    """The parameter of this index, or the last before it."""

    def nth(parameters: Parameters) -> str:
        values = _values(parameters)
        return values[min(index, len(values) - 1)] if values else ""

    return nth


def _constant(text: str) -> Callable[[Parameters], str]:
    def constant(_parameters: Parameters) -> str:
        return text

    return constant


def _listed(parameters: Parameters) -> str:
    items = [
        item
        for value in _values(parameters)
        for item in _LIST_BREAK.split(value.lstrip("-*• "))
        if item.strip()
    ]
    return ", ".join(items)


_MONTHS = (
    "January February March April May June July August September October November December".split()
)


def _date(parameters: Parameters) -> str:
    """`2010|1|4` as `4 January 2010`, less exact where less is given."""
    values = _values(parameters)
    numbers = []
    for value in values[:3]:
        if not value.isdecimal():
            break
        numbers.append(int(value))
    if not numbers:  # {{start date|4 January 2010}}
        return values[0] if values else ""
    if len(numbers) == 1 or not 1 <= numbers[1] <= len(_MONTHS):
        return str(numbers[0])
    month = _MONTHS[numbers[1] - 1]
    day = f"{numbers[2]} " if len(numbers) == 3 else ""
    return f"{day}{month} {numbers[0]}"


def _as_of(parameters: Parameters) -> str:
    date = _date(parameters)
    return f"As of {date}" if date else ""


_RANGE_WORDS = {"-": "-", "–": "–", "to": " to ", "and": " and ", "by": " by ", "x": " x "}  # noqa: RUF001
_RANGE_WORDS |= {"+/-": " ± ", "±": " ± ", "or": " or ", "to(-)": " to ", "*": " x "}


def _convert(parameters: Parameters) -> str:
    """`828|m|ft` as `828 m`, `1|to|2|km` as `1 to 2 km`: what was measured, not what follows."""
    values = _values(parameters)
    text = ""
    for index, value in enumerate(values):
        if index % 2 == 0:
            text += value
        elif value in _RANGE_WORDS and index + 1 < len(values):
            text += _RANGE_WORDS[value]
        else:
            return f"{text} {value}".strip()
    return text


def _fraction(parameters: Parameters) -> str:
    values = _values(parameters)
    if len(values) == 3:
        return f"{values[0]} {values[1]}/{values[2]}"
    return "/".join(values)


def _prefixed(prefix: str) -> Callable[[Parameters], str]:
    def prefixed(parameters: Parameters) -> str:
        return prefix + _first(parameters)

    return prefixed


def _marriage(parameters: Parameters) -> str:
    values = [value for value in _values(parameters) if value]
    years = "–".join(values[1:3])  # noqa: RUF001
    return f"{values[0]} ({years})" if years else "".join(values[:1])


_RENDERERS: dict[str, Callable[[Parameters], str]] = {}
for _renderer, _names in (
    (
        _date,
        "start date|end date|birth date|death date|birth date and age|death date and age|"
        "start date and age|end date and age|start-date|end-date|birth-date|death-date|"
        "birth-date and age|birth year and age|birth year|death year and age|bda|dob|dda|dts|"
        "date|film date|release date|launch date|dates|start and end dates|birth based on age|"
        "date table sorting|iso date|episode date|death-date and age|release date and age",
    ),
    (_as_of, "as of|asof|update after"),
    (_convert, "convert|cvt|conv|height|val|hms|frac2"),
    (_fraction, "frac|fraction|sfrac"),
    (
        _listed,
        "plainlist|plain list|flatlist|flat list|hlist|ubl|unbulleted list|ublist|ulist|bulleted list|"
        "cslist|comma separated entries|br separated entries|indented plainlist|blist|"
        "unbulleted|flowlist|collapsible list",
    ),
    (
        _nth(0),
        "nowrap|nobr|small|smaller|big|larger|nobold|normal|resize|abbr|tooltip|flag|flagcountry|"
        "flagu|flag+link|noflag|nts|formatnum|url|str|strong|em|bold|italic|smallcaps|sc|sm|"
        "angbr|not a typo|typo|as written|sic|proper name|okina|script|vanchor|visible anchor|"
        "anchor text|center|left|right|midsize|pad|nihongo krt|zh|cquote|quote|blockquote|"
        "block quote|quotation|quote box|q|talkquote|ship name|ussname|legend|legend inline|"
        "country|fb|fbu|flagathlete|flagteam|fbaicon|chem|chem2|awrap|allow wrap|mvar|math|"
        "nihongo|nihongo2|ill|interlanguage link|interlanguage link multi|link-interwiki|"
        "won by|linktext|wikt-lang|mono|tt|code|var|samp|kbd|keypress|key|age in years|u|ins|"
        "rp-text|polytonic|unicode|transliteration|rtl-lang|hebrew|arabic|script/arabic|nq|"
        "script/hebrew|party shading text|win|loss|draw|lj|colored text|subst:small|pslink",
    ),
    (
        _nth(1),
        "lang|sort|sortname text|transl|abbrlink|hover title|font color|color|coloured text|"
        "tooltip2|rotate text|snamei|ship|hms2|font|fontcolor|asiantitle|nat fs player|fs player",
    ),
    (_prefixed("c. "), "circa|c.|ca."),
    (_prefixed("fl. "), "floruit|fl."),
    (_prefixed("US$"), "us$|usd|us dollar"),
    (_prefixed("£"), "gbp|£|pound sterling"),
    (_prefixed("€"), "eur|€|euro"),
    (_prefixed("₹"), "inr|indian rupee|₹"),
    (_prefixed("A$"), "a$|aud"),
    (_prefixed("¥"), "jpy|¥|cny"),
    (_prefixed("USS "), "uss"),
    (_prefixed("HMS "), "hms"),
    (_prefixed("SMS "), "sms"),
    (_marriage, "marriage|married"),
    (_constant(" – "), "spaced ndash|snd|spnd|sndash|spaced en dash|–|ndash|dash|en dash"),  # noqa: RUF001
    (_constant("—"), "mdash|em dash|emdash|spaced mdash"),
    (_constant("'"), "'|apostrophe"),
    (_constant("'s"), "'s"),
    (_constant("|"), "!|pipe"),
    (_constant("="), "="),
    (_constant(" "), "nbsp|spaces|sp|space|nbs|pad"),
    (_constant(" · "), "·|middot|dot|•|bullet|bull"),
    (_constant("Yes"), "yes|y|tick|check|aye|ya"),
    (_constant("No"), "no|n|cross|nay|na2"),
    (_constant("Won"), "won"),
    (_constant("Nominated"), "nom|nominated"),
    (_constant("N/A"), "n/a|na"),
    (_constant("TBA"), "tba|tbd"),
    (_constant("unknown"), "unknown"),
    (_constant("present"), "present|ongoing"),
    (_constant("\n"), "br|break|clear|-|clr|crlf|*"),
    (_constant("×"), "×|x|times"),  # noqa: RUF001
    (_constant("°"), "deg|degree"),
    (_constant("π"), "pi"),
):
    for _name in _names.split("|") if _names != "!|pipe" else ("!", "pipe"):
        _RENDERERS[_name] = _renderer

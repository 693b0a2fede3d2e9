"""What templates leave in the text: dates, units and the like as words, most of them nothing.

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

_LIST_BREAK = re.compile(r"\s*(?:\n\s*(?:[-*•]\s*)?)+")


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


def one_line(text: str) -> str:
    """Return text on one line, commas between what were lines or list items."""
    if "\n" not in text:
        return " ".join(text.split())
    lines = (" ".join(line.split()).removeprefix("- ") for line in text.split("\n"))
    joined = ""
    for line in filter(None, lines):
        glue = "" if not joined else " " if joined[-1] in ",;:.(–—-" else ", "
        joined += glue + line
    return joined


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


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


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


_RANGE_WORDS = {"-": "-", "–": "–", "to": " to ", "and": " and ", "by": " by ", "x": " x "}
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
    years = "–".join(values[1:3])
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
    (_convert, "convert|cvt|conv|height|val"),
    (_fraction, "frac|fraction|sfrac"),
    (
        _listed,
        "plainlist|plain list|flatlist|flat list|hlist|ubl|unbulleted list|ublist|ulist|"
        "bulleted list|"
        "cslist|comma separated entries|br separated entries|indented plainlist|blist|"
        "unbulleted|flowlist|collapsible list",
    ),
    (
        _nth(0),
        "nowrap|nobr|small|smaller|big|larger|nobold|normal|resize|abbr|tooltip|flag|flagcountry|"
        "flagu|flag+link|noflag|nts|formatnum|url|str|strong|em|bold|italic|smallcaps|sc|sm|"
        "angbr|not a typo|typo|as written|sic|proper name|okina|script|vanchor|visible anchor|"
        "anchor text|center|left|right|midsize|pad|nihongo krt|zh|cquote|quote|blockquote|"
        "block quote|quotation|quote box|q|talkquote|ship name|ussname|"
        "country|fb|fbu|flagathlete|flagteam|fbaicon|chem|chem2|awrap|allow wrap|mvar|math|"
        "nihongo|nihongo2|ill|interlanguage link|interlanguage link multi|link-interwiki|"
        "won by|linktext|wikt-lang|mono|tt|code|var|samp|kbd|keypress|key|age in years|u|ins|"
        "rp-text|polytonic|unicode|transliteration|rtl-lang|hebrew|arabic|script/arabic|nq|"
        "script/hebrew|party shading text|win|loss|draw|lj|colored text|subst:small|pslink",
    ),
    (
        _nth(1),
        "lang|sort|sortname text|transl|abbrlink|hover title|font color|color|coloured text|"
        "tooltip2|legend|legend inline|rotate text|snamei|ship|hms2|font|fontcolor|asiantitle|"
        "nat fs player|fs player",
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
    (_constant(" – "), "spaced ndash|snd|spnd|sndash|spaced en dash|–|ndash|dash|en dash"),
    (_constant("—"), "mdash|em dash|emdash|spaced mdash"),
    (_constant("'"), "'|apostrophe"),
    (_constant("'s"), "'s"),
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
    (_constant("×"), "×|x|times"),
    (_constant("°"), "deg|degree"),
    (_constant("π"), "pi"),
):
    _RENDERERS |= dict.fromkeys(_names.split("|"), _renderer)
_RENDERERS["!"] = _constant("|")

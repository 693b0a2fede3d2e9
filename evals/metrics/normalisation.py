"""One spelling for what is written in many ways, so that answers can be compared as strings.

SQuAD's rules (Rajpurkar et al., arXiv 1606.05250) drop case, punctuation and articles. On answers
about facts that change they go wrong: "2019-20" and "201920", "3.5" and "35" become one, "4 March
2021" and "2021-03-04" stay two, and the grade "A" becomes nothing. Here dates and numbers are read
first, and SQuAD's rules see what is left:

* a date is written in ISO 8601, `2021-03-04` or `2021-03`; whether 03/04/2021 is in March or in
  April cannot be known, so it is left alone;
* years that follow one another are a season: "2019-20", "2019/20" and "2019–2020" are one, and
  2010-11 is no November;
* "1,000" and "1'000" are 1000, "1.5 million" is 1500000, "zero" to "twelve" are digits; a point is
  a decimal point;
* a mark between two digits stays, and the minus of a negative number;
* the last word is no article, nor is one with a mark behind it ("A. Smith"). The letter of
  "vitamin A deficiency" is still taken for one.
"""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from ingest.dates.words import find_worded
from rag_lifelong.temporal import Precision, format_when, parse_when

_ARTICLES = frozenset({"a", "an", "the"})
_OPENING = "\"'“‘«([{"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_MARK = re.compile(r"[^\w\s]|_")

_YEAR = re.compile(r"[12]\d{3}")
_NUMERIC_DATE = re.compile(
    r"(?<![\w./-])(\d{4})(?:([-/])(\d{1,2})\2(\d{1,2})|[-/](\d{4}|\d{2}))(?![\w/-])"
)
_GROUPED = re.compile(
    r"(?<![\w.,'’-])(\d{1,3}(?:([,'’\u00a0\u2009\u202f])\d{3})(?:\2\d{3})*)(?!,?\d)"
)
_BARE_POINT = re.compile(r"(?<![\w.,])\.(?=\d)")
_TO_TWELVE = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_DIGITS = {word: str(number) for number, word in enumerate(_TO_TWELVE)}
_SPELT = re.compile(rf"(?<![\w-])(?:{'|'.join(_DIGITS)})(?![\w-])")
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_SCALED = re.compile(
    rf"(?<![\w.,:/-])(\d{{1,30}}(?:\.\d{{1,30}})?)((?:[\s-](?:{'|'.join(_SCALES)})){{1,3}})(?!\w)"
)
_N_REMEMBERED = 1 << 14


def normalise(text: str, *, dates: Precision | None = None) -> str:
    """The text in the one spelling, lower case and without accents, marks and articles.

    Args:
        text: What was said, or a right answer.
        dates: Cut dates that are more exact down to this; None leaves them as exact as they are.

    >>> normalise("The  François Hollande."), normalise("On 4 March 2021"), normalise("1.5 million")
    ('francois hollande', 'on 2021-03-04', '1500000')
    >>> normalise("the 2019–20 season"), normalise("A"), normalise("a 3.5 % share")
    ('2019-2020 season', 'a', '3.5 share')
    >>> normalise("March 4th, 2021", dates=Precision.MONTH)
    '2021-03'
    """
    return " ".join(tokens(text, dates=dates))


@lru_cache(maxsize=_N_REMEMBERED)
def tokens(text: str, *, dates: Precision | None = None) -> tuple[str, ...]:
    """The words of the normalised text; a date is one word, however exact."""
    plain = _with_iso_dates(text.translate(_DASHES).casefold(), dates)
    plain = unicodedata.normalize("NFKD", _with_digits(plain))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    words = plain.split()
    kept = (
        word
        for place, word in enumerate(words, start=1)
        if place == len(words) or word.lstrip(_OPENING) not in _ARTICLES
    )
    return tuple(_MARK.sub(_unless_in_number, " ".join(kept)).split())


@lru_cache(maxsize=_N_REMEMBERED)
def date_precision(text: str) -> Precision | None:
    """How exactly the text dates something; None if it names no date.

    A year counts where it is all there is, since elsewhere it may be any number.

    >>> date_precision("2021").value, date_precision("in March 2021").value, date_precision("Rome")
    ('year', 'month', None)
    """
    if _YEAR.fullmatch(text.strip()):
        return Precision.YEAR
    plain = text.translate(_DASHES).casefold()
    found = [written.precision for written in find_worded(plain)]
    found += [read[1] for match in _NUMERIC_DATE.finditer(plain) if (read := _numeric(match))]
    return max(found, key=lambda precision: precision.exactness, default=None)


def _with_iso_dates(text: str, cut: Precision | None) -> str:
    def iso(match: re.Match[str]) -> str:
        read = _numeric(match)
        return _years(match) if read is None else _cut(*read, cut)

    pieces, position = [], 0
    for written in find_worded(text):
        date = format_when(written.interval.start, written.precision)
        pieces.append(_NUMERIC_DATE.sub(iso, text[position : written.start]))
        pieces.append(_cut(date, written.precision, cut))
        position = written.end
    return "".join((*pieces, _NUMERIC_DATE.sub(iso, text[position:])))


def _numeric(match: re.Match[str]) -> tuple[str, Precision] | None:
    """The ISO date and precision of a date in figures; None if it is none, or is a season."""
    year, _, month, day, last = match.groups()
    if last is not None and (len(last) == 4 or int(last) == (int(year) + 1) % 100):
        return None
    try:
        interval, precision = parse_when(
            "-".join(part for part in (year, month or last, day) if part)
        )
    except ValueError:
        return None
    return format_when(interval.start, precision), precision


def _years(match: re.Match[str]) -> str:
    """A range of years in full; what is none, as it stands."""
    year, last = match[1], match[5]
    if last is None:
        return match[0]
    to = int(last) if len(last) == 4 else int(year) // 100 * 100 + int(last)
    if last == "00":
        to += 100
    return f"{year}-{to}" if to > int(year) else match[0]


def _cut(iso: str, precision: Precision, cut: Precision | None) -> str:
    if cut is None or cut.exactness >= precision.exactness:
        return iso
    return iso[:4] if cut is Precision.YEAR else iso[:7]


def _with_digits(text: str) -> str:
    text = _GROUPED.sub(lambda match: match[0].replace(match[2], ""), text)
    text = _SPELT.sub(lambda match: _DIGITS[match[0]], _BARE_POINT.sub("0.", text))
    return _SCALED.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    zeros = sum(_SCALES[word] for word in re.split(r"[\s-]", match[2]) if word)
    number = Decimal(match[1]).scaleb(zeros)
    return f"{number:f}" if number % 1 else f"{int(number)}"


def _unless_in_number(match: re.Match[str]) -> str:
    """The mark if it belongs to a number or is none of punctuation or symbols, else nothing."""
    mark, text = match[0], match.string
    if mark != "_" and unicodedata.category(mark)[0] not in "PS":
        return mark
    before, after = text[: match.start()][-1:], text[match.end() : match.end() + 1]
    in_number = after.isdigit() and (before.isdigit() or (mark == "-" and before in ("", " ")))
    return mark if in_number else ""

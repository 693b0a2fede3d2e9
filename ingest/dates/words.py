"""Dates in words: `7 May 2015`, `May 7th, 2015`, `7. Mai 2015`, `2015年5月7日`.

The names of months and weekdays are those of the Unicode CLDR, through Babel. No name means two
months in two of the languages, so the language of a text need not be known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from babel import Locale

from rag_lifelong.temporal import Interval, Precision, day_interval, month_interval

_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "cs", "da", "nb", "sv", "uk")
_CONTEXTS = ("format", "stand-alone")
_ALSO = {"sept": 9}
# Abbreviations outside English are often words of another kind (`set`, `mag`, `out`), and `Mars` is
# a planet: without a day beside them they name no month.
_OFTEN_OTHER_WORDS = frozenset({"mars"})

# Word by word, with bounded repetition only: linear in any text.
_WORD = r"[^\W\d_]{3,12}\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|ª|-?го)?"
_OF = r"(?:(?:day )?of |de |d'|d’)?"
_BEFORE_YEAR = r",?\s{0,2}(?:de |del |of )?"
_PATTERN = re.compile(
    "|".join(
        (
            r"(?P<cjk_year>\d{4})\s?年\s?(?P<cjk_month>\d{1,2})\s?月(?:\s?(?P<cjk_day>\d{1,2})\s?日)?",
            rf"(?<![\w./-])(?P<day>\d{{1,2}}){_ORDINAL}\s{{0,2}}{_OF}(?P<month>{_WORD})"
            rf"{_BEFORE_YEAR}(?P<year>\d{{4}})(?!\w)(?:\s?[гr]\.)?",
            rf"(?<!\w)(?P<us_month>{_WORD})\s{{0,2}}(?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?"
            r"(?:,\s?|\s)(?P<us_year>\d{4})(?!\w)",
            rf"(?<!\w)(?P<only_month>{_WORD}){_BEFORE_YEAR}(?P<only_year>\d{{4}})(?!\w)",
        )
    )
)


@dataclass(frozen=True, slots=True)
class Written:
    """A date found at `start:end` of a text."""

    start: int
    end: int
    interval: Interval
    precision: Precision


def find_worded(text: str) -> Iterator[Written]:
    """Yield the dates written in words, in order.

    >>> [str(found.interval.start.date()) for found in find_worded("May 7th, 2015 or 3 juin 2022")]
    ['2015-05-07', '2022-06-03']
    """
    position = 0
    while match := _PATTERN.search(text, position):
        read = _read(match)
        if read is None:
            position = match.start() + 1
        else:
            position = match.end()
            yield Written(match.start(), match.end(), *read)


def weekday_of(word: str) -> int | None:
    """Return the weekday a word names, Monday 0, in any of the languages.

    >>> weekday_of("Fri."), weekday_of("Freitag"), weekday_of("Friends")
    (4, 4, None)
    """
    return _weekdays().get(_key(word))


def _read(match: re.Match[str]) -> tuple[Interval, Precision] | None:
    given = match.groupdict()
    if given["cjk_year"]:
        month: int | None = int(given["cjk_month"])
        year, day = given["cjk_year"], given["cjk_day"]
    elif given["only_year"]:
        month = _month_alone(given["only_month"])
        year, day = given["only_year"], None
    else:
        month = _months().get(_key(given["month"] or given["us_month"]))
        year, day = given["year"] or given["us_year"], given["day"] or given["us_day"]
    if month is None:
        return None
    try:
        if day is None:
            return month_interval(int(year), month), Precision.MONTH
        return day_interval(int(year), month, int(day)), Precision.DAY
    except ValueError:
        return None


def _month_alone(word: str) -> int | None:
    name = _key(word)
    if name in _OFTEN_OTHER_WORDS:
        return None
    return _english_months().get(name) or _full_months().get(name)


def _key(word: str) -> str:
    return word.casefold().rstrip(".")


@cache
def _english_months() -> dict[str, int]:
    return _names(("en",), "months", ("wide", "abbreviated")) | _ALSO


@cache
def _full_months() -> dict[str, int]:
    return _names(_LANGUAGES, "months", ("wide",))


@cache
def _months() -> dict[str, int]:
    return _names(_LANGUAGES, "months", ("wide", "abbreviated")) | _ALSO


@cache
def _weekdays() -> dict[str, int]:
    return _names((*_LANGUAGES, "zh", "ja"), "days", ("wide", "abbreviated"))


def _names(languages: tuple[str, ...], kind: str, widths: tuple[str, ...]) -> dict[str, int]:
    names: dict[str, int] = {}
    for language in languages:
        table = getattr(Locale(language), kind)
        for context in _CONTEXTS:
            for width in widths:
                for number, name in table[context][width].items():
                    names[_key(name)] = number
    return names

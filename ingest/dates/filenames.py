"""Dates in the names of files and of the folders they lie in.

A number in a name is a date only if it can hardly be anything else: versions, counters, sizes,
phone numbers, hashes and the like are not, and a year needs room around it.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import PurePath

from ingest.dates.values import from_value
from ingest.dates.words import find_worded
from rag_lifelong.temporal import Interval, Precision, day_interval, month_interval, year_interval
from rag_lifelong.types import Dated, DateSource

_N_FOLDERS = 3
_LONGEST_NAME = 255

_YEAR = r"(?:1[0-9]|20|21)\d{2}"
_DIGITAL_YEAR = r"(?:19|20)\d{2}"
_MM, _DD = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_ALONE, _END = r"(?<![^\W_])", r"(?![^\W_])"  # beside a letter or digit a number is part of a name
_NOT_AFTER_NUMBER = r"(?<!\d[-_. ])"
_NOT_BEFORE_NUMBER = r"(?![-_.]\d| \d{3})"

_NO_DATES = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|(?<![0-9a-z])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16,}(?![0-9a-z])"  # a hash
    r"|97[89][- ]?\d[-\d ]{8,14}[\dx]"  # an ISBN
    r"|\d{2,5} ?[x×] ?\d{2,5}",  # a size in pixels
    re.IGNORECASE,
)
_FULL = re.compile(
    rf"(?<!\d)(?:{_DIGITAL_YEAR}{_MM}{_DD}(?=\D|$|(?:\d{{4}}|\d{{6}})(?!\d))"
    rf"|{_YEAR}(?P<full>[-_. ]){_MM}(?P=full){_DD}(?!\d)"
    rf"|{_YEAR}(?P<short>[-_ ])\d{{1,2}}(?P=short)\d{{1,2}}(?!\d))"
)
_YEAR_LAST = re.compile(
    rf"(?<!\d){_NOT_AFTER_NUMBER}(\d{{1,2}})([-_. ])(\d{{1,2}})\2({_DIGITAL_YEAR})(?!\d)"
)
_WEEK = re.compile(rf"{_ALONE}({_YEAR})[-_ ]?W([0-5]\d)(?:-?([1-7]))?{_END}", re.IGNORECASE)
_QUARTER = re.compile(
    rf"{_ALONE}(?:(?P<year>{_DIGITAL_YEAR})[-_ .]?Q(?P<quarter>[1-4])"
    rf"|(?:Q(?P<quarter_1>[1-4])|(?P<quarter_2>[1-4])Q)[-_ .]?(?P<year_1>{_DIGITAL_YEAR})){_END}",
    re.IGNORECASE,
)
_MONTH = re.compile(rf"{_ALONE}{_NOT_AFTER_NUMBER}({_YEAR})[-_. ]({_MM}){_END}{_NOT_BEFORE_NUMBER}")
_RANGE = re.compile(
    rf"{_ALONE}{_NOT_AFTER_NUMBER}({_YEAR}) ?[-_–] ?({_YEAR}){_END}{_NOT_BEFORE_NUMBER}"
)
_ONLY_YEAR = re.compile(rf"{_ALONE}{_NOT_AFTER_NUMBER}{_YEAR}{_END}{_NOT_BEFORE_NUMBER}")
# Words after which a number is a number.
_NUMBERED = re.compile(
    r"(?:^|[^a-z])(?:rfc|iso|din|port|room|page|pp?|no|nr|num|number|issue|ticket|bug|pr|id|v|ver"
    r"|version|rev|build|release|chapter|part|isbn|issn|tel|phone|mobile|fax|item|order|invoice"
    r"|img|image|dsc[nf]?|mvi|vid|pict?|gopr|scan)[-_. #]?$",
    re.IGNORECASE,
)
_TITLES_BEFORE = 1990
"""`1984.txt` is as likely a title or a number as a year; nobody named files before about then."""


def from_filename(path: PurePath) -> Dated | None:
    """Return the date in a file's name, or a date in the folders it lies in.

    Of several the most exact wins, then the last. A year in a folder's name is not taken for the
    date of what is inside; a month or a day is: `2015/05/07/x.txt`, `2015-05/x.txt`. A quarter or
    a week is that interval, with the precision of what it lies in.

    >>> names = ("talks/2015_05.txt", "x-2019.csv", "7 May 2015.pdf", "2015/05/07.md")
    >>> [str(from_filename(PurePath(name))) for name in names]
    ['2015-05', '2019', '2015-05-07', '2015-05-07']
    """
    stem = path.name if re.fullmatch(r"\.\d+", path.suffix) else path.stem
    named = _in_name(stem)
    if named is None or named.precision is Precision.YEAR:
        around = _in_folders(path.parent.parts[-_N_FOLDERS:], stem)
        if around is not None and (named is None or around.interval.intersects(named.interval)):
            return around
    return named


def _in_name(name: str) -> Dated | None:
    name = _NO_DATES.sub("#", name[:_LONGEST_NAME])
    for readers in ((_days, _worded), (_weeks, _months), (_quarters,), (_years,)):
        found = [dated for reader in readers for dated in reader(name)]
        if found:
            return min(reversed(found), key=lambda dated: -dated.precision.exactness)
    return None


def _days(name: str) -> Iterator[Dated]:
    for match in _FULL.finditer(name):
        digits = re.sub(r"[-_. ]", "-", match[0])
        if dated := from_value(digits, DateSource.FILENAME):
            yield dated
    for match in _YEAR_LAST.finditer(name):
        first, _, second, year = match.groups()
        # Which is the day may be open, the year is not.
        dated = from_value(f"{first}-{second}-{year}", DateSource.FILENAME)
        if dated is not None:
            yield dated
        elif 1 <= int(first) <= 12 and 1 <= int(second) <= 12:
            yield _dated(year_interval(int(year)), Precision.YEAR)


def _worded(name: str) -> Iterator[Dated]:
    spaced = re.sub(r"[-_., +]+", " ", name)
    for found in find_worded(re.sub(r"(?<=\d)(?=[^\W\d_]{3})|(?<=[^\W\d_]{3})(?=\d)", " ", spaced)):
        yield _dated(found.interval, found.precision)


def _weeks(name: str) -> Iterator[Dated]:
    for match in _WEEK.finditer(name):
        year, week, day = int(match[1]), int(match[2]), int(match[3] or 0)
        try:
            first = date.fromisocalendar(year, week, day or 1)
            start = day_interval(first.year, first.month, first.day)
        except ValueError:
            continue
        if day:
            yield _dated(start, Precision.DAY)
            continue
        last = first + timedelta(days=6)
        interval = Interval(start.start, start.end + timedelta(days=6))
        is_one_month = (first.year, first.month) == (last.year, last.month)
        yield _dated(interval, Precision.MONTH if is_one_month else Precision.YEAR)


def _quarters(name: str) -> Iterator[Dated]:
    for match in _QUARTER.finditer(name):
        year = int(match["year"] or match["year_1"])
        quarter = int(match["quarter"] or match["quarter_1"] or match["quarter_2"])
        first = month_interval(year, 3 * quarter - 2)
        interval = Interval(first.start, month_interval(year, 3 * quarter).end)
        yield _dated(interval, Precision.YEAR)


def _months(name: str) -> Iterator[Dated]:
    for match in _MONTH.finditer(name):
        if not _NUMBERED.search(name[: match.start()]):
            yield _dated(month_interval(int(match[1]), int(match[2])), Precision.MONTH)


def _years(name: str) -> Iterator[Dated]:
    if re.fullmatch(_YEAR, name) and int(name) < _TITLES_BEFORE:
        return
    for match in _RANGE.finditer(name):
        if int(match[1]) < int(match[2]):
            yield _dated(year_interval(int(match[2])), Precision.YEAR)
    for match in _ONLY_YEAR.finditer(name):
        if not _NUMBERED.search(name[: match.start()]):
            yield _dated(year_interval(int(match[0])), Precision.YEAR)


def _in_folders(folders: tuple[str, ...], stem: str) -> Dated | None:
    """The date of the nearest folder that is more than a year; numbered folders count together."""
    numbers = re.search(
        rf"(?:^|/)({_DIGITAL_YEAR})/({_MM})(?:[-/]({_DD}))?(?:/[^/]*)?$", "/".join((*folders, stem))
    )
    if numbers is not None:
        dated = from_value("-".join(part for part in numbers.groups() if part), DateSource.FILENAME)
        if dated is not None:
            return dated
    for folder in reversed(folders):
        dated = _in_name(folder)
        if dated is not None and dated.precision is not Precision.YEAR:
            return dated
    return None


def _dated(interval: Interval, precision: Precision) -> Dated:
    return Dated(interval, precision, DateSource.FILENAME)

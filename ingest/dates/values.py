"""Dates as metadata gives them: values of front matter, records, PDF and office files, file times.

Each reader returns None for what it cannot read with certainty, `05/07/2015` for one: no date is
better than a wrong one.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from ingest.dates.words import find_worded
from rag_lifelong.temporal import (
    Interval,
    Precision,
    day_interval,
    instant_interval,
    month_interval,
    parse_when,
    year_interval,
)
from rag_lifelong.types import Dated, DateSource

MIN_YEAR = 1000

# What programs write when they know no date: the zeros of Unix, Windows, DOS, the Mac and
# spreadsheets, and the day python-docx made its template.
_PLACEHOLDER_DAYS = frozenset(
    {
        date(1601, 1, 1),
        date(1899, 12, 30),
        date(1899, 12, 31),
        date(1900, 1, 1),
        date(1904, 1, 1),
        date(1970, 1, 1),
        date(1980, 1, 1),
    }
)
_DOCX_TEMPLATE = datetime(2013, 12, 23, 23, 15, tzinfo=UTC)

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_FIRST = re.compile(r"\d{4}[/.]\d{1,2}(?:[/.]\d{1,2})?")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_LONGEST_WORDED = 60
_PDF = re.compile(
    r"\s*(?:D:)?(\d{4})(\d{2})?(\d{2})?(?:(\d{2})(\d{2})?(\d{2})?)?"
    r"\s*(Z|[+-]\d{2}'?(?:\d{2})?'?)?.*",
    re.DOTALL,
)


def from_value(value: object, source: DateSource, *, day_first: bool | None = None) -> Dated | None:
    """Return the date a metadata value stands for.

    `day_first` says what the first number of 05/07/2015 is, where that is known.

    Reads dates, datetimes, years as integers, Unix times in seconds or milliseconds, and text:
    ISO 8601 whole or partial, `20150507`, `2015/05/07`, `7 May 2015`, `May 2015`, RFC 2822.

    >>> str(from_value("May 2015", DateSource.FRONT_MATTER))
    '2015-05'
    """
    read: tuple[Interval, Precision] | None = None
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, datetime):
            read = instant_interval(value), Precision.SECOND
        elif isinstance(value, date):
            read = day_interval(value.year, value.month, value.day), Precision.DAY
        elif isinstance(value, int | float):
            read = _from_number(value)
        elif isinstance(value, str):
            read = _from_text(value.strip(), day_first=day_first)
    except (ValueError, OverflowError):
        return None
    return None if read is None else Dated(*read, source)


def is_day_first(values: Iterable[str]) -> bool | None:
    """Return whether dates written alike (`31/12/2015`) have the day first; None: cannot be told.

    >>> is_day_first(["05/07/2015", "05/13/2015"])
    False
    """
    firsts, seconds = set(), set()
    for value in values:
        if match := _YEAR_LAST.fullmatch(value.strip()):
            firsts.add(int(match[1]) > 12)
            seconds.add(int(match[2]) > 12)
    if (True in firsts) == (True in seconds):
        return None
    return True in firsts


def from_pdf(text: str) -> Dated | None:
    """Return the date of a PDF date string (`D:20150507123000+02'00'` or a part of it).

    >>> str(from_pdf("D:201505"))
    '2015-05'
    """
    match = _PDF.fullmatch(text)
    if match is None:
        return None
    *digits, zone = match.groups()
    given = [int(part) for part in digits if part is not None]
    try:
        if len(given) == 1:
            read = year_interval(given[0]), Precision.YEAR
        elif len(given) == 2:
            read = month_interval(*given), Precision.MONTH
        elif len(given) == 3:
            read = day_interval(*given), Precision.DAY
        else:
            year, month, day, hour, minute, second = (*given, 0, 0)[:6]
            local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
            read = instant_interval(local - _offset(zone)), Precision.SECOND
    except (ValueError, OverflowError):
        return None
    return _unless_placeholder(Dated(*read, DateSource.PDF_INFO))


def from_office(value: datetime | None) -> Dated | None:
    """Return the date of an office document's property (UTC), unless it is a template's."""
    if value is None:
        return None
    interval = instant_interval(value)
    if interval.start.replace(second=0, microsecond=0) == _DOCX_TEMPLATE:
        return None
    return _unless_placeholder(Dated(interval, Precision.SECOND, DateSource.OFFICE_CORE))


def from_mtime(mtime_ns: int) -> Dated | None:
    """Return the time a file was last written, unless it is a placeholder."""
    return from_unix(mtime_ns // 1_000_000_000, DateSource.MTIME)


def from_unix(seconds: int, source: DateSource) -> Dated | None:
    """Return a Unix time as a date, unless it is a placeholder."""
    try:
        instant = datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return _unless_placeholder(Dated(instant_interval(instant), Precision.SECOND, source))


def _unless_placeholder(dated: Dated) -> Dated | None:
    if dated.precision in (Precision.DAY, Precision.SECOND):
        return None if dated.interval.start.date() in _PLACEHOLDER_DAYS else dated
    return dated


def _from_number(value: float) -> tuple[Interval, Precision] | None:
    if value == int(value) and MIN_YEAR <= value <= 9999:
        return year_interval(int(value)), Precision.YEAR
    # Unix times: 1e8 s is 1973 and 1e11 s is far away, so larger numbers are milliseconds.
    if 1e8 <= value < 1e11:
        return instant_interval(datetime.fromtimestamp(int(value), tz=UTC)), Precision.SECOND
    if 1e11 <= value < 1e14:
        return instant_interval(
            datetime.fromtimestamp(int(value) // 1000, tz=UTC)
        ), Precision.SECOND
    return None


def _from_text(text: str, *, day_first: bool | None = None) -> tuple[Interval, Precision] | None:
    if match := _COMPACT.fullmatch(text):
        return day_interval(*map(int, match.groups())), Precision.DAY
    if _YEAR_FIRST.fullmatch(text):
        return parse_when(re.sub(r"[/.]", "-", text))
    if match := _YEAR_LAST.fullmatch(text):
        return _from_year_last(*map(int, match.groups()), day_first=day_first)
    worded = next(find_worded(text), None) if len(text) <= _LONGEST_WORDED else None
    if worded is not None and (worded.start, worded.end) == (0, len(text)):
        return worded.interval, worded.precision
    if re.fullmatch(r"\d{9,13}", text):
        return _from_number(int(text))
    try:
        return parse_when(text)
    except ValueError:
        return instant_interval(parsedate_to_datetime(text)), Precision.SECOND


def _from_year_last(
    first: int, second: int, year: int, *, day_first: bool | None
) -> tuple[Interval, Precision] | None:
    if day_first is None:
        if first == second:
            return day_interval(year, second, first), Precision.DAY
        if max(first, second) <= 12:
            return None  # 05/07/2015 is May in one country and July in the next
        day_first = first > 12
    day, month = (first, second) if day_first else (second, first)
    return day_interval(year, month, day), Precision.DAY


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int("".join(re.findall(r"\d", zone[3:])) or 0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=hours, minutes=minutes)

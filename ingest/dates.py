"""Dates as files give them: from metadata values, file names and file times.

Each reader returns None for what it cannot read with certainty, `05/07/2015` for one: no date is
better than a wrong one. Nothing here reads the clock.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import PurePath

from rag_lifelong.temporal import (
    Clock,
    Interval,
    Precision,
    day_interval,
    instant_interval,
    month_interval,
    parse_when,
    year_interval,
)
from rag_lifelong.types import Dated, DateSource

_MIN_YEAR = 1000
_OF_THE_COPY = frozenset({DateSource.VERSION_CONTROL, DateSource.HTTP_HEADER, DateSource.MTIME})

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

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = "(?P<month>[A-Za-z]{3,9})"
_WORDED = (
    re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}\.?,?\s+(?P<year>\d{{4}})"),
    re.compile(rf"{_MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"),
    re.compile(rf"{_MONTH}\.?,?\s+(?P<year>\d{{4}})"),
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_PDF = re.compile(
    r"\s*(?:D:)?(\d{4})(\d{2})?(\d{2})?(?:(\d{2})(\d{2})?(\d{2})?)?"
    r"\s*(Z|[+-]\d{2}'?(?:\d{2})?'?)?.*",
    re.DOTALL,
)
_YEAR = r"(?P<year>1[0-9]\d{2}|20\d{2}|21\d{2})"
_FILENAME = re.compile(
    rf"(?<!\d){_YEAR}(?:"
    r"(?P<separator>[-_.]?)(?P<month>0[1-9]|1[0-2])(?:(?P=separator)(?P<day>[0-2]\d|3[01]))?"
    r")?(?!\d)"
)


def choose(
    candidates: Iterable[Dated],
    *,
    now: Clock,
    date_from: Sequence[DateSource] = tuple(DateSource),
) -> tuple[Dated, tuple[Dated, ...]]:
    """Return the best of a file's dates, and those that contradict it.

    The best comes from the place that `date_from` names first, among several there from the first
    given. Dates from places not named, that start after now, or before the year 1000 are not looked
    at; with none left, the answer is now. A date contradicts the best if they have no moment in
    common and it tells of the document itself: when a copy was written or sent never does.
    """
    present = now()
    preference = {source: rank for rank, source in enumerate(date_from)}
    plausible = [
        dated
        for dated in candidates
        if dated.source in preference
        and dated.interval.start <= present
        and dated.interval.start.year >= _MIN_YEAR
    ]
    if not plausible:
        return Dated(instant_interval(present), Precision.SECOND, DateSource.MTIME), ()
    best_of = {dated.source: dated for dated in reversed(plausible)}
    best = min(best_of.values(), key=lambda dated: preference[dated.source])
    others = sorted(
        (
            dated
            for dated in best_of.values()
            if dated.source not in _OF_THE_COPY and not _agree(dated, best)
        ),
        key=lambda dated: preference[dated.source],
    )
    return best, tuple(others)


def _agree(one: Dated, other: Dated) -> bool:
    """Whether two dates may mean one day, zones aside; an instant is as wide as a day here."""
    first, second = one.interval, other.interval
    day = timedelta(days=1)
    return first.start < second.end + day and second.start < first.end + day


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


def from_filename(path: PurePath) -> Dated | None:
    """Return the date in a file's name, or a complete date in the folders it lies in.

    Of several the most exact wins, then the last. A year in a folder's name is not taken for the
    date of what is inside, but `2015/05/07/x.txt` is.

    >>> [str(from_filename(PurePath(name))) for name in ("talks/2015_05.txt", "x-2019.csv")]
    ['2015-05', '2019']
    """
    found = [_from_match(match) for match in _FILENAME.finditer(path.stem)]
    dates = [dated for dated in found if dated is not None]
    if dates:
        exactness = {Precision.DAY: 0, Precision.MONTH: 1, Precision.YEAR: 2}
        return min(reversed(dates), key=lambda dated: exactness[dated.precision])
    folders = "/".join(path.parent.parts[-3:])
    if re.fullmatch(r"\d{4}/\d{2}/\d{2}", folders):
        return from_value(folders, DateSource.FILENAME)
    return None


def from_text(text: str) -> Dated | None:
    """Return the date that the first lines of a text give for it."""
    del text
    return None


def from_mtime(mtime_ns: int) -> Dated | None:
    """Return the time a file was last written, unless it is a placeholder."""
    try:
        instant = datetime.fromtimestamp(mtime_ns // 1_000_000_000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return _unless_placeholder(Dated(instant_interval(instant), Precision.SECOND, DateSource.MTIME))


def _unless_placeholder(dated: Dated) -> Dated | None:
    if dated.precision in (Precision.DAY, Precision.SECOND):
        return None if dated.interval.start.date() in _PLACEHOLDER_DAYS else dated
    return dated


def _from_number(value: float) -> tuple[Interval, Precision] | None:
    if value == int(value) and _MIN_YEAR <= value <= 9999:
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
    if match := _YEAR_FIRST.fullmatch(text):
        return parse_when("-".join(part for part in match.groups() if part))
    if match := _YEAR_LAST.fullmatch(text):
        return _from_year_last(*map(int, match.groups()), day_first=day_first)
    for pattern in _WORDED:
        if match := pattern.fullmatch(text):
            return _from_words(match.groupdict())
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


def _from_words(parts: dict[str, str]) -> tuple[Interval, Precision] | None:
    month = _MONTHS.get(parts["month"].lower())
    if month is None:
        return None
    if "day" in parts:
        return day_interval(int(parts["year"]), month, int(parts["day"])), Precision.DAY
    return month_interval(int(parts["year"]), month), Precision.MONTH


def _from_match(match: re.Match[str]) -> Dated | None:
    year, month, day = match["year"], match["month"], match["day"]
    # Six digits in a row may be any number (a version, a count): 201505 is no date by itself.
    if month and not day and not match["separator"]:
        return None
    text = "-".join(part for part in (year, month, day) if part)
    return from_value(text, DateSource.FILENAME)


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int("".join(re.findall(r"\d", zone[3:])) or 0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=hours, minutes=minutes)

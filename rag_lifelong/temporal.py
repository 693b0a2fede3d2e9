"""Instants, half-open intervals and dates of limited precision.

Times are aware UTC `datetime`s at the surface and int64 microseconds since 1970 in the columns.
A date of limited precision is the whole interval it names: `2019` is [2019-01-01, 2020-01-01),
never 1 January. Knows nothing about documents or questions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

Clock = Callable[[], datetime]
"""Gives the current time as an aware datetime; only the composition root reads the real one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

MIN_TIME = datetime(1, 1, 1, tzinfo=UTC)
MAX_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Stands for "for ever": an interval that ends here is still open."""


class Precision(StrEnum):
    """How exactly a date is known, coarsest first.

    Documents are dated by year, month, day or second; questions name the others too.
    """

    CENTURY = "century"
    DECADE = "decade"
    YEAR = "year"
    QUARTER = "quarter"
    """A few months: a quarter, a half, a season, or a part of a year."""
    MONTH = "month"
    WEEK = "week"
    """A week, or a part of a month."""
    DAY = "day"
    SECOND = "second"
    """Finer than a day."""

    @property
    def exactness(self) -> int:
        """The higher, the more exact.

        >>> Precision.DAY.exactness > Precision.YEAR.exactness
        True
        """
        return _COARSEST_FIRST.index(self)


_COARSEST_FIRST = tuple(Precision)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The half-open interval [start, end) of aware UTC datetimes.

    Raises:
        ValueError: If an end is naive, or `end` is before `start`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"naive datetime in interval [{self.start}, {self.end})")
        if self.end < self.start:
            raise ValueError(f"interval ends before it starts: [{self.start}, {self.end})")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def intersects(self, other: "Interval") -> bool:
        """Whether some instant lies in both."""
        return self.start < other.end and other.start < self.end


def year_interval(year: int) -> Interval:
    """The calendar year.

    >>> str(year_interval(2019).end)
    '2020-01-01 00:00:00+00:00'
    """
    start = datetime(year, 1, 1, tzinfo=UTC)
    return Interval(start, MAX_TIME if year >= MAX_TIME.year else start.replace(year=year + 1))


def month_interval(year: int, month: int) -> Interval:
    """The calendar month.

    >>> str(month_interval(2019, 12).end)
    '2020-01-01 00:00:00+00:00'
    """
    start = datetime(year, month, 1, tzinfo=UTC)
    if month < 12:
        return Interval(start, start.replace(month=month + 1))
    return Interval(start, year_interval(year).end)


def day_interval(year: int, month: int, day: int) -> Interval:
    """The calendar day in UTC."""
    start = datetime(year, month, day, tzinfo=UTC)
    return Interval(start, _later(start, timedelta(days=1)))


_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parse_when(text: str) -> tuple[Interval, Precision]:
    """The interval and precision of an ISO 8601 date: `2019`, `2019-06`, `2019-06-01`, an instant.

    An instant without a zone is taken as UTC; its interval is one second long.

    >>> interval, precision = parse_when("2019-06")
    >>> str(interval.start.date()), str(interval.end.date()), precision.value
    ('2019-06-01', '2019-07-01', 'month')

    Raises:
        ValueError: If the text is not such a date.
    """
    text = text.strip()
    if match := _PARTIAL_DATE.fullmatch(text):
        year, month, day = (int(part or 0) for part in match.groups())
        if year and not match[2]:
            return year_interval(year), Precision.YEAR
        if year and not match[3]:
            return month_interval(year, month), Precision.MONTH
        if year:
            return day_interval(year, month, day), Precision.DAY
    try:
        if "T" in text.upper() or " " in text:
            return instant_interval(datetime.fromisoformat(text)), Precision.SECOND
        found = date.fromisoformat(text)  # also the basic and week forms: 20190601, 2019-W05-1
        return day_interval(found.year, found.month, found.day), Precision.DAY
    except (ValueError, OverflowError):
        raise ValueError(
            f"not a date: {text!r} (expected 2019, 2019-06, 2019-06-01 or 2019-06-01T12:00:00Z)"
        ) from None


def instant_interval(instant: datetime) -> Interval:
    """The second that starts at an instant; a naive instant is taken as UTC."""
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return Interval(aware, _later(aware, timedelta(seconds=1)))


def _later(start: datetime, length: timedelta) -> datetime:
    return MAX_TIME if MAX_TIME - start < length else start + length


def format_when(start: datetime, precision: Precision) -> str:
    """The date as far as it is known: `2019`, `2019-06`, `2019-06-01` or a full ISO instant.

    What has no ISO form is given by where it begins: `1990` for the 1990s, a week by its first day.

    >>> format_when(datetime(2019, 6, 1, tzinfo=UTC), Precision.MONTH)
    '2019-06'
    """
    match precision:
        case Precision.CENTURY | Precision.DECADE | Precision.YEAR:
            return f"{start.year:04d}"
        case Precision.QUARTER | Precision.MONTH:
            return f"{start.year:04d}-{start.month:02d}"
        case Precision.WEEK | Precision.DAY:
            return start.date().isoformat()
        case Precision.SECOND:
            return start.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def to_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, exactly (no float rounding)."""
    return (instant - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The inverse of `to_us`."""
    return _EPOCH + timedelta(microseconds=microseconds)

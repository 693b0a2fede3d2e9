"""Calendar arithmetic on instants and half-open intervals, in UTC.

Weeks start on Monday, decades and centuries at a year that ends in 0 and 00, seasons are the
meteorological ones of the northern hemisphere. Knows nothing about words or questions. What lies
outside the years 1 to 9999 raises ValueError or OverflowError.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from enum import IntEnum

from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, day_interval


class Unit(IntEnum):
    """A calendar unit that words such as "ago", "last" and "next" count in."""

    MINUTE = 1
    HOUR = 2
    DAY = 3
    WEEK = 4
    MONTH = 5
    QUARTER = 6
    YEAR = 7
    DECADE = 8
    CENTURY = 9


class Season(IntEnum):
    """A meteorological season of the northern hemisphere."""

    SPRING = 0
    SUMMER = 1
    AUTUMN = 2
    WINTER = 3


_SECONDS = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86400, Unit.WEEK: 7 * 86400}
_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12, Unit.DECADE: 120, Unit.CENTURY: 1200}
_SHORT_MONTH_DAYS = 28


def months_interval(year: int, month: int, count: int) -> Interval:
    """The `count` calendar months that begin with this one.

    >>> str(months_interval(2019, 12, 3).end.date())
    '2020-03-01'
    """
    return Interval(
        datetime(year, month, 1, tzinfo=UTC), _month_start(year * 12 + month - 1 + count)
    )


def years_interval(first: int, last: int) -> Interval:
    """The calendar years `first` to `last`, both included."""
    return months_interval(first, 1, 12 * (last - first + 1))


def season_interval(season: int, year: int) -> Interval:
    """Spring (0), summer (1), autumn (2) or winter (3); a winter has the year it begins in.

    >>> str(season_interval(3, 2019).start.date()), str(season_interval(3, 2019).end.date())
    ('2019-12-01', '2020-03-01')
    """
    return months_interval(year, 3 * season + 3, 3)


def shift(instant: datetime, unit: Unit, count: int) -> datetime:
    """The instant `count` units later (earlier when negative), on the last day of a shorter month.

    >>> str(shift(datetime(2021, 3, 31, tzinfo=UTC), Unit.MONTH, -1).date())
    '2021-02-28'
    """
    if unit in _SECONDS:
        return instant + timedelta(seconds=count * _SECONDS[unit])
    year, month = divmod(instant.year * 12 + instant.month - 1 + count * _MONTHS[unit], 12)
    if instant.day <= _SHORT_MONTH_DAYS:
        return instant.replace(year=year, month=month + 1)
    last_day = _month_start(year * 12 + month + 1) - timedelta(days=1)
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last_day.day))


def unit_around(instant: datetime, unit: Unit) -> Interval:
    """The calendar unit the instant lies in.

    >>> str(unit_around(datetime(2021, 5, 6, tzinfo=UTC), Unit.WEEK).start.date())
    '2021-05-03'
    """
    if unit in _MONTHS:
        width = _MONTHS[unit]
        index = instant.year * 12 + instant.month - 1
        year, month = divmod(index - index % width, 12)
        return Interval(
            datetime(max(1, year), month + 1, 1, tzinfo=UTC),
            _month_start(index - index % width + width),
        )
    start = instant.replace(second=0, microsecond=0)
    if unit >= Unit.HOUR:
        start = start.replace(minute=0)
    if unit >= Unit.DAY:
        start = start.replace(hour=0)
    if unit is Unit.WEEK:
        start -= timedelta(days=start.weekday())
    return Interval(start, start + timedelta(seconds=_SECONDS[unit]))


def part_of(interval: Interval, index: int, count: int) -> Interval:
    """One of `count` equal parts of whole months, of a month ten days (the last to its end).

    A shorter interval than a month is returned as it is.

    >>> whole = years_interval(2015, 2015)
    >>> [str(part_of(whole, i, 3).start.date()) for i in range(3)]
    ['2015-01-01', '2015-05-01', '2015-09-01']
    """
    start, end = interval.start, interval.end
    months = (end.year - start.year) * 12 + end.month - start.month + (end == MAX_TIME)
    if months >= count:
        first = start.year * 12 + start.month - 1
        return Interval(
            _month_start(first + months * index // count),
            _month_start(first + months * (index + 1) // count),
        )
    if months < 1:
        return interval
    days = 30 // count
    return Interval(
        start + timedelta(days=days * index),
        end if index + 1 == count else start + timedelta(days=days * (index + 1)),
    )


def occurrence(of_year: Callable[[int], Interval], which: int, at: datetime) -> Interval:
    """The last (-1), this (0) or next (1) of something that comes once a year.

    The last one is over, the next one has not begun; this one is running, or is that of the year.

    >>> may = datetime(2021, 5, 6, tzinfo=UTC)
    >>> str(occurrence(lambda year: season_interval(0, year), -1, may).start.date())
    '2020-03-01'

    Raises:
        ValueError: If there is none between the years 1 and 9999.
    """
    years = range(max(1, at.year - 2), min(9998, at.year + 2) + 1)
    spans = [of_year(year) for year in years]
    if which < 0:
        spans = [span for span in spans if span.end <= at][-1:]
    elif which > 0:
        spans = [span for span in spans if span.start > at]
    else:
        spans = [span for span in spans if at in span] or [of_year(at.year)]
    if not spans:
        raise ValueError("no such time in the calendar")
    return spans[0]


def latest(of_year: Callable[[int], Interval], at: datetime) -> Interval:
    """The most recent that has begun, of something that comes once a year.

    >>> may = datetime(2021, 5, 6, tzinfo=UTC)
    >>> [str(latest(lambda y, m=m: months_interval(y, m, 1), at=may).start.date()) for m in (5, 6)]
    ['2021-05-01', '2020-06-01']
    """
    span = of_year(at.year)
    return span if span.start <= at else of_year(at.year - 1)


def latest_day(month: int, day: int, at: datetime) -> Interval:
    """The most recent such day that has begun; 29 February goes back to the last leap year.

    Raises:
        ValueError: If no month has such a day.
    """
    for year in range(at.year, max(0, at.year - 9), -1):
        if day <= (_month_start(year * 12 + month) - timedelta(days=1)).day:
            span = day_interval(year, month, day)
            if span.start <= at:
                return span
    raise ValueError(f"no day {day} in month {month}")


class LocalTime:
    """An instant in the calendar of a zone, whose local times are computed with as if in UTC.

    >>> from datetime import timezone
    >>> midnight = datetime(2021, 5, 6, 22, 30, tzinfo=UTC)
    >>> asked = LocalTime(midnight, timezone(timedelta(hours=2)))
    >>> day = unit_around(asked.local, Unit.DAY)
    >>> str(day.start.date()), str(asked.in_utc(day).start)
    ('2021-05-07', '2021-05-06 22:00:00+00:00')
    """

    def __init__(self, at: datetime, zone: tzinfo) -> None:
        self.at = at
        self._zone = zone
        self.local = at
        """The local time, labelled UTC."""
        if zone is not UTC:
            try:
                self.local = at.astimezone(zone).replace(tzinfo=UTC)
            except OverflowError:
                self._zone = UTC

    def in_utc(self, window: Interval) -> Interval:
        """The same window of local times in UTC."""
        if self._zone is UTC:
            return window
        start, end = self._instant(window.start), self._instant(window.end)
        return Interval(start, max(start, end))  # A clock set back may turn a short one round.

    def _instant(self, local: datetime) -> datetime:
        if local == self.local:
            return self.at
        if local in (MIN_TIME, MAX_TIME):
            return local
        try:
            return local.replace(tzinfo=self._zone).astimezone(UTC)
        except OverflowError:
            return local


def _month_start(index: int) -> datetime:
    """The start of a month counted from January of the year 0; the end of time past 9999."""
    year, month = divmod(index, 12)
    return MAX_TIME if year > MAX_TIME.year else datetime(year, month + 1, 1, tzinfo=UTC)

"""The calendar: periods of whole months, and days, months and years to ask about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, islice, pairwise
from random import Random

from babel.dates import format_date

from rag_lifelong.temporal import Interval, month_interval, year_interval

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A time to ask about."""

    interval: Interval
    words: str
    """With its preposition: "in May 2019"."""


def spans_from(start: datetime, *, periods: int, months: int) -> tuple[Interval, ...]:
    """So many periods of so many calendar months each."""
    firsts = tuple(islice(_month_starts(start, months), periods + 1))
    return tuple(Interval(begin, end) for begin, end in pairwise(firsts))


def on_day(day: datetime) -> Window:
    """A whole day."""
    return Window(Interval(day, day + _DAY), f"on {format_date(day, 'd MMMM y', locale='en')}")


def in_month(first: datetime) -> Window:
    """The calendar month that begins on a day."""
    words = f"in {format_date(first, 'MMMM y', locale='en')}"
    return Window(month_interval(first.year, first.month), words)


def in_year(year: int) -> Window:
    """A calendar year."""
    return Window(year_interval(year), f"in {year}")


def draw_window(draw: Random, inside: Interval) -> Window | None:
    """A day, month or year that lies wholly inside, each precision as likely; None if none does.

    Args:
        draw: Where chance comes from.
        inside: From midnight to midnight.
    """
    choices: list[Callable[[], Window]] = []
    days = (inside.end - inside.start).days
    if days > 0:
        choices.append(lambda: on_day(inside.start + draw.randrange(days) * _DAY))
    months = [month for month in _months(inside) if month.end <= inside.end]
    if months:
        choices.append(lambda: in_month(draw.choice(months).start))
    years = [
        year
        for year in range(inside.start.year, inside.end.year + 1)
        if inside.start <= year_interval(year).start and year_interval(year).end <= inside.end
    ]
    if years:
        choices.append(lambda: in_year(draw.choice(years)))
    return draw.choice(choices)() if choices else None


def _months(inside: Interval) -> Iterator[Interval]:
    """Calendar months that begin inside."""
    month = month_interval(inside.start.year, inside.start.month)
    while month.start < inside.end:
        if month.start >= inside.start:
            yield month
        month = month_interval(month.end.year, month.end.month)


def _month_starts(start: datetime, step: int) -> Iterator[datetime]:
    for month in count(start.year * 12 + start.month - 1, step):
        yield start.replace(year=month // 12, month=month % 12 + 1)

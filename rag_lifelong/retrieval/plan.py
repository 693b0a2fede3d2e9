"""From what is asked about time to the filters that are searched.

Flags are hard: nothing outside them is ever seen. Words in the question are a preference: the
search inside their window is united with the search of what holds now, and scored.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, instant_interval
from rag_lifelong.types import TimeFilter, TimeIntent, TimeRelation


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a question is asked, and what its asker fixed about time."""

    asked_at: datetime
    as_of: Interval | None = None
    between: Interval | None = None
    known_at: datetime | None = None
    timezone: tzinfo = UTC
    """Whose days and years the question means."""

    @property
    def now(self) -> datetime:
        """The latest moment that may count: when it is asked, or what was known then."""
        return self.asked_at if self.known_at is None else min(self.asked_at, self.known_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The filters to search, and how they came about."""

    preferred: TimeFilter | None
    """What the question's own words ask for, inside the bounds of `base`; None if they do not."""
    base: TimeFilter
    window: Interval | None
    """The time the answer is about, when it is a time: newer statements in it replace older."""
    parsed: str | None
    applied: str


def plan_time(intent: TimeIntent, moment: Moment) -> Plan:
    """Decide what to search for a question asked at a moment."""
    base, described = _base(moment)
    window = base.as_of
    preferred = None
    if intent.relation in (TimeRelation.NONE, TimeRelation.NOW) or intent.window is None:
        # A question about the past without a date ("who won …") must not prefer the newest.
        if intent.relation is TimeRelation.NONE and moment.as_of is None:
            window = None
        parsed = "now" if intent.relation is TimeRelation.NOW else None
    else:
        parsed = f"{intent.relation} {describe(intent.window, moment.timezone)}"
        clipped = _within_flags(intent.window, base)
        if clipped is not None:
            preferred = TimeFilter(as_of=clipped, known_at=moment.known_at)
            window = clipped
            described = f"{described}; preferring {parsed}"
    return Plan(preferred=preferred, base=base, window=window, parsed=parsed, applied=described)


def describe(interval: Interval, timezone: tzinfo = UTC) -> str:
    """`2019-06-01 to 2019-06-30`, both days included, in a time zone; open ends by name.

    >>> from rag_lifelong.temporal import month_interval
    >>> describe(month_interval(2019, 6))
    '2019-06-01 to 2019-06-30'
    """
    first = _day(interval.start, timezone)
    last = _day(max(interval.start, interval.end - interval.end.resolution), timezone)
    if interval.start == MIN_TIME:
        return f"up to {last}"
    if interval.end == MAX_TIME:
        return f"from {first} on"
    return f"{first}" if first == last else f"{first} to {last}"


def _day(instant: datetime, timezone: tzinfo) -> date:
    try:
        return instant.astimezone(timezone).date()
    except OverflowError:  # the first or the last day there is
        return instant.date()


def _base(moment: Moment) -> tuple[TimeFilter, str]:
    if moment.between is not None:
        chosen = TimeFilter(between=moment.between, known_at=moment.known_at)
        return chosen, f"valid at some time in {describe(moment.between)}"
    as_of = moment.as_of or instant_interval(moment.now)
    chosen = TimeFilter(as_of=as_of, known_at=moment.known_at)
    return chosen, f"valid {'as of' if moment.as_of else 'now,'} {describe(as_of)}"


def _within_flags(window: Interval, base: TimeFilter) -> Interval | None:
    """The part of a window that a flag lets be seen: all before an as-of ends, or the between."""
    bounds = base.between or Interval(MIN_TIME, base.as_of.end if base.as_of else window.end)
    start, end = max(window.start, bounds.start), min(window.end, bounds.end)
    return Interval(start, end) if start < end else None

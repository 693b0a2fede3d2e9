"""From what is asked about time to the filters that are searched.

Flags are hard: nothing outside them is ever seen. Words in the question are a preference: the
search inside their window is united with the search of what holds now, and scored.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, instant_interval
from rag_lifelong.types import AskedFor, TimeFilter, TimeIntent, TimeRelation


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
    def seen(self) -> Interval:
        """All times of which anything may be seen."""
        if self.between is not None:
            return self.between
        return Interval(MIN_TIME, (self.as_of or instant_interval(self.now)).end)

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
    course: TimeFilter | None
    """All that ever held up to the time asked about, where its order is to be known."""
    window: Interval | None
    """The time the answer is about, when it is a time: newer statements in it replace older."""
    parsed: str | None
    applied: str
    timezone: tzinfo = UTC
    """Whose years and months the window may be."""


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
        parsed = describe(intent.window, moment.timezone)
        if intent.window.start > MIN_TIME and intent.window.end < MAX_TIME:
            parsed = f"{intent.relation} {parsed}"
        clipped = _within(moment.seen, intent.window)
        if clipped is not None:
            preferred = TimeFilter(as_of=clipped, known_at=moment.known_at)
            window = clipped
            described = f"{described}; preferring {parsed}"
    return Plan(
        preferred=preferred,
        base=base,
        course=_course(intent, moment, preferred),
        window=window,
        parsed=parsed,
        applied=described,
        timezone=moment.timezone,
    )


def _course(intent: TimeIntent, moment: Moment, preferred: TimeFilter | None) -> TimeFilter | None:
    """What is needed to count positions, to find what came before and after, to tell a history.

    A filter with `as_of` shows one revision a document: the last of those that are to be counted.
    """
    if intent.ordinal is None and intent.anchor is None and intent.asks is not AskedFor.TIMELINE:
        return None
    seen = moment.seen
    if preferred is not None and preferred.as_of is not None:
        seen = Interval(seen.start, preferred.as_of.end)
    return TimeFilter(between=seen, known_at=moment.known_at)


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
        return chosen, f"valid at some time, {describe(moment.between)}"
    as_of = moment.as_of or instant_interval(moment.now)
    chosen = TimeFilter(as_of=as_of, known_at=moment.known_at)
    return chosen, f"valid {'as of' if moment.as_of else 'now,'} {describe(as_of)}"


def _within(seen: Interval, window: Interval) -> Interval | None:
    """The part of a window that a flag lets be seen: all before an as-of ends, or the between."""
    start, end = max(window.start, seen.start), min(window.end, seen.end)
    return Interval(start, end) if start < end else None

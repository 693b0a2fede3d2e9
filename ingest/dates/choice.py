"""Which of a document's dates is its date, and which contradict it; reads no clock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ingest.dates.values import MIN_YEAR
from rag_lifelong.temporal import Clock, Precision, instant_interval
from rag_lifelong.types import Dated, DateSource

Ask = Callable[[], Dated | None]
"""Finds out a date that costs something to know; called at most once, and only when needed."""

_OF_THE_COPY = frozenset({DateSource.VERSION_CONTROL, DateSource.HTTP_HEADER, DateSource.MTIME})
# Of a record in a file the file's name says nothing: it tells of the collection.
_OF_A_PART = frozenset({DateSource.DUMP_TIMESTAMP, DateSource.FEED_ENTRY, DateSource.RECORD_FIELD})


def choose(
    candidates: Iterable[Dated],
    *,
    now: Clock,
    date_from: Sequence[DateSource] = tuple(DateSource),
    ask: Mapping[DateSource, Ask] | None = None,
) -> tuple[Dated, tuple[Dated, ...]]:
    """Return the best of a document's dates, and those that contradict it.

    The best comes from the place that `date_from` names first, among several there from the first
    given. If it is only a month or a year, and another tells of the document and lies wholly
    inside it, that one is the date: the two agree and it says more. Dates from places not named,
    that start after now, or before the year 1000 are not looked at; with none left, the answer is
    now. A date contradicts the best if they have no moment in common and it tells of the document
    itself: when a copy was written or sent never does, nor the name of a file of many records.

    Args:
        candidates: The dates that are known.
        now: Gives the present.
        date_from: Places to take a date from, best first.
        ask: For places whose dates are not among the candidates, who knows them; asked in turn,
            once no better place has a date.
    """
    present = now()
    best_of: dict[DateSource, Dated] = {}
    for dated in candidates:
        if dated.source in date_from and _is_plausible(dated, present):
            best_of.setdefault(dated.source, dated)
    best = _first(best_of, date_from, ask or {}, present)
    if best is None:
        return Dated(instant_interval(present), Precision.SECOND, DateSource.MTIME), ()
    unheard = _OF_THE_COPY | ({DateSource.FILENAME} if best.source in _OF_A_PART else set())
    told = [best_of[source] for source in date_from if source in best_of and source not in unheard]
    best = next((other for other in told if _is_inside(other, best)), best)
    return best, tuple(other for other in told if not _agree(other, best))


def _first(
    best_of: Mapping[DateSource, Dated],
    date_from: Sequence[DateSource],
    ask: Mapping[DateSource, Ask],
    present: datetime,
) -> Dated | None:
    for source in date_from:
        if source in best_of:
            return best_of[source]
        answer = ask[source]() if source in ask else None
        if answer is not None and _is_plausible(answer, present):
            return answer
    return None


def _is_plausible(dated: Dated, present: datetime) -> bool:
    return dated.interval.start <= present and dated.interval.start.year >= MIN_YEAR


def _is_inside(one: Dated, other: Dated) -> bool:
    """Whether a date is a more exact statement of what the other says."""
    return (
        other.precision.exactness < Precision.DAY.exactness
        and one.precision.exactness > other.precision.exactness
        and other.interval.start <= one.interval.start
        and one.interval.end <= other.interval.end
    )


def _agree(one: Dated, other: Dated) -> bool:
    """Whether two dates may mean one day, zones aside; an instant is as wide as a day here."""
    first, second = one.interval, other.interval
    day = timedelta(days=1)
    return first.start < second.end + day and second.start < first.end + day

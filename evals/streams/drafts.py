"""Sorts what a benchmark tells and asks into periods of the calendar, or of its own releases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from evals.types import Example, Period, SourceDocument, StandingQuestion
from rag_lifelong.retrieval.time_calendar import months_interval
from rag_lifelong.temporal import Interval


class Every(StrEnum):
    """How long the periods of a stream are."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half-year"
    YEAR = "year"

    def around(self, moment: datetime) -> Interval:
        """The period of this length that a moment lies in."""
        months = _MONTHS[self]
        return months_interval(moment.year, moment.month - (moment.month - 1) % months, months)

    def name_of(self, period: Interval) -> str:
        """How a period of this length is named: `2019`, `2019-H1`, `2019-Q2`, `2019-06`.

        >>> from datetime import UTC
        >>> moment = datetime(2019, 6, 3, tzinfo=UTC)
        >>> [every.name_of(every.around(moment)) for every in Every]
        ['2019-06', '2019-Q2', '2019-H1', '2019']
        """
        start = period.start
        match self:
            case Every.MONTH:
                return f"{start:%Y-%m}"
            case Every.QUARTER:
                return f"{start:%Y}-Q{(start.month + 2) // 3}"
            case Every.HALF_YEAR:
                return f"{start:%Y}-H{(start.month + 5) // 6}"
            case Every.YEAR:
                return f"{start:%Y}"


_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been put into a period so far."""

    documents: list[SourceDocument] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    standing: list[StandingQuestion] = field(default_factory=list)


class Drafts:
    """The periods of a stream while they are filled; one is there once something is put into it."""

    def __init__(self) -> None:
        self._drafts: dict[Interval, Draft] = {}

    def __getitem__(self, period: Interval) -> Draft:
        return self._drafts.setdefault(period, Draft())

    @property
    def stretches(self) -> list[Interval]:
        """The times of the periods that have something in them, in order."""
        return sorted(self._drafts, key=lambda when: when.start)

    def periods(self, name_of: Callable[[Interval], str]) -> tuple[Period, ...]:
        """The periods in the order of time, their documents too."""
        return tuple(
            Period(
                name=name_of(when),
                start=when.start,
                end=when.end,
                documents=tuple(sorted(draft.documents, key=_place)),
                examples=tuple(draft.examples),
                standing=tuple(draft.standing),
            )
            for when in self.stretches
            for draft in [self._drafts[when]]
        )


def _place(document: SourceDocument) -> tuple[datetime, str]:
    return document.published_at, document.doc_id

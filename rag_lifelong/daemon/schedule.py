"""Sources that nobody tells of changes, feeds and repositories: asked every so often.

When each was last asked is in the store, so that a restart asks none too early.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Known, Source
from rag_lifelong.types import Ledger, ScanItem, Settled, Skipped, Visited

Open = Callable[[str], Source]
"""Gives the source of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which sources are asked, and how often."""

    names: Sequence[str] = ()
    every: timedelta = timedelta(minutes=30)

    def due(self, ledger: Ledger, now: datetime) -> list[str]:
        """Names of sources to ask now: it is time again, or the last time failed."""
        failed = {job.origin for job in ledger.due}
        return [name for name in self.names if name in failed or self._is_time(name, ledger, now)]

    def _is_time(self, name: str, ledger: Ledger, now: datetime) -> bool:
        last = ledger.visits.get(name)
        # A visit in the future was made before the clock was set back.
        return last is None or not last <= now < last + self.every


class VisitedSource:
    """A source of a name, opened when it is asked; that it failed is told, not raised."""

    def __init__(self, name: str, open_source: Open) -> None:
        self._name = name
        self._open = open_source

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what changed, and that the source was asked, or why it could not be."""
        failure: Skipped | None = None
        try:
            for item in self._open(self._name).scan(known):
                if isinstance(item, Skipped) and item.is_whole:
                    failure = _failed(self._name, item.reason)
                else:
                    yield item
        except SourceError as error:
            failure = _failed(self._name, str(error))
        yield failure or Settled(self._name)
        yield Visited(self._name)


def _failed(name: str, reason: str) -> Skipped:
    return Skipped(name, reason, is_transient=True)

"""What the daemon does because time passed: jobs that are due, and sources on a schedule."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.names import path_of
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.daemon.schedule import Open, Schedule, VisitedSource
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Known, Source
from rag_lifelong.temporal import Clock
from rag_lifelong.types import Job, Ledger, ScanItem, Settled, Skipped


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now."""

    places: tuple[Path, ...] = ()
    """Files and folders of watched roots to look at again."""
    sources: tuple[Source, ...] = ()
    waiting: int = 0
    """Jobs that are to be tried again, now or later."""
    dead: int = 0
    """Jobs that are left until somebody asks."""


class Agenda:
    """Tells what is due, by the store's ledger.

    Args:
        read: Reads the ledger.
        schedule: Sources to ask every so often.
        open_source: Gives the source of a name.
        now: The clock that the ledger's times are of.
    """

    def __init__(
        self,
        read: Callable[[], Ledger],
        *,
        now: Clock,
        open_source: Open,
        schedule: Schedule | None = None,
    ) -> None:
        self._read = read
        self._now = now
        self._open = open_source
        self._schedule = schedule or Schedule()

    def due(self, roots: Sequence[WatchedRoot]) -> Due:
        """Return what is due now; what lies in a root that is not there is not.

        Raises:
            IndexStoreError: If the store cannot be read.
        """
        ledger = self._read()
        places: list[Path] = []
        sources: list[Source] = []
        for job in ledger.due:
            path = path_of(job.origin)
            root = None if path is None else next((r for r in roots if r.holds(path)), None)
            if path is not None and root is not None:
                if root.is_there():
                    places.append(path)
            elif job.origin not in self._schedule.names:
                sources.append(_Again(job, path, self._open))
        names = self._schedule.due(ledger, self._now())
        sources.extend(VisitedSource(name, self._open) for name in names)
        return Due(tuple(places), tuple(sources), ledger.waiting, ledger.dead)


class _Again:
    """What failed and is no part of what is watched: a file is tried again, a URL is let be.

    The network is used for what is watched alone.
    """

    def __init__(self, job: Job, path: Path | None, open_source: Open) -> None:
        self._job = job
        self._path = path
        self._open = open_source

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what was found, or that there is nothing more to try."""
        if self._path is None:
            yield Settled(self._job.origin)
            return
        is_failing = False
        try:
            for item in self._open(str(self._path)).scan(known):
                is_failing = is_failing or (isinstance(item, Skipped) and item.is_noted)
                yield item
        except SourceError as error:
            yield Skipped(
                self._job.origin, str(error), fingerprint=self._job.fingerprint, is_transient=True
            )
        else:
            if not is_failing:
                yield Settled(self._job.origin)

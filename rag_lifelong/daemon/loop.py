"""The daemon's loop: hear, wait until files are at rest, bring the store up to date, look at all.

Observers are armed before the first scan, so that nothing falls between. Whatever an event missed
is found by the next look at everything: at the start, when events were lost, when a root comes
back, after the machine slept, and every so often.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.names import file_uri
from ingest.watching.events import Changes, EventCounts, EventSource
from ingest.watching.roots import is_remote
from ingest.watching.settling import Settling
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.errors import IndexLockedError, SourceError
from rag_lifelong.ports import Known, Source
from rag_lifelong.temporal import Clock
from rag_lifelong.types import ScanItem, Skipped

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport

logger = logging.getLogger(__name__)


Update = Callable[[Sequence[Source]], "IngestReport"]
"""Brings the store up to date with sources."""
Scan = Callable[[Known], Iterable[ScanItem]]

_ROOT_CHECK_S = 5.0
"""How often roots are looked at for being gone, replaced, or back."""
_RETRY_S = 2.0
"""How long another writer of the store is waited for before trying again."""
_SLEPT_S = 30.0
"""A gap between two clocks from which the machine is taken to have slept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How roots are watched."""

    rescan_s: float = 3600.0
    """How often everything is looked at, whatever was heard."""
    settle_s: float = 2.0
    """How long a file must be unchanged that nobody was heard to close."""
    debounce_s: float = 0.15
    """How long what was closed or moved there is waited for."""
    poll: bool | None = None
    """Compare listings instead of trusting events; None: where the file system is a network's."""


@dataclass(slots=True)
class WatchState:
    """What the daemon knows of itself."""

    updates: int = 0
    rescans: int = 0
    last_rescan_reason: str = ""
    added: int = 0
    updated: int = 0
    closed: int = 0
    moved: int = 0
    chunks_embedded: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """Why each file that could not be read the last time could not."""
    away: list[str] = field(default_factory=list)
    """Roots that are not there."""
    waiting: int = 0
    """Paths that changed and are not at rest yet."""
    lag_s: float = 0.0
    """How long the oldest change that is not in the store has been known of."""
    events: EventCounts = field(default_factory=EventCounts)


class Watcher:
    """Keeps a store in step with roots until it is told to stop."""

    def __init__(
        self,
        roots: Sequence[WatchedRoot],
        update: Update,
        settings: WatchSettings,
        *,
        now: Clock,
        told: Callable[[WatchState], None] = lambda _: None,
    ) -> None:
        self._roots = roots
        self._update = update
        self._settings = settings
        self._now = now
        self._told = told
        self._stop = threading.Event()
        self._events: list[EventSource] = []
        self._settling = Settling(debounce_s=settings.debounce_s, settle_s=settings.settle_s)
        self._rescan_reason: str | None = "start"
        self._next_rescan = 0.0
        self._next_root_check = 0.0
        self._behind_since: float | None = None
        self.state = WatchState()

    def stop(self) -> None:
        """Finish the batch under way, then end; may be called from a signal handler."""
        self._stop.set()
        for source in self._events:
            source.wake()

    def rescan(self, reason: str) -> None:
        """Look at everything at the next turn."""
        self._rescan_reason = self._rescan_reason or reason

    def run(self) -> None:
        """Watch until stopped.

        Raises:
            IndexStoreError: If the store cannot be written.
        """
        while not self._stop.is_set():
            with ExitStack() as armed:
                self._arm(armed)
                self.rescan("roots changed")
                while not self._stop.is_set() and not self._are_roots_changed():
                    self._turn()
        self._tell()

    def _arm(self, armed: ExitStack) -> None:
        """Observe the roots that are there; network file systems are polled."""
        there = [root for root in self._roots if root.is_there()]
        for root in self._roots:
            root.is_replaced()
        polled = [root.path for root in there if self._is_polled(root)]
        heard = [root.path for root in there if not self._is_polled(root)]
        self._events = [
            EventSource(paths, poll=poll)
            for paths, poll in ((heard, False), (polled, True))
            if paths
        ]
        for source in self._events:
            armed.enter_context(source)
        self.state.away = [str(root.path) for root in self._roots if root not in there]

    def _is_polled(self, root: WatchedRoot) -> bool:
        chosen = self._settings.poll
        return is_remote(root.path) if chosen is None else chosen

    def _are_roots_changed(self) -> bool:
        now = time.monotonic()
        if now < self._next_root_check:
            return False
        self._next_root_check = now + _ROOT_CHECK_S
        return any([self._is_changed(root) for root in self._roots])  # noqa: C419  (all are asked)

    def _is_changed(self, root: WatchedRoot) -> bool:
        """Whether a root is gone, back, or another one than it was."""
        is_newly_away = not root.is_there() and str(root.path) not in self.state.away
        return root.is_replaced() or is_newly_away

    def _turn(self) -> None:
        """Hear what changed and act on what is due."""
        self._hear()
        now = time.monotonic()
        if now >= self._next_rescan:
            self.rescan("it was time")
        if self._rescan_reason is not None:
            self._look_at_all(self._rescan_reason)
        elif places := self._settling.take(now):
            self._look_at(places)
        self._tell()

    def _hear(self) -> None:
        now = time.monotonic()
        due = self._settling.due_s(now)
        wait = min(
            _ROOT_CHECK_S,
            max(0.0, self._next_rescan - now),
            _ROOT_CHECK_S if due is None else due,
        )
        if self._rescan_reason is not None:
            wait = 0.0
        wall = time.clock_gettime(time.CLOCK_BOOTTIME)
        if not self._events:
            self._stop.wait(wait)
        for number, source in enumerate(self._events):
            # One of them is waited for; the other, if there is one, is polled and late anyway.
            self._note(source.take(wait if number == 0 else 0.0))
        # The monotonic clock stands still while a machine sleeps, that of its uptime does not.
        slept = time.clock_gettime(time.CLOCK_BOOTTIME) - wall - (time.monotonic() - now)
        if slept > _SLEPT_S:
            self.rescan("the machine slept")

    def _note(self, changes: Changes) -> None:
        now = time.monotonic()
        if changes and self._behind_since is None:
            self._behind_since = now
        for reason in changes.lost:
            self.rescan(reason)
        for path in changes.paths:
            if any(root.holds(path) for root in self._roots):
                self._settling.touch(path, now, is_closed=path in changes.closed)

    def _look_at_all(self, reason: str) -> None:
        self._rescan_reason = None
        self._next_rescan = time.monotonic() + self._settings.rescan_s
        self.state.rescans += 1
        self.state.last_rescan_reason = reason
        logger.info("looking at everything: %s", reason)
        self.state.skipped.clear()
        there = [root for root in self._roots if root.is_there()]
        sources = [self._heeding(self._all_of(root)) for root in there]
        if not self._apply(sources):
            self.rescan(reason)

    def _heeding(self, scan: Scan) -> Source:
        return _Heeding(scan, self._stop, self.state)

    def _all_of(self, root: WatchedRoot) -> Scan:
        return lambda known: root.scan(known, self._is_at_rest)

    def _is_at_rest(self, path: Path, status: os.stat_result) -> bool:
        """Whether a file found by a scan may be read; if not, it is waited for."""
        age_s = self._now().timestamp() - status.st_mtime
        if path not in self._settling and not 0 <= age_s < self._settings.settle_s:
            return True
        if path not in self._settling:
            self._settling.touch(path, time.monotonic())
        return False

    def _look_at(self, places: Sequence[Path]) -> None:
        uris = tuple(file_uri(place) for place in places)
        inside = tuple(f"{uri}{mark}" for uri in uris for mark in ("/", "!/", "#"))
        for skipped in list(self.state.skipped):
            if skipped in uris or skipped.startswith(inside):
                del self.state.skipped[skipped]
        sources: list[Source] = []
        for root in self._roots:
            held = [place for place in places if root.holds(place)]
            if held and root.is_there():
                sources.append(self._heeding(_some_of(root, held)))
        if not self._apply(sources):
            self.rescan("the store was busy")

    def _apply(self, sources: Sequence[Source]) -> bool:
        """Bring the store up to date; False if it is to be tried again."""
        try:
            report = self._update(sources)
        except IndexLockedError:
            self._stop.wait(_RETRY_S)
            return False
        except SourceError as error:
            logger.warning("%s; it is waited for", error)
            self._next_root_check = 0.0
            return True
        state = self.state
        state.updates += 1
        state.added += report.added
        state.updated += report.updated
        state.closed += report.closed
        state.moved += report.moved
        state.chunks_embedded += report.chunks_embedded
        if not len(self._settling):
            self._behind_since = None
        return True

    def _tell(self) -> None:
        state = self.state
        state.waiting = len(self._settling)
        since = self._behind_since
        state.lag_s = 0.0 if since is None else time.monotonic() - since
        state.events = EventCounts(
            events=sum(source.counts.events for source in self._events),
            overflows=sum(source.counts.overflows for source in self._events),
            refused=sum(source.counts.refused for source in self._events),
        )
        self._told(state)


class _Heeding:
    """A source that ends when it is told to, as after a crash, and keeps what was skipped."""

    def __init__(self, scan: Scan, stop: threading.Event, state: WatchState) -> None:
        self._scan = scan
        self._stop = stop
        self._skipped = state.skipped

    def scan(self, known: Known) -> Iterator[ScanItem]:
        for item in self._scan(known):
            if self._stop.is_set():
                return
            if isinstance(item, Skipped):
                self._skipped[item.uri] = item.reason
            yield item


def _some_of(root: WatchedRoot, places: Sequence[Path]) -> Scan:
    return lambda known: root.scan_within(known, places)

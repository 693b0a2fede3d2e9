"""The daemon's loop: hear, wait until files are at rest, bring the store up to date, look at all.

Observers are armed before the first scan, so that nothing falls between. Whatever an event missed
is found by the next look at everything: at the start, when events were lost, when a root comes
back, after the machine slept, and every so often. What could not be read is tried again, and what
tells nobody of its changes is asked, when the agenda says so.
"""

import logging
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.names import file_uri
from ingest.watching.downloads import Downloads, is_unfinished
from ingest.watching.events import MAX_NAMED, Changes
from ingest.watching.settling import Settling
from rag_lifelong.daemon.jobs import Agenda
from rag_lifelong.daemon.observed import Observed
from rag_lifelong.daemon.pressure import is_full_disk
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.daemon.state import WatchSettings, WatchState
from rag_lifelong.daemon.world import World
from rag_lifelong.errors import IndexLockedError, IndexStoreError, SourceError
from rag_lifelong.ports import Known, Source
from rag_lifelong.types import ScanItem, Skipped

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport

logger = logging.getLogger(__name__)


Told = Callable[["IngestReport"], None]
Update = Callable[[Sequence[Source], Told], "IngestReport"]
"""Brings the store up to date with sources, and tells after each commit what it did so far."""
Scan = Callable[[Known], Iterable[ScanItem]]

_COUNTED = ("added", "updated", "closed", "moved", "chunks_embedded")
_ROOT_CHECK_S = 5.0
"""How often roots are looked at for being gone, replaced, or back."""
_AGENDA_S = 10.0
"""How often the agenda is looked at."""
_COUNT_S = 10.0
"""How often at most it is counted, when folders were made, which of them are watched."""
_REFUSED_S = 20.0
"""How often everything is looked at while some folders cannot be watched."""
_RETRY_S = 2.0
"""How long another writer of the store is waited for before trying again."""
_FULL_S = 30.0
"""How long a disk that was full is waited for, whatever it says of itself."""
_SLEPT_S = 30.0
"""A gap between two clocks from which the machine is taken to have slept."""
_MAX_SKIPPED = 1_000
"""Skipped files that are named; beyond, those that were met first."""


class Watcher:
    """Keeps a store in step with roots, and with what is on its agenda, until told to stop."""

    def __init__(
        self,
        roots: Sequence[WatchedRoot],
        update: Update,
        settings: WatchSettings,
        *,
        world: World,
        agenda: Agenda | None = None,
        told: Callable[[WatchState], None] = lambda _: None,
    ) -> None:
        self._roots = roots
        self._update = update
        self._settings = settings
        self._world = world
        self._agenda = agenda
        self._told = told
        self._stop = threading.Event()
        self._observed = Observed(roots, world, poll=settings.poll)
        self._downloads = Downloads(settings.download_s, is_ending=self._stop.is_set)
        self._settling = Settling(
            debounce_s=settings.debounce_s,
            settle_s=settings.settle_s,
            wait_for=self._downloads.wait_s,
        )
        self._rescan_reason: str | None = "start"
        self._next_rescan = self._next_root_check = self._next_agenda = -math.inf
        self._full_until = -math.inf
        self._behind_since: float | None = None
        self._has_new_folders = False
        self._next_count = -math.inf
        self._refused = 0
        """Folders that could not be watched when it was last tried."""
        self.state = WatchState()

    def stop(self) -> None:
        """Finish the batch under way, then end; may be called from a signal handler."""
        self._stop.set()
        self._observed.wake()

    def rescan(self, reason: str) -> None:
        """Look at everything at the next turn."""
        self._rescan_reason = self._rescan_reason or reason

    def run(self) -> None:
        """Watch until stopped.

        Raises:
            IndexStoreError: If the store cannot be written, for another reason than a full disk.
        """
        while not self._stop.is_set():
            with self._observed.armed():
                self.state.away = self._observed.away
                self.rescan("roots changed")
                while not self._stop.is_set() and not self._are_roots_changed():
                    self._turn()
        self._tell()

    def _are_roots_changed(self) -> bool:
        now = self._world.monotonic()
        if now < self._next_root_check:
            return False
        self._next_root_check = now + _ROOT_CHECK_S
        return self._observed.are_changed()

    def _turn(self) -> None:
        """Hear what changed and act on what is due."""
        self._hear()
        now = self._world.monotonic()
        if now >= self._next_rescan:
            self.rescan("it was time")
        if not self._is_held_up(now):
            if self._rescan_reason is not None:
                self._look_at_all(self._rescan_reason)
            elif places := self._settling.take(now):
                self._has_new_folders |= any(place.is_dir() for place in places)
                if not self._look_at(places):
                    self.rescan("an update could not be made")
            if self._has_new_folders and now >= self._next_count:
                self._heed_refused()
            self._do_due()
        self._tell()

    def _is_held_up(self, now: float) -> bool:
        """Whether there is too little room to work."""
        lacking = "disk" if now < self._full_until else self._world.lacking()
        if lacking != self.state.paused:
            logger.warning("paused: too little %s" if lacking else "there is room%s", lacking)
        self.state.paused = lacking
        return bool(lacking)

    def _hear(self) -> None:
        before = self._world.monotonic()
        uptime = self._world.uptime()
        wait = self._wait_s(before)
        if not len(self._observed):
            self._world.wait(self._stop, wait)
        for changes in self._observed.take(wait):
            self._note(changes)
        # The monotonic clock stands still while a machine sleeps, that of its uptime does not.
        awake = self._world.monotonic() - before
        if self._world.uptime() - uptime - awake > _SLEPT_S:
            self.rescan("the machine slept")

    def _wait_s(self, now: float) -> float:
        """How long nothing is to be done unless something is heard."""
        if self.state.paused:
            return _ROOT_CHECK_S
        if self._rescan_reason is not None:
            return 0.0
        due = self._settling.due_s(now)
        times = (self._next_rescan - now, self._next_agenda - now if self._agenda else math.inf)
        return max(0.0, min(_ROOT_CHECK_S, *times, _ROOT_CHECK_S if due is None else due))

    def _note(self, changes: Changes) -> None:
        now = self._world.monotonic()
        if changes and self._behind_since is None:
            self._behind_since = now
        for reason in changes.lost:
            self.rescan(reason)
        for path in changes.paths:
            if any(root.holds(path) for root in self._roots) and not _is_download(path):
                self._settling.touch(path, now, is_closed=path in changes.closed)
        if len(self._settling) > MAX_NAMED:
            self._settling.clear()
            self.rescan("more changed than is worth naming")

    def _look_at_all(self, reason: str) -> None:
        self._rescan_reason = None
        if self._behind_since is None:
            self._behind_since = self._world.monotonic()
        self._next_rescan = self._world.monotonic() + self._settings.rescan_s
        self.state.rescans += 1
        self.state.last_rescan_reason = reason
        self.state.last_rescan_at = self._world.now().isoformat(timespec="seconds")
        logger.info("looking at everything: %s", reason)
        self.state.skipped.clear()
        there = [root for root in self._roots if root.is_there()]
        if not self._apply([self._heeding(root, self._all_of(root)) for root in there]):
            self.rescan(reason)
        self._heed_refused()

    def _heed_refused(self) -> None:
        """Watch what is not watched yet; what cannot be is looked at more often."""
        self._has_new_folders = False
        self._next_count = self._world.monotonic() + _COUNT_S
        refused = self._observed.count_refused()
        if refused and refused != self._refused:
            self._observed.arm_again()
            refused = self._observed.count_refused()
            self.rescan("folders are watched that were not")
        self._refused = refused
        if refused:
            logger.warning(
                "%d folders cannot be watched (fs.inotify.max_user_watches): all are looked at "
                "every %d s", refused, _REFUSED_S,
            )  # fmt: skip
            self._next_rescan = min(self._next_rescan, self._world.monotonic() + _REFUSED_S)

    def _all_of(self, root: WatchedRoot) -> Scan:
        return lambda known: root.scan(known, self._is_at_rest)

    def _is_at_rest(self, path: Path, status: os.stat_result) -> bool:
        """Whether a file found by a scan may be read; if not, it is waited for."""
        if path in self._settling or is_unfinished(path):
            return False
        age_s = self._world.now().timestamp() - status.st_mtime
        # A file of the future is as old as can be.
        quiet_s = age_s if age_s >= 0 else math.inf
        if quiet_s >= self._settings.settle_s and not self._downloads.wait_s(path, quiet_s):
            return True
        self._settling.touch(path, self._world.monotonic())
        return False

    def _look_at(self, places: Sequence[Path]) -> bool:
        """Bring some places up to date; False if it is to be tried again."""
        uris = tuple(file_uri(place) for place in places)
        inside = tuple(f"{uri}{mark}" for uri in uris for mark in ("/", "!/", "#"))
        for skipped in list(self.state.skipped):
            if skipped in uris or skipped.startswith(inside):
                del self.state.skipped[skipped]
        sources: list[Source] = []
        for root in self._roots:
            held = [place for place in places if root.holds(place)]
            if held and root.is_there():
                sources.append(self._heeding(root, _some_of(root, held)))
        return self._apply(sources)

    def _do_due(self) -> None:
        """Try again what failed and is due, and ask the sources whose time it is."""
        now = self._world.monotonic()
        if self._agenda is None or now < self._next_agenda or self._stop.is_set():
            return
        self._next_agenda = now + _AGENDA_S
        due = self._agenda.due(self._roots)
        self.state.jobs_waiting, self.state.jobs_dead = due.waiting, due.dead
        # What cannot be done now is due the next time as well.
        if places := [place for place in due.places if place not in self._settling]:
            self._look_at(places)
        if due.sources:
            self._apply([self._heeding(None, source.scan) for source in due.sources])

    def _heeding(self, root: WatchedRoot | None, scan: Scan) -> Source:
        return _Heeding(root, scan, self._stop, self.state)

    def _apply(self, sources: Sequence[Source]) -> bool:
        """Bring the store up to date; False if it is to be tried again."""
        try:
            self._update(sources, self._counting())
        except IndexLockedError:
            self._world.wait(self._stop, _RETRY_S)
            return False
        except IndexStoreError as error:
            if not is_full_disk(error):
                raise
            logger.warning("%s; it is waited for", error)
            self._full_until = self._world.monotonic() + _FULL_S
            return False
        except SourceError as error:
            logger.warning("%s; it is waited for", error)
            self._next_root_check = -math.inf
            return True
        self.state.updates += 1
        if not len(self._settling):
            self._behind_since = None
        return True

    def _counting(self) -> Told:
        """What adds an update's counts to those of the updates before it, and tells."""
        before = {name: getattr(self.state, name) for name in _COUNTED}

        def count(report: "IngestReport") -> None:
            for name, number in before.items():
                setattr(self.state, name, number + getattr(report, name))
            self._tell()

        return count

    def _tell(self) -> None:
        state = self.state
        state.waiting = len(self._settling)
        since = self._behind_since
        state.lag_s = 0.0 if since is None else self._world.monotonic() - since
        state.returns = self._observed.returns
        state.events = self._observed.counts
        self._told(state)


class _Heeding:
    """A source that ends when it is told to, as after a crash, and keeps what was skipped."""

    def __init__(
        self, root: WatchedRoot | None, scan: Scan, stop: threading.Event, state: WatchState
    ) -> None:
        self._root = root
        self._scan = scan
        self._stop = stop
        self._skipped = state.skipped

    def scan(self, known: Known) -> Iterator[ScanItem]:
        try:
            for item in self._scan(known):
                if self._stop.is_set():
                    return
                if isinstance(item, Skipped):
                    self._keep(item)
                yield item
        except SourceError as error:
            if self._root is None or not self._root.is_there():
                raise
            # It is there and may not be looked at: that may pass.
            failed = Skipped(file_uri(self._root.path), str(error), is_transient=True)
            self._keep(failed)
            yield failed

    def _keep(self, item: Skipped) -> None:
        if len(self._skipped) < _MAX_SKIPPED:
            self._skipped[item.uri] = item.reason


def _some_of(root: WatchedRoot, places: Sequence[Path]) -> Scan:
    return lambda known: root.scan_within(known, places)


def _is_download(path: Path) -> bool:
    """Whether a path is of a file under way; what is gone or a folder may have had documents."""
    return is_unfinished(path) and path.is_file()

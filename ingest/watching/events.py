"""Events of the file system under some roots, gathered into sets of paths that may have changed.

watchdog observes; here is what it leaves to be known. When its queue in the kernel overflows, when
a folder can no longer be watched, and when more changed than is worth naming, `Changes.lost` says
that everything is to be looked at. Nothing here reads a file.
"""

import logging
import os
import platform
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

logger = logging.getLogger(__name__)

MAX_NAMED = 50_000
"""Paths named in one set of changes; beyond, all is looked at."""
_POLL_SECONDS = 2.0
_FDINFO = Path("/proc/self/fdinfo")
_WATCHED = re.compile(r"^inotify wd:\S+ ino:([0-9a-f]+) ", re.MULTILINE)
# Opening and reading a file is no change, and our own reading would be told without end.
_WANTED: list[type[FileSystemEvent]] = [
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent,
    FileDeletedEvent, FileModifiedEvent, FileMovedEvent,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since the last time it was asked."""

    paths: frozenset[Path] = frozenset()
    """Files and folders that may have changed, be it that they are gone."""
    closed: frozenset[Path] = frozenset()
    """Of them, files that were closed by their writer, or moved there, and not touched since."""
    lost: tuple[str, ...] = ()
    """Why events may be missing; everything is to be looked at if there is a reason."""

    def __bool__(self) -> bool:
        return bool(self.paths or self.lost)


@dataclass(slots=True)
class EventCounts:
    """What was counted since the start."""

    events: int = 0
    overflows: int = 0
    """Times that events were lost."""
    refused: int = 0
    """Folders that could not be watched."""


@dataclass(slots=True)
class _Gathered:
    paths: dict[Path, bool] = field(default_factory=dict)
    """Whether the last event of each path left it whole."""
    lost: dict[str, None] = field(default_factory=dict)


class EventSource(FileSystemEventHandler):
    """Observes roots from `arm` until it is left; use it as a context manager.

    Args:
        roots: Folders and files that are there.
        poll: Compare listings every two seconds instead of trusting events of the kernel: for file
            systems that others write to over a network.
    """

    def __init__(self, roots: Sequence[Path], *, poll: bool = False) -> None:
        super().__init__()
        self._roots = roots
        self._poll = poll
        self._condition = threading.Condition()
        self._gathered = _Gathered()
        self._observer: BaseObserver | None = None
        self._warnings = _Warnings(self)
        self.counts = EventCounts()

    def __enter__(self) -> Self:
        self.arm()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disarm()

    def arm(self) -> None:
        """Begin to observe, or do it anew without a gap; what changes from now on is told."""
        self._warnings.attach()
        observer = PollingObserver(timeout=_POLL_SECONDS) if self._poll else _observer()
        observer.start()
        before, self._observer = self._observer, observer
        for root in self._roots:
            self._watch(observer, root)
        if before is not None:
            _stop(before)

    def disarm(self) -> None:
        """Stop observing."""
        observer, self._observer = self._observer, None
        if observer is not None:
            _stop(observer)
        self._warnings.detach()

    def take(self, timeout_s: float | None) -> Changes:
        """Return what changed, waiting until something does, but no longer than the timeout."""
        with self._condition:
            if not (self._gathered.paths or self._gathered.lost):
                self._condition.wait(timeout_s)
            gathered, self._gathered = self._gathered, _Gathered()
        return Changes(
            frozenset(gathered.paths),
            frozenset(path for path, is_closed in gathered.paths.items() if is_closed),
            tuple(gathered.lost),
        )

    def wake(self) -> None:
        """Make a `take` that waits return."""
        with self._condition:
            self._condition.notify_all()

    def lose(self, reason: str) -> None:
        """Note that events may be missing."""
        with self._condition:
            self.counts.overflows += 1
            self._gathered.lost[reason] = None
            self._condition.notify_all()

    def count_refused(self) -> int:
        """How many folders are not watched that should be; told of none where it cannot be known.

        watchdog says nothing when the system's limit of watches is reached. What the kernel
        watches is read from what it tells of this process (proc_pid_fdinfo(5)).
        """
        if self._poll or not _FDINFO.is_dir():
            return 0
        watched = _watched_inodes()
        folders = (folder for root in self._roots for folder in _folders(root))
        self.counts.refused = sum(folder not in watched for folder in folders)
        return self.counts.refused

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note what an event is about; called in watchdog's thread."""
        # What was moved into place is whole, as what was closed is.
        is_closed = isinstance(event, FileClosedEvent | FileMovedEvent)
        named = [place for place in (event.src_path, event.dest_path) if place]
        with self._condition:
            self.counts.events += 1
            for place in named:
                path = Path(os.fsdecode(place))
                # The last event decides: a file written to again is not closed any more.
                self._gathered.paths.pop(path, None)
                self._gathered.paths[path] = is_closed
            if len(self._gathered.paths) > MAX_NAMED:
                self._gathered.paths.clear()
                self._gathered.lost["more changed at once than is worth naming"] = None
            self._condition.notify_all()

    def _watch(self, observer: BaseObserver, root: Path) -> None:
        try:
            observer.schedule(self, str(root), recursive=root.is_dir(), event_filter=_WANTED)
        except OSError as error:
            self.counts.refused += 1
            self.lose(f"{root} cannot be watched: {(error.strerror or str(error)).lower()}")


def _observer() -> BaseObserver:
    """The best observer of this system."""
    if platform.system() == "Linux":
        from ingest.watching.inotify import LevelObserver  # noqa: PLC0415

        return LevelObserver()
    from watchdog.observers import Observer  # noqa: PLC0415

    return Observer()


def _stop(observer: BaseObserver) -> None:
    observer.stop()
    observer.join(timeout=10)


def _watched_inodes() -> set[int]:
    found: set[int] = set()
    for descriptor in _FDINFO.iterdir():
        with suppress(OSError):  # closed since it was listed
            found.update(int(inode, 16) for inode in _WATCHED.findall(descriptor.read_text()))
    return found


def _folders(root: Path) -> Iterator[int]:
    """Inodes of a folder and of those in it."""
    for folder, _, _ in os.walk(root):
        with suppress(OSError):
            yield Path(folder).stat().st_ino


class _Warnings(logging.Handler):
    """Hears what watchdog only logs: overflows of the kernel's queue and watches refused."""

    def __init__(self, source: EventSource) -> None:
        super().__init__(level=logging.WARNING)
        self._source = source

    def attach(self) -> None:
        logging.getLogger("watchdog").addHandler(self)

    def detach(self) -> None:
        logging.getLogger("watchdog").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Whatever is worth a warning may have cost events."""
        self._source.lose(record.getMessage())

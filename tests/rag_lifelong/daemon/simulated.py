"""A world whose time passes only while the daemon waits, with a real folder and a real store."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from indexes.snapshot import StoreSnapshot
from ingest import documents
from ingest.names import file_uri
from ingest.sources.folder import FolderSource
from ingest.watching.events import Changes, EventCounts
from rag_lifelong.config import load_config
from rag_lifelong.daemon.jobs import Agenda
from rag_lifelong.daemon.loop import Watcher
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.daemon.schedule import Open, Schedule
from rag_lifelong.daemon.state import WatchSettings
from rag_lifelong.daemon.world import World
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.sourcing import open_sources
from rag_lifelong.system import System
from rag_lifelong.testing import HashingEmbedder
from rag_lifelong.types import Job, TimeFilter

START = datetime(2026, 3, 1, tzinfo=UTC)
DAMAGED = "damaged"
"""How the text of a file begins that cannot be parsed."""
Act = Callable[[], Sequence[Path]]
"""Does something to the files; returns the paths whose change is heard."""


class Simulated:
    """A daemon over a folder in a world of its own, which ends when its acts are done."""

    def __init__(self, root: Path) -> None:
        self.notes = root / "notes"
        self.notes.mkdir()
        self.store = root / "store"
        config = load_config(flags={"store": self.store})
        self.system = System(config, now=self.now, embedder=HashingEmbedder())
        self.seconds = 0.0
        self.lacking = ""
        self._acts: list[tuple[float, Act]] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def at(self, seconds: float, act: Act) -> None:
        """Do something once so many seconds have passed."""
        self._acts.append((seconds, act))
        self._acts.sort(key=lambda one: one[0])

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file now, in the time of this world."""
        path = self.notes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        at_ns = int(self.now().timestamp() * 1e9)
        os.utime(path, ns=(at_ns, at_ns))
        return path

    def run(
        self,
        until: float,
        *,
        schedule: Schedule | None = None,
        open_source: Open | None = None,
        settings: WatchSettings | None = None,
    ) -> Watcher:
        """Run a daemon until so many seconds have passed since the start of the world."""
        made = self.daemon(until, schedule=schedule, open_source=open_source, settings=settings)
        made.run()
        return made

    def daemon(
        self,
        until: float,
        *,
        schedule: Schedule | None = None,
        open_source: Open | None = None,
        settings: WatchSettings | None = None,
    ) -> Watcher:
        """Make a daemon that will run until then."""
        [source] = open_sources([str(self.notes)], self.system.config, self.now)
        assert isinstance(source, FolderSource)
        agenda = Agenda(
            self.system.ledger,
            now=self.now,
            open_source=open_source
            or (lambda name: open_sources([name], self.system.config, self.now)[0]),
            schedule=schedule,
        )
        world = World(
            now=self.now,
            monotonic=lambda: self.seconds,
            uptime=lambda: self.seconds,
            wait=self._wait,
            observe=lambda _paths, _is_polled: _Events(self),
            lacking=lambda: self.lacking,
        )
        watcher = Watcher(
            [WatchedRoot(self.notes, source)],
            self.system.update,
            settings or WatchSettings(),
            world=world,
            agenda=agenda,
        )
        self.at(until, lambda: watcher.stop() or [])
        self.system.update([])
        return watcher

    def pass_time(self, most_s: float) -> list[Path]:
        """Let time pass, but only until something happens; return what was heard of it."""
        until = self.seconds + max(most_s, 0.001)
        if not self._acts or self._acts[0][0] > until:
            self.seconds = until
            return []
        at, act = self._acts.pop(0)
        self.seconds = max(self.seconds, at)
        return list(act())

    def texts(self) -> dict[str, str]:
        """What the store holds now: text by file."""
        root = f"{file_uri(self.notes)}/"
        with StoreSnapshot(self.store) as snapshot:
            return {
                one.uri.removeprefix(root): " ".join(
                    chunk.text for chunk in snapshot.chunks_of(one)
                )
                for one in snapshot.documents(TimeFilter())
                if one.valid_to is None
            }

    def jobs(self) -> dict[str, Job]:
        """What could not be read, by the name of its file or source."""
        root = f"{file_uri(self.notes)}/"
        return {job.origin.removeprefix(root): job for job in self.system.jobs()}

    def _wait(self, _event: threading.Event, seconds: float) -> None:
        self.pass_time(seconds)


class _Events:
    """Hears what the acts say."""

    def __init__(self, world: Simulated) -> None:
        self._world = world
        self.counts = EventCounts()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def take(self, timeout_s: float | None) -> Changes:
        heard = frozenset(self._world.pass_time(timeout_s or 0.0))
        self.counts.events += len(heard)
        return Changes(heard, heard)

    def count_refused(self) -> int:
        return 0

    def wake(self) -> None:
        pass


class Parsing:
    """Parses text, counts what it parsed, and fails as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing: dict[str, Exception] = {}
        self.times: list[float] = []
        monkeypatch.setattr(documents, "parse", self._parse)

    def _parse(self, path: Path, *, name: Path) -> Iterator[Parsed]:
        self.times.append(0.0)
        if path.name in self.failing:
            raise self.failing[path.name]
        text = path.read_text()
        if text.startswith(DAMAGED):
            raise ParseError("damaged")
        yield Parsed(text=text)

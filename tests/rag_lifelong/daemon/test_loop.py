"""The watcher over a real folder, real events and a real store; only the models are fakes."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from ingest.sources.folder import FolderSource
from rag_lifelong.config import load_config
from rag_lifelong.daemon import loop
from rag_lifelong.daemon.jobs import Agenda
from rag_lifelong.daemon.loop import Watcher
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.daemon.state import WatchSettings
from rag_lifelong.daemon.world import World
from rag_lifelong.sourcing import open_sources
from rag_lifelong.system import System
from rag_lifelong.testing import HashingEmbedder
from rag_lifelong.types import TimeFilter


def _unasked(name: str) -> NoReturn:
    pytest.fail(f"{name} was opened")


class Watched:
    """A folder, a store, and a watcher in a thread."""

    def __init__(self, root: Path) -> None:
        self.notes = root / "notes"
        self.notes.mkdir()
        self.store = root / "store"
        self.embedder = HashingEmbedder()
        self.system = System(load_config(flags={"store": self.store}), embedder=self.embedder)
        self._thread: threading.Thread | None = None
        self._failure: list[BaseException] = []
        self.lacking = ""

    def start(self, **settings: float) -> None:
        [source] = open_sources([str(self.notes)], self.system.config, self.system.now)
        assert isinstance(source, FolderSource)
        chosen = {"settle_s": 0.2, "debounce_s": 0.05} | settings
        self.watcher = Watcher(
            [WatchedRoot(self.notes, source)],
            self.system.update,
            WatchSettings(**chosen),  # type: ignore[arg-type]
            world=World(now=self.system.now, lacking=lambda: self.lacking),
            agenda=Agenda(self.system.ledger, now=self.system.now, open_source=_unasked),
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.watcher.run()
        except BaseException as error:  # noqa: BLE001  (told by stop)
            self._failure.append(error)

    def stop(self) -> None:
        if self._thread is not None:
            self.watcher.stop()
            self._thread.join(timeout=30)
            assert not self._thread.is_alive()
            self._thread = None
        if self._failure:
            raise self._failure.pop()

    def texts(self) -> dict[str, str]:
        """What the store holds now: text by file."""
        if not (self.store / "store.sqlite3").exists():
            return {}
        with StoreSnapshot(self.store) as snapshot:
            return {
                one.uri.removeprefix(f"{self.notes.as_uri()}/"): " ".join(
                    chunk.text for chunk in snapshot.chunks_of(one)
                )
                for one in snapshot.documents(TimeFilter(as_of=None))
                if one.valid_to is None
            }

    def revisions(self, name: str) -> int:
        with StoreSnapshot(self.store) as snapshot:
            return len(snapshot.history((self.notes / name).as_uri(), None))

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            if self._failure:
                raise self._failure.pop()
            assert time.monotonic() < deadline, (self.texts(), self.watcher.state)
            time.sleep(0.02)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(loop, "_ROOT_CHECK_S", 0.2)
    made = Watched(tmp_path)
    yield made
    made.stop()


def test_what_is_there_made_changed_moved_and_removed(watched: Watched) -> None:
    (watched.notes / "a.txt").write_text("one")
    watched.start()
    watched.until(lambda: watched.texts() == {"a.txt": "one"})
    (watched.notes / "b.txt").write_text("two")
    watched.until(lambda: watched.texts() == {"a.txt": "one", "b.txt": "two"})
    (watched.notes / "a.txt").write_text("one, edited")
    watched.until(lambda: watched.texts().get("a.txt") == "one, edited")
    assert watched.revisions("a.txt") == 2
    before = len(watched.embedder.embedded)
    (watched.notes / "deep").mkdir()
    (watched.notes / "b.txt").rename(watched.notes / "deep" / "c.txt")
    watched.until(lambda: watched.texts() == {"a.txt": "one, edited", "deep/c.txt": "two"})
    (watched.notes / "deep").rename(watched.notes / "deeper")
    watched.until(lambda: watched.texts() == {"a.txt": "one, edited", "deeper/c.txt": "two"})
    assert len(watched.embedder.embedded) == before
    shutil.rmtree(watched.notes / "deeper")
    watched.until(lambda: watched.texts() == {"a.txt": "one, edited"})


def test_a_save_by_renaming_is_one_revision(watched: Watched) -> None:
    path = watched.notes / "a.md"
    path.write_text("one")
    watched.start()
    watched.until(lambda: watched.texts() == {"a.md": "one"})
    # As vim saves: the old file moved aside, the new one written, the old one removed.
    path.rename(watched.notes / "a.md~")
    path.write_text("two")
    (watched.notes / "a.md~").unlink()
    watched.until(lambda: watched.texts() == {"a.md": "two"})
    # As others do: a temporary file renamed over it.
    temporary = watched.notes / "a.md.tmp"
    temporary.write_text("three")
    temporary.replace(path)
    watched.until(lambda: watched.texts() == {"a.md": "three"})
    assert watched.revisions("a.md") == 3


def test_a_file_still_written_to_is_left_until_it_is_at_rest(watched: Watched) -> None:
    watched.start(settle_s=0.5)
    watched.until(lambda: watched.watcher.state.updates > 0)
    with (watched.notes / "a.txt").open("w") as file:
        for number in range(10):
            file.write(f"line {number}\n")
            file.flush()
            time.sleep(0.1)
    watched.until(lambda: "line 9" in watched.texts().get("a.txt", ""))
    assert watched.revisions("a.txt") == 1


def test_a_root_that_disappears_ends_nothing_and_is_found_again(watched: Watched) -> None:
    (watched.notes / "a.txt").write_text("one")
    watched.start()
    watched.until(lambda: watched.texts() == {"a.txt": "one"})
    away = watched.notes.rename(watched.notes.parent / "away")
    watched.until(lambda: watched.watcher.state.away == [str(watched.notes)])
    watched.notes.mkdir()  # as where a disk was mounted
    watched.until(lambda: watched.watcher.state.away == [])
    time.sleep(0.3)
    assert watched.texts() == {"a.txt": "one"}
    watched.notes.rmdir()
    (away / "b.txt").write_text("two")
    away.rename(watched.notes)
    watched.until(lambda: watched.texts() == {"a.txt": "one", "b.txt": "two"})
    (watched.notes / "c.txt").write_text("three")
    watched.until(lambda: "c.txt" in watched.texts())


def test_a_root_that_returns_is_counted(watched: Watched) -> None:
    watched.start()
    watched.until(lambda: watched.watcher.state.updates > 0)
    away = watched.notes.rename(watched.notes.parent / "away")
    watched.until(lambda: watched.watcher.state.away == [str(watched.notes)])
    assert watched.watcher.state.returns == 0
    away.rename(watched.notes)
    watched.until(lambda: watched.watcher.state.returns == 1)


def test_a_rename_of_the_case_alone_is_a_move(watched: Watched) -> None:
    path = watched.notes / "a.txt"
    path.write_text("one")
    watched.start()
    watched.until(lambda: watched.texts() == {"a.txt": "one"})
    path.rename(watched.notes / "A.txt")
    watched.until(lambda: watched.texts() == {"A.txt": "one"})
    assert watched.embedder.embedded.count("one") <= 1
    assert watched.watcher.state.moved == 1


def test_a_file_replaced_by_one_with_an_older_time_is_read(watched: Watched) -> None:
    path = watched.notes / "a.txt"
    path.write_text("one")
    watched.start()
    watched.until(lambda: watched.texts() == {"a.txt": "one"})
    other = watched.notes.parent / "backup.txt"
    other.write_text("two")
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.replace(path)
    watched.until(lambda: watched.texts() == {"a.txt": "two"})


def test_what_events_missed_is_found_by_looking_at_all(watched: Watched) -> None:
    watched.start(rescan_s=0.3)
    watched.until(lambda: watched.watcher.state.updates > 0)
    path = watched.notes / "a.txt"
    path.write_text("one")
    watched.until(lambda: watched.texts() == {"a.txt": "one"})
    # An older time of change than what it replaces: no poll by time would see it.
    other = watched.notes.parent / "other.txt"
    other.write_text("two")
    os.utime(other, (1, 1))
    for source in watched.watcher._observed._events:
        source.disarm()
    other.replace(path)
    watched.until(lambda: watched.texts() == {"a.txt": "two"})
    assert watched.watcher.state.rescans > 1


def test_lost_events_mean_look_at_all(watched: Watched) -> None:
    watched.start()
    watched.until(lambda: watched.watcher.state.updates > 0)
    watched.watcher._observed._events[0].lose("an overflow")
    watched.until(lambda: watched.watcher.state.last_rescan_reason == "an overflow")


def test_another_writer_is_waited_for(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_RETRY_S", 0.05)
    watched.start()
    watched.until(lambda: watched.watcher.state.updates > 0)
    with StoreWriter(watched.store, now=watched.system.now):
        (watched.notes / "a.txt").write_text("one")
        time.sleep(0.5)
        assert watched.texts() == {}
    watched.until(lambda: watched.texts() == {"a.txt": "one"})


def test_a_stop_ends_it_soon_and_a_start_finds_what_changed_meanwhile(watched: Watched) -> None:
    (watched.notes / "a.txt").write_text("one")
    watched.start()
    watched.until(lambda: watched.texts() == {"a.txt": "one"})
    watched.stop()
    (watched.notes / "a.txt").unlink()
    (watched.notes / "b.txt").write_text("two")
    watched.start()
    watched.until(lambda: watched.texts() == {"b.txt": "two"})


def test_what_cannot_be_read_is_told_until_it_can(watched: Watched) -> None:
    (watched.notes / "a.pdf").write_bytes(b"no pdf")
    watched.start()
    watched.until(lambda: list(watched.watcher.state.skipped.values()) == ["not a PDF file"])
    (watched.notes / "a.pdf").unlink()
    watched.until(lambda: not watched.watcher.state.skipped)

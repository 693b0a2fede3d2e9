"""Too little room is waited for; whatever else is wrong with the store ends the daemon."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from indexes.files import Files
from indexes.writer import StoreWriter
from ingest.watching.events import MAX_NAMED
from rag_lifelong.daemon import loop
from rag_lifelong.daemon.pressure import Room, is_full_disk
from rag_lifelong.errors import CorruptIndexError, IndexStoreError
from rag_lifelong.types import Skipped
from tests.rag_lifelong.daemon.simulated import Simulated


@pytest.fixture
def world(tmp_path: Path) -> Simulated:
    return Simulated(tmp_path)


def test_what_is_lacking(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  4000000 kB\nMemAvailable:   100000 kB\n")
    little = Room(store=tmp_path, free_mb=0, memory_mb=200, meminfo=meminfo)
    assert little.lacking() == "memory"
    assert Room(store=tmp_path, free_mb=0, memory_mb=100, meminfo=meminfo).lacking() == ""
    assert Room(store=tmp_path, free_mb=10**12, memory_mb=0).lacking() == "disk"
    unknown = Room(store=tmp_path / "none", memory_mb=200, meminfo=tmp_path / "none")
    assert unknown.lacking() == ""


def test_pauses_while_there_is_too_little_and_goes_on_then(world: Simulated) -> None:
    seen: list[tuple[str, dict[str, str]]] = []

    def look(lacking: str) -> list[Path]:
        seen.append((watched.state.paused, world.texts()))
        world.lacking = lacking
        return []

    def save() -> list[Path]:
        world.lacking = "disk"
        return [world.write("a.txt", "one")]

    world.at(20, save)
    world.at(100, lambda: look("memory"))
    world.at(200, lambda: look(""))
    watched = world.daemon(300)
    watched.run()
    assert seen == [("disk", {}), ("memory", {})]
    assert world.texts() == {"a.txt": "one"}
    assert watched.state.paused == ""


def test_a_full_disk_is_waited_for(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    world.write("a.txt", "one")
    with monkeypatch.context() as patched:
        patched.setattr(Files, "write", full)
        watcher = world.run(20)
        assert watcher.state.paused == "disk"
        assert world.texts() == {}
    watcher = world.run(100)
    assert watcher.state.paused == ""
    assert world.texts() == {"a.txt": "one"}


def test_a_database_that_cannot_grow_is_a_full_disk(world: Simulated) -> None:
    with StoreWriter(world.store, now=world.now) as writer:
        writer._db.execute("PRAGMA max_page_count = 1")
        long = [Skipped(f"file:///{n}", "x" * 5_000, is_transient=True) for n in range(50)]
        with pytest.raises(IndexStoreError, match="full") as caught:
            writer.commit(long)
    assert is_full_disk(caught.value)
    assert not world.system.jobs()


def test_other_failures_end_the_daemon(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_full_disk(IndexStoreError("no"))

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    world.write("a.txt", "one")
    with monkeypatch.context() as patched:
        patched.setattr(Files, "write", broken)
        with pytest.raises(IndexStoreError, match="Read-only"):
            world.run(20)
    (world.store / "store.sqlite3").write_bytes(b"")
    with pytest.raises(CorruptIndexError):
        world.run(20)


def test_more_than_is_worth_naming_is_looked_at_as_a_whole(
    world: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_NAMED == loop.MAX_NAMED
    monkeypatch.setattr(loop, "MAX_NAMED", 10)
    world.at(20, lambda: [world.write(f"{n}.txt", f"note {n}") for n in range(20)])
    watcher = world.run(60)
    assert watcher.state.last_rescan_reason == "more changed than is worth naming"
    assert len(world.texts()) == 20
    assert len(watcher._settling) == 0

"""Events of a real file system, and what is done when they are lost."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.watching import events
from ingest.watching.events import Changes, EventSource


@pytest.fixture
def source(tmp_path: Path) -> Iterator[EventSource]:
    with EventSource([tmp_path]) as armed:
        yield armed


def _until(source: EventSource, is_enough: Callable[[Changes], bool]) -> Changes:
    """What is told until enough is."""
    paths: set[Path] = set()
    closed: set[Path] = set()
    lost: list[str] = []
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        one = source.take(0.2)
        paths |= one.paths
        closed = (closed - one.paths) | one.closed
        lost += one.lost
        told = Changes(frozenset(paths), frozenset(closed), tuple(lost))
        if is_enough(told):
            return told
    raise AssertionError(f"not told in time: {told}")


def test_what_is_made_changed_moved_and_removed_is_told(
    source: EventSource, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    assert path in _until(source, lambda told: path in told.closed).paths
    moved = path.rename(tmp_path / "b.txt")
    assert _until(source, lambda told: {path, moved} <= told.paths).lost == ()
    moved.unlink()
    _until(source, lambda told: moved in told.paths)


def test_folders_made_later_are_observed_too(source: EventSource, tmp_path: Path) -> None:
    deep = tmp_path / "x" / "y" / "z"
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("one")
    _until(source, lambda told: deep / "a.txt" in told.paths or deep in told.paths)
    (deep / "b.txt").write_text("two")
    _until(source, lambda told: deep / "b.txt" in told.paths)
    shutil.rmtree(tmp_path / "x")
    _until(source, lambda told: tmp_path / "x" in told.paths)


def test_names_that_are_not_utf8(source: EventSource, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("coffee")
    _until(source, lambda told: path in told.closed)


def test_reading_is_no_change(source: EventSource, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    _until(source, lambda told: path in told.closed)
    source.take(0.3)
    path.read_text()
    assert not source.take(0.3)


def test_more_than_is_worth_naming_means_look_at_all(
    source: EventSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_NAMED", 5)
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text("x")
    assert _until(source, lambda told: bool(told.lost)).lost[0].startswith("more changed")


def test_a_warning_of_the_observer_means_look_at_all(source: EventSource) -> None:
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")
    assert source.take(1.0).lost == ("Inotify queue overflowed",)
    assert source.counts.overflows == 1


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_an_overflow_is_told_and_leaves_the_watches_as_they_are(
    source: EventSource, tmp_path: Path
) -> None:
    from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent

    (tmp_path / "x").mkdir()
    _until(source, lambda told: tmp_path / "x" in told.paths)
    assert source._observer is not None
    [emitter] = source._observer.emitters
    before = dict(emitter._inotify._active_callbacks_by_path)
    emitter._inotify_fd.handle_event(InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b""))
    assert "overflowed" in source.take(5.0).lost[0]
    assert emitter._inotify._active_callbacks_by_path == before
    (tmp_path / "x" / "a.txt").write_text("one")
    _until(source, lambda told: tmp_path / "x" / "a.txt" in told.closed)


def test_observing_anew_watches_folders_that_were_not(source: EventSource, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    _until(source, lambda told: tmp_path / "x" in told.paths)
    assert source._observer is not None
    [emitter] = source._observer.emitters
    emitter._inotify._remove_callbacks(
        [emitter._inotify._active_callbacks_by_path[os.fsencode(tmp_path / "x")]]
    )
    assert source.count_refused() == 1
    source.arm()
    assert source.count_refused() == 0
    (tmp_path / "x" / "a.txt").write_text("one")
    _until(source, lambda told: tmp_path / "x" / "a.txt" in told.closed)


def test_a_root_that_cannot_be_watched_is_counted(tmp_path: Path) -> None:
    with EventSource([tmp_path / "nowhere"]) as source:
        assert source.take(1.0).lost
        assert source.counts.refused == 1


def test_folders_that_are_not_watched_are_counted(source: EventSource, tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "y" / "a.txt").write_text("one")
    _until(source, lambda told: bool(told.paths))
    deadline = time.monotonic() + 20
    while source.count_refused() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert source.count_refused() == 0
    source.disarm()
    # The thread that reads the kernel's queue closes it, in its own time.
    while source.count_refused() != 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert source.count_refused() == 3


def test_polling_sees_changes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_POLL_SECONDS", 0.1)
    with EventSource([tmp_path], poll=True) as source:
        path = tmp_path / "a.txt"
        path.write_text("one")
        _until(source, lambda told: path in told.paths)


def test_a_wait_ends_when_woken(source: EventSource) -> None:
    source.lose("x")
    assert source.take(60).lost == ("x",)

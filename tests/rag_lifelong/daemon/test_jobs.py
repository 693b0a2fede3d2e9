"""What failed is tried again, and what tells nobody of its changes is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from indexes.writer import StoreWriter
from ingest.names import file_uri
from ingest.watching import downloads
from rag_lifelong.daemon.schedule import Schedule
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Known
from rag_lifelong.types import JobState, ScanItem, Skipped, Visited
from tests.rag_lifelong.daemon.simulated import START, Parsing, Simulated

FEED = "https://example.org/feed.xml"


@pytest.fixture
def world(tmp_path: Path) -> Simulated:
    return Simulated(tmp_path)


@pytest.fixture
def parsing(monkeypatch: pytest.MonkeyPatch) -> Parsing:
    return Parsing(monkeypatch)


def test_a_locked_file_is_tried_again_until_it_can_be_read(
    world: Simulated, parsing: Parsing
) -> None:
    world.write("a.txt", "one")
    parsing.failing["a.txt"] = PermissionError(13, "Permission denied")
    world.at(100, lambda: parsing.failing.clear() or [])
    watcher = world.run(30)
    assert watcher.state.skipped == {file_uri(world.notes / "a.txt"): "permission denied"}
    assert (watcher.state.jobs_waiting, watcher.state.jobs_dead) == (1, 0)
    watcher = world.run(400)
    assert world.texts() == {"a.txt": "one"}
    assert (world.jobs(), watcher.state.skipped) == ({}, {})
    assert watcher.state.jobs_waiting == 0


def test_after_many_attempts_it_is_left_and_a_look_at_all_still_finds_it(
    world: Simulated, parsing: Parsing
) -> None:
    world.write("a.txt", "one")
    parsing.failing["a.txt"] = OSError(5, "Input/output error")
    watcher = world.run(3000)
    assert world.jobs()["a.txt"].state is JobState.DEAD
    assert len(parsing.times) == world.jobs()["a.txt"].attempts == 8
    assert watcher.state.jobs_dead == 1
    parsing.failing.clear()
    world.run(3010)
    assert world.texts() == {"a.txt": "one"}
    assert not world.jobs()


def test_damaged_content_is_read_once_and_told_at_every_look(
    world: Simulated, parsing: Parsing
) -> None:
    path = world.write("a.txt", "one")
    parsing.failing["a.txt"] = ValueError("a fault of ours")
    watcher = world.run(4 * 3600)
    assert watcher.state.rescans >= 4
    assert len(parsing.times) == 1
    [reason] = watcher.state.skipped.values()
    assert "a fault of ours" in reason
    parsing.failing.clear()
    world.at(world.seconds + 10, lambda: [world.write("a.txt", "another")])
    world.run(world.seconds + 60)
    assert world.texts() == {"a.txt": "another"}
    assert not world.jobs()
    assert path.exists()


def test_asked_for_a_dead_letter_is_tried_within_seconds(
    world: Simulated, parsing: Parsing
) -> None:
    world.write("a.txt", "one")
    parsing.failing["a.txt"] = ValueError("a fault of ours")

    def mended() -> list[Path]:
        parsing.failing.clear()
        assert world.system.retry([str(world.notes / "a.txt")])
        return []

    world.at(100, mended)
    world.run(120)
    assert world.texts() == {"a.txt": "one"}


@pytest.mark.parametrize("end", ["gone", "moved", "ignored"])
def test_a_failed_file_that_is_not_there_any_more_has_no_job(
    world: Simulated, parsing: Parsing, end: str
) -> None:
    path = world.write("a.txt", "one")
    parsing.failing["a.txt"] = OSError(5, "Input/output error")

    def change() -> list[Path]:
        match end:
            case "gone":
                path.unlink()
            case "moved":
                path.rename(world.notes / "b.txt")
            case _:
                world.write(".ignore", "a.txt\n")
        return []  # nobody hears of it

    world.at(15, change)
    world.run(200)
    assert not world.jobs()
    assert world.texts() == {}


def test_what_failed_outside_the_roots_is_tried_too_and_urls_are_let_be(
    world: Simulated, parsing: Parsing, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("one")
    parsing.failing["other.txt"] = OSError(5, "Input/output error")
    world.system.ingest([other])
    parsing.failing.clear()
    with StoreWriter(world.store, now=world.now) as writer:
        writer.commit([Skipped("https://example.org/old", "timed out", is_transient=True)])
    world.run(60)
    assert file_uri(other) in world.texts()
    assert not world.jobs()


def test_a_root_that_may_not_be_listed_is_tried_again(
    world: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("a.txt", "one")
    scandir = os.scandir
    refused = [True]

    def refuse(path: Path) -> Iterator[os.DirEntry[str]]:
        if refused and Path(path) == world.notes:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    world.at(100, lambda: refused.clear() or [])
    world.run(60)
    assert world.jobs()[file_uri(world.notes)].state is JobState.WAITING
    world.run(300)
    assert world.texts() == {"a.txt": "one"}
    assert not world.jobs()


class Feed:
    """A source that is asked; fails while it is told to."""

    def __init__(self, world: Simulated) -> None:
        self.world = world
        self.asked: list[float] = []
        self.failure: SourceError | Skipped | None = None

    def open(self, name: str) -> Feed:
        assert name == FEED
        return self

    def scan(self, known: Known) -> Iterator[ScanItem]:
        self.asked.append(self.world.seconds)
        if isinstance(self.failure, SourceError):
            raise self.failure
        if self.failure is not None:
            yield self.failure


@pytest.fixture
def feed(world: Simulated) -> Feed:
    return Feed(world)


def _scheduled(feed: Feed, until: float) -> list[float]:
    """When it was asked, in minutes."""
    feed.asked.clear()
    schedule = Schedule(names=(FEED,), every=timedelta(minutes=30))
    feed.world.run(until, schedule=schedule, open_source=feed.open)
    return [round(at / 60, 1) for at in feed.asked]


def test_a_source_is_asked_every_so_often_and_a_restart_asks_none_too_early(feed: Feed) -> None:
    asked = _scheduled(feed, 100 * 60)
    assert [round(at / 30) * 30 for at in asked] == [0, 30, 60, 90]
    assert [round(at / 30) * 30 for at in _scheduled(feed, 130 * 60)] == [120]


@pytest.mark.parametrize(
    "failure",
    [SourceError("no route to host"), Skipped(FEED, "the server answered 503", is_whole=True)],
    ids=["never fetched", "fetched before"],
)
def test_a_source_that_fails_is_asked_again_soon_then_at_its_time(
    feed: Feed, failure: SourceError | Skipped
) -> None:
    feed.failure = failure
    asked = _scheduled(feed, 29 * 60)
    assert len(asked) == 8
    job = feed.world.jobs()[FEED]
    assert job.state is JobState.DEAD
    assert job.reason in (str(failure), getattr(failure, "reason", ""))
    feed.failure = None
    assert len(_scheduled(feed, 70 * 60)) == 1
    assert not feed.world.jobs()


def test_a_clock_set_back_does_not_stop_the_schedule(feed: Feed) -> None:
    ledger = feed.world
    ledger.system.update([])
    with StoreWriter(ledger.store, now=lambda: START + timedelta(days=400)) as writer:
        writer.commit([Visited(FEED)])
    schedule = Schedule(names=(FEED,))
    assert schedule.due(ledger.system.ledger(), ledger.now()) == [FEED]


def test_a_dump_is_read_once_it_is_whole(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (
        "<mediawiki><siteinfo><dbname>tinywiki</dbname></siteinfo><page><title>Rome</title>"
        "<ns>0</ns><id>1</id><revision><id>1</id><timestamp>2010-01-04T10:00:00Z</timestamp>"
        "<text>Rome is a city.</text></revision></page>"
    )
    name = "tinywiki-20260301-pages-articles.xml"
    held: list[set[str]] = []

    def note() -> list[Path]:
        held.append(set(world.texts().values()))
        return []

    world.at(5, lambda: [world.write(name, page)])
    world.at(50, lambda: [world.write(name, f"{page}</mediawiki>")])
    world.at(80, note)
    world.at(125, note)
    watcher = world.run(130)
    assert held == [set(), {"Rome is a city."}]
    assert not watcher.state.skipped
    assert len(watcher._settling) == 0


def test_what_is_being_downloaded_is_not_looked_at(
    world: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        pytest.fail("opened")

    monkeypatch.setattr(downloads, "is_dump", refuse)
    world.at(5, lambda: [world.write("a.txt.part", "on")])
    world.at(20, lambda: [(world.notes / "a.txt.part").rename(world.notes / "a.txt")])
    watcher = world.run(30)
    assert world.texts() == {"a.txt": "on"}
    assert not watcher.state.skipped

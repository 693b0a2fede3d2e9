"""What could not be read is tried again ever more rarely, and then left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexes import jobs
from indexes.files import Files
from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.types import (
    Completed,
    Gone,
    Job,
    JobState,
    Ledger,
    Moved,
    Settled,
    Skipped,
    Visited,
)
from tests.indexes.conftest import TinyStore, document

BUSY = Skipped("file:///a", "busy", "state 1", is_transient=True)
BROKEN = Skipped("file:///b", "no PDF", "state 1")


class KilledError(Exception):
    pass


class Dying(Files):
    """Dies at a named moment of a commit."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self._step = step

    def reached(self, step: str) -> None:
        if step == self._step:
            raise KilledError


class SetClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def timed(store: TinyStore) -> TinyStore:
    """A store whose clock stands still unless it is set."""
    store.clock = SetClock()  # type: ignore[assignment]
    return store


def found(store: TinyStore) -> dict[str, Job]:
    with StoreSnapshot(store.path) as snapshot:
        return {job.origin: job for job in snapshot.jobs()}


def ledger(store: TinyStore) -> Ledger:
    with StoreSnapshot(store.path) as snapshot:
        return snapshot.ledger(store.clock.time)


def later(store: TinyStore, seconds: float) -> None:
    store.clock.time += timedelta(seconds=seconds)


def test_waits_double_and_after_eight_attempts_it_is_left(timed: TinyStore) -> None:
    waits = []
    for _ in range(jobs.MOST_ATTEMPTS):
        timed.add(BUSY)
        job = found(timed)[BUSY.uri]
        waits.append((job.next_at - job.last_at).total_seconds())
        later(timed, waits[-1] + 1)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 0]
    assert (job.state, job.attempts) == (JobState.DEAD, 8)
    assert job.first_at < job.last_at
    assert ledger(timed) == Ledger(due=(), waiting=0, dead=1, visits={})


def test_a_failure_met_before_it_was_due_is_not_counted(timed: TinyStore) -> None:
    timed.add(BUSY)
    before = found(timed)
    later(timed, 5)
    timed.add(BUSY)
    assert found(timed) == before
    assert not ledger(timed).due
    later(timed, 5)
    assert [job.origin for job in ledger(timed).due] == [BUSY.uri]


def test_content_that_cannot_be_read_is_left_at_once_until_it_is_another(timed: TinyStore) -> None:
    timed.add(BROKEN)
    job = found(timed)[BROKEN.uri]
    assert (job.state, job.attempts, job.is_transient) == (JobState.DEAD, 1, False)
    with StoreWriter(timed.path, now=timed.clock) as writer:
        assert writer.given_up(BROKEN.uri, "state 1") == "no PDF"
        assert writer.given_up(BROKEN.uri, "state 2") is None
        assert writer.given_up(BUSY.uri, "state 1") is None
        assert writer.failures_at("file:///") == [BROKEN.uri]
        assert writer.failures_at(BROKEN.uri) == [BROKEN.uri]
        assert writer.failures_at("file:///other") == []
    later(timed, 1)
    timed.add(Skipped(BROKEN.uri, "encrypted", "state 2"))
    job = found(timed)[BROKEN.uri]
    assert (job.reason, job.attempts, job.first_at) == ("encrypted", 1, timed.clock.time)


def test_what_only_was_left_out_is_no_job(timed: TinyStore) -> None:
    assert not Skipped("file:///a.jpg", "unsupported format .jpg").is_noted
    assert BUSY.is_noted
    assert BROKEN.is_noted


@pytest.mark.parametrize(
    "end",
    [
        Settled(BROKEN.uri),
        Completed(BROKEN.uri, "state 2", frozenset()),
        Gone(BROKEN.uri),
        Moved(BROKEN.uri, "file:///elsewhere", "state 1"),
        Moved("file:///elsewhere", BROKEN.uri, "state 3"),
    ],
    ids=lambda end: type(end).__name__,
)
def test_what_was_read_moved_or_is_gone_has_no_job(timed: TinyStore, end: Settled) -> None:
    timed.add(BROKEN, BUSY)
    timed.add(end)
    assert set(found(timed)) == {BUSY.uri}


def test_asked_for_it_is_due_now_with_all_its_attempts(timed: TinyStore) -> None:
    timed.add(BROKEN, BUSY)
    with StoreWriter(timed.path, now=timed.clock) as writer:
        assert writer.retry(["file:///unknown"]) == []
        assert writer.retry(None) == [BROKEN.uri]  # what waits, waits
        assert writer.given_up(BROKEN.uri, "state 1") is None
        assert writer.retry([BUSY.uri]) == [BUSY.uri]
    later(timed, 1)
    due = {job.origin: job.attempts for job in ledger(timed).due}
    assert due == {BROKEN.uri: 0, BUSY.uri: 0}
    timed.add(BROKEN)
    assert found(timed)[BROKEN.uri].state is JobState.DEAD
    assert not verify(timed.path).problems


def test_a_visit_is_the_last_one(timed: TinyStore) -> None:
    timed.add(Visited("https://example.org/feed"))
    later(timed, 60)
    timed.add(Visited("https://example.org/feed"))
    assert ledger(timed).visits == {"https://example.org/feed": timed.clock.time}


def test_forgetting_a_document_forgets_what_was_said_of_its_file(store: TinyStore) -> None:
    store.add(document("doc", "2020", "secret", origin="file:///a"), BUSY, BROKEN)
    with StoreWriter(store.path, now=store.clock) as writer:
        writer.forget("doc")
    assert set(found(store)) == {BROKEN.uri}


@pytest.mark.parametrize("step", ["begin", "rows inserted", "columns durable", "committed"])
def test_a_job_is_there_if_and_only_if_its_batch_is(tmp_path: Path, step: str) -> None:
    store = TinyStore(tmp_path / "store")
    store.add(document("old", "2020", "old"))
    with (
        StoreWriter(store.path, now=store.clock, files=Dying(step)) as writer,
        pytest.raises(KilledError),
    ):
        store.commit(writer, document("new", "2020", "new"), BUSY, Visited("feed"))
    is_there = "new" in store.texts()
    assert is_there == (step == "committed")
    assert bool(found(store)) == bool(ledger(store).visits) == is_there
    assert not verify(store.path).problems


def test_a_flipped_bit_in_a_job_is_seen(store: TinyStore) -> None:
    store.add(BUSY)
    with StoreWriter(store.path, now=store.clock) as writer:
        writer._db.execute("UPDATE jobs SET reason = 'bust'")
    assert "rows of jobs" in str(verify(store.path).problems)

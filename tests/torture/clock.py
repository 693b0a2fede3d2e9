"""Clocks that jump ten years either way, between batches and between looks at the clock.

What was recorded when must stay in the order it was recorded in, and what was known at a moment
must stay what it was.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.types import Redirect, TimeFilter
from tests.torture import checks, scratch, workload
from tests.torture.tally import Tally

_BATCHES = 8
_JUMP = timedelta(days=3653)
_MICROSECOND = timedelta(microseconds=1)

Answer = list[tuple[int, float]]


class JumpingClock:
    """A clock that now and then jumps whenever it is looked at."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._time = workload.batch_time(0)
        self.shown = self._time
        """What it showed last."""

    def __call__(self) -> datetime:
        self._time += timedelta(seconds=self._rng.randint(0, 100))
        if self._rng.random() < 0.4:
            self._time += self._rng.choice([-1, 1]) * _JUMP
        self.shown = self._time
        return self._time


def run(histories: int, seed: int) -> Tally:
    """Store so many histories on jumping clocks."""
    tally = Tally("clock")
    for number in range(histories):
        tally.runs += 1
        with scratch.directory() as directory:
            tally.add("wrong", _one(Path(directory) / "store", random.Random(f"{seed} {number}")))
            tally.add("verify_problems", checks.verify_problems(Path(directory) / "store"))
        tally.progress(every=20)
    return tally


def _one(path: Path, rng: random.Random) -> list[str]:
    """Store one history; return what was wrong."""
    clock = JumpingClock(rng)
    history = workload.History(rng.randrange(1 << 30))
    wrong: list[str] = []
    answers: dict[TimeFilter, Answer] = {}
    last = workload.batch_time(-100_000)
    writer = StoreWriter(path, now=clock)
    for number in range(_BATCHES):
        if rng.random() < 0.3:
            writer.close()
            writer = StoreWriter(path, now=clock)
        if rng.random() < 0.3:
            alias = f"alias {number}"
            writer.commit([Redirect(alias, "target")])
            last = _redirect_recorded_at(path, alias, max(clock.shown, last + _MICROSECOND)) or last
        writer.commit(history[number], workload.embedded(writer, history[number]))
        with StoreSnapshot(path) as snapshot:
            recorded = _recorded_at(snapshot, f"{number}.0")
            if recorded <= last:
                wrong.append(f"batch {number} recorded {recorded}, the one before it {last}")
            last = recorded
            wrong += [
                f"{time} is answered otherwise after batch {number}"
                for time, answer in answers.items()
                if _ask(snapshot, time) != answer
            ]
            for known_at in (recorded, recorded - _MICROSECOND):
                for window in (workload.random_filter(rng), TimeFilter()):
                    time = TimeFilter(as_of=window.as_of, between=window.between, known_at=known_at)
                    answers[time] = _ask(snapshot, time)
    writer.close()
    return wrong


def _ask(snapshot: StoreSnapshot, time: TimeFilter) -> Answer:
    hits = [
        *snapshot.search_dense(workload.vector("q"), time, checks.EVERYTHING),
        *snapshot.search_lexical("w1 w2", time, checks.EVERYTHING),
    ]
    return [(hit.chunk_no, hit.score) for hit in hits]


def _redirect_recorded_at(path: Path, alias: str, expected: datetime) -> datetime | None:
    """When a redirect was recorded, if that is the moment expected; else None."""
    with StoreSnapshot(path) as snapshot:
        before, then = (
            snapshot.redirect_target(alias, TimeFilter(known_at=known_at))
            for known_at in (expected - _MICROSECOND, expected)
        )
    return expected if then and not before else None


def _recorded_at(snapshot: StoreSnapshot, revision_id: str) -> datetime:
    """When the revision was recorded: it is the batch's own, so it is among the last chunks."""
    n_chunks = snapshot.status().chunks
    last = snapshot.chunks(range(max(0, n_chunks - 20), n_chunks), None)
    return next(c.recorded_at for c in last if c.revision_id == revision_id)

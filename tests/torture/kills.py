"""kill -9 while a store is written and two readers read it.

The writer dies at a random moment or at a chosen step of the commit. Afterwards every batch that
was acknowledged is there, at most the one in flight beyond them, and no reader noticed a thing.
"""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from indexes import tiers
from indexes.files import Files
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from tests.torture import checks, scratch, workload
from tests.torture.doubles import NAMED_STEPS, DeadlyFiles, known_steps
from tests.torture.processes import Forked, SharedNumbers
from tests.torture.tally import Tally

KILLS_A_STORE = 50
"""After so many kills a fresh store is begun: checking a big one takes longer."""

_MOST_BATCHES = 5
"""Batches a writer commits if nothing kills it."""
_LONGEST_S = 0.03
_RANGE_ROWS = 64
"""Rows of a sealed range: small, so that sealing happens and is interrupted."""

_ACKNOWLEDGED, _STOP = 0, 1


@dataclass(frozen=True)
class Scene:
    """What the writer, the readers and the parent share."""

    directory: Path
    history: workload.History
    numbers: SharedNumbers
    """Batches acknowledged; whether the readers should stop."""


def run(kills: int, seed: int) -> Tally:
    """Kill a writer so many times."""
    tally = Tally("kills")
    rng = random.Random(seed)
    tiers.SIZES = (8 * _RANGE_ROWS, _RANGE_ROWS)
    while tally.runs < kills:
        with scratch.directory() as directory:
            history = workload.History(rng.randrange(1 << 30))
            # Made before forking, so that no process has to make it again.
            history[KILLS_A_STORE * _MOST_BATCHES + 1]
            scene = Scene(Path(directory) / "store", history, SharedNumbers(2))
            _one_store(scene, tally, min(KILLS_A_STORE, kills - tally.runs), rng)
    tally.notes.append(f"{tally.states} writers were killed before they were done")
    return tally


def _one_store(scene: Scene, tally: Tally, kills: int, rng: random.Random) -> None:
    StoreWriter(scene.directory, now=workload.ScriptedClock()).close()
    readers = [Forked(partial(_read, scene, n)) for n in range(2)]
    try:
        progress = checks.Progress(scene.history)
        for _ in range(kills):
            tally.runs += 1
            _kill_one(scene, tally, rng)
            if not _judge(scene, tally, progress, rng):
                return
            tally.progress(every=100)
    finally:
        scene.numbers[_STOP] = 1
        for reader in readers:
            ended = reader.wait()
            tally.add("reader_errors", ended.value or [])
            if ended.signal or ended.error:
                tally.add("reader_errors", [f"signal {ended.signal} {ended.error}"])


def _kill_one(scene: Scene, tally: Tally, rng: random.Random) -> None:
    first = scene.numbers[_ACKNOWLEDGED]
    if rng.random() < 0.5:
        writer = Forked(partial(_write, scene, first, Files()))
        time.sleep(rng.uniform(0, _LONGEST_S))
        writer.kill()
    else:
        step = rng.choice(known_steps())
        files = DeadlyFiles(step, rng.randint(1, _MOST_BATCHES if step in NAMED_STEPS else 30))
        writer = Forked(partial(_write, scene, first, files))
    ended = writer.wait()
    tally.states += ended.signal == signal.SIGKILL
    if ended.error:
        tally.add("crashes", [ended.error])


def _write(scene: Scene, first: int, files: Files) -> None:
    """Commit the batches from `first` on, telling after each that it is stored."""
    clock = workload.ScriptedClock()
    with StoreWriter(scene.directory, now=clock, files=files) as writer:
        for number in range(first, first + _MOST_BATCHES):
            clock.time = workload.batch_time(number)
            items = scene.history[number]
            writer.commit(items, workload.embedded(writer, items))
            scene.numbers[_ACKNOWLEDGED] = number + 1
            if number % 3 == 2:
                writer.seal()


def _judge(scene: Scene, tally: Tally, progress: checks.Progress, rng: random.Random) -> bool:
    """Check the store after a kill; False if it is past going on with."""
    acknowledged = scene.numbers[_ACKNOWLEDGED]
    with StoreSnapshot(scene.directory) as snapshot:
        batches, wrong = checks.held_batches(snapshot, progress)
        if batches is not None:
            wrong += checks.differences(snapshot, progress.move_to(batches), rng)
    tally.add("wrong", wrong)
    if batches is None:
        return False
    if batches < acknowledged:
        tally.add("lost", [f"{acknowledged} acknowledged, {batches} there"])
    if batches > acknowledged + 1:
        tally.add("wrong", [f"{acknowledged} acknowledged, {batches} there"])
    tally.add("verify_problems", checks.verify_problems(scene.directory))
    scene.numbers[_ACKNOWLEDGED] = batches
    return True


def _read(scene: Scene, seed: int) -> list[str]:
    """Open snapshots and question them until told to stop; return what was wrong."""
    rng = random.Random(seed)
    progress = checks.Progress(scene.history)
    wrong: list[str] = []
    seen = 0
    while not scene.numbers[_STOP] and len(wrong) < 10:
        before = scene.numbers[_ACKNOWLEDGED]
        with StoreSnapshot(scene.directory) as snapshot:
            after = scene.numbers[_ACKNOWLEDGED]
            batches, impossible = checks.held_batches(snapshot, progress)
            wrong += impossible
            if batches is None:
                continue
            if not max(before, seen) <= batches <= after + 1:
                wrong.append(f"{batches} batches; {seen} seen, {before}-{after} acknowledged")
            seen = batches
            wrong += checks.differences(snapshot, progress.move_to(batches), rng, filters=1)
        time.sleep(0.005)
    return wrong

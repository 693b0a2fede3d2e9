"""Power loss at every moment of a few commits: what was not flushed may be gone or torn.

Runs are recorded twice over: by a double of the store's own file operations, where SQLite counts as
something that is either before or after its commit; and by strace, where SQLite's files are
recorded like all others.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from indexes.files import Files
from indexes.schema import DATABASE
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from tests.torture import checks, scratch, strace, workload
from tests.torture.disk import (
    Acknowledge,
    Contents,
    Crash,
    Instant,
    Link,
    Namespace,
    Operation,
    Recording,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
    crashes,
)
from tests.torture.doubles import path_of
from tests.torture.tally import Tally

_RUNS_A_TRACE = 20
"""Runs recorded by one process under strace: starting it takes longer than a run."""
_CHECKPOINT_PAGES = 30
"""SQLite moves its log into the database after so many pages: here in the middle of a run."""


def run(
    runs: int,
    seed: int,
    *,
    recorders: Sequence[str] = ("double", "strace"),
    share: float = 1.0,
) -> Tally:
    """Record so many runs in each way and cut them short everywhere.

    Args:
        runs: How many, of each recorder.
        seed: Of the first run; the others follow.
        recorders: The ways to record.
        share: Of the directories that power losses may leave, how many are opened.
    """
    tally = Tally("powerloss")
    if "strace" in recorders and (reason := strace.missing()):
        tally.skipped.append(f"no power loss within SQLite's own calls: {reason}")
        recorders = [name for name in recorders if name != "strace"]
    with scratch.directory() as name:
        directory = Path(name).resolve()
        for first in range(seed, seed + runs, _RUNS_A_TRACE):
            seeds = range(first, min(first + _RUNS_A_TRACE, seed + runs))
            for recorder in recorders:
                for recording in _RECORDERS[recorder](directory / recorder, seeds):
                    _cut(directory / "cut", recording, share, tally)
                    tally.progress(every=10)
    tally.notes.append(f"{tally.states} different directories were opened")
    return tally


def scenario(directory: Path, seed: int, files: Files, acknowledge: Callable[[], object]) -> None:
    """Commit a few batches; now and then reopen the store, or have SQLite move its log."""
    rng = random.Random(f"scenario {seed}")
    history, clock = workload.History(seed), workload.ScriptedClock()
    first = _batches_before(seed)
    writer = StoreWriter(directory, now=clock, files=files)
    for number in range(first, first + rng.randint(3, 6)):
        if rng.random() < 0.25:
            writer.close()
            writer = StoreWriter(directory, now=clock, files=files)
        if rng.random() < 0.5:
            writer._db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        clock.time = workload.batch_time(number)
        writer.commit(history[number], workload.embedded(writer, history[number]))
        acknowledge()
    writer.close()


def _batches_before(seed: int) -> int:
    """Most runs begin with a store: making one is a long list of calls of no interest."""
    return 0 if seed % 5 == 0 else 1 + seed % 3


def _prepare(directory: Path, seed: int) -> Contents:
    """Make the store a run begins with; return what is in it."""
    directory.mkdir(parents=True)
    history, clock = workload.History(seed), workload.ScriptedClock()
    if _batches_before(seed):
        with StoreWriter(directory, now=clock) as writer:
            for number in range(_batches_before(seed)):
                clock.time = workload.batch_time(number)
                writer.commit(history[number], workload.embedded(writer, history[number]))
    return _contents(directory)


def _contents(directory: Path) -> Contents:
    return {f.name: f.read_bytes() for f in directory.iterdir() if f.name not in strace.IGNORED}


class RecordingFiles(Files):
    """Does what it is told and writes it down; takes SQLite's files whole when asked to."""

    def __init__(self, directory: Path, initial: Contents) -> None:
        super().__init__()
        self._directory = directory
        self._names = Namespace(initial)
        self.operations: list[Operation] = []

    def append(self, path: Path, offset: int, data: bytes) -> None:
        self._create(path)
        self.operations.append(Truncate(self._names.files[path.name], offset))
        super().append(path, offset, data)

    def replace(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(path.name + ".tmp")
        self._create(temporary)
        self.operations.append(Truncate(self._names.files[temporary.name], 0))
        at = len(self.operations)
        super().replace(path, data)
        # Renamed before the directory was flushed, which is the last thing recorded by now.
        assert isinstance(self.operations[-1], SyncDirectory)
        assert at < len(self.operations)
        self.operations.insert(-1, self._names.rename(temporary.name, path.name))

    def note(self, path: Path, data: bytes) -> None:
        self._create(path)
        super().note(path, data)

    def cut(self, path: Path, size: int) -> None:
        self.operations.append(Truncate(self._names.files[path.name], size))
        super().cut(path, size)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        name = path_of(descriptor, self._directory).name
        self.operations.append(Write(self._names.files[name], offset, data))
        super().write(descriptor, data, offset)

    def fsync(self, descriptor: int) -> None:
        path = path_of(descriptor, self._directory)
        if path == self._directory:
            if DATABASE not in self._names.files and (self._directory / DATABASE).exists():
                self.take_database()
            self.operations.append(SyncDirectory())
        elif path != self._directory.parent:  # the store's own entry is there from the start
            self.operations.append(Sync(self._names.files[path.name]))
        super().fsync(descriptor)

    def reached(self, step: str) -> None:
        if step == "committed":
            self.take_database()

    def acknowledge(self) -> None:
        """A batch was reported as stored."""
        self.take_database()
        self.operations.append(Acknowledge())

    def take_database(self) -> None:
        """SQLite's files as they are now, as if they had all been flushed in one instant."""
        found: list[Write | Truncate | Link] = []
        for name in (DATABASE, f"{DATABASE}-wal"):
            path = self._directory / name
            data = path.read_bytes() if path.exists() else b""
            found += [link for link in [self._names.create(name)] if link]
            number = self._names.files[name]
            found += [Truncate(number, 0), Write(number, 0, data)]
        self.operations.append(Instant(tuple(found)))

    def _create(self, path: Path) -> None:
        link = self._names.create(path.name)
        if link:
            self.operations.append(link)


def _record_by_double(directory: Path, seeds: Sequence[int]) -> Iterator[Recording]:
    for seed in seeds:
        initial = _prepare(directory, seed)
        files = RecordingFiles(directory, initial)
        scenario(directory, seed, files, files.acknowledge)
        shutil.rmtree(directory)
        yield Recording(seed, initial, files.operations, _batches_before(seed))


def _record_by_strace(directory: Path, seeds: Sequence[int]) -> Iterator[Recording]:
    initial = {seed: _prepare(directory / str(seed), seed) for seed in seeds}
    trace = directory / "trace"
    strace.record(trace, "tests.torture.powerloss", str(directory), *map(str, seeds))
    for seed in seeds:
        made = strace.operations(
            trace, directory / str(seed), _mark(directory, seed), initial[seed]
        )
        yield Recording(seed, initial[seed], made, _batches_before(seed))
    shutil.rmtree(directory)


_RECORDERS = {"double": _record_by_double, "strace": _record_by_strace}


def _mark(directory: Path, seed: int) -> Path:
    """Writing to this file is how the recorded process acknowledges a batch."""
    return directory / f"{seed}.acknowledged"


def _run_scenarios(directory: Path, seeds: Sequence[int]) -> None:
    """What runs under strace."""
    for seed in seeds:
        with _mark(directory, seed).open("wb", buffering=0) as mark:
            scenario(directory / str(seed), seed, Files(), partial(mark.write, b"."))


def _cut(path: Path, recording: Recording, share: float, tally: Tally) -> None:
    """Open the store after each power loss there could have been, and write to it."""
    tally.runs += 1
    rng = random.Random(recording.seed)
    progress = checks.Progress(workload.History(recording.seed))
    held: dict[bytes, int | None] = {}
    for crash in crashes(recording, rng):
        digest = crash.digest()
        if digest not in held:
            held[digest] = None
            if rng.random() < share:
                crash.write_to(path)
                held[digest] = _judge(path, crash, progress, tally, rng)
                shutil.rmtree(path)
                tally.states += 1
        # The same bytes may have to hold more batches at a later moment.
        batches = held[digest]
        if batches is not None and batches < crash.acknowledged:
            tally.add("lost", [f"{crash.acknowledged} acknowledged, {batches} there"])


def _judge(
    path: Path, crash: Crash, progress: checks.Progress, tally: Tally, rng: random.Random
) -> int | None:
    """Check a store after a power loss; return how many batches it holds, None if that is lost."""
    clock = workload.ScriptedClock()
    try:
        if not crash.acknowledged and not (path / DATABASE).exists():
            # The power failed while the store was being made: the writer must make it anew.
            StoreWriter(path, now=clock).close()
        batches = _compare(path, progress, tally, rng)
        if batches is None:
            return None
        if batches > crash.acknowledged + 1:
            tally.add("wrong", [f"{crash.acknowledged} acknowledged, {batches} there"])
        tally.add("verify_problems", checks.verify_problems(path))
        clock.time = workload.batch_time(batches)
        with StoreWriter(path, now=clock) as writer:
            items = progress.history[batches]
            writer.commit(items, workload.embedded(writer, items))
        if _compare(path, progress, tally, rng) != batches + 1:
            tally.add("wrong", ["a batch committed after the power loss is not there"])
    except Exception as error:  # noqa: BLE001  (none may come, whichever it is)
        tally.add("crashes", [f"{type(error).__name__}: {error}"])
        return None
    return batches


def _compare(path: Path, progress: checks.Progress, tally: Tally, rng: random.Random) -> int | None:
    with StoreSnapshot(path) as snapshot:
        batches, wrong = checks.held_batches(snapshot, progress)
        if batches is not None:
            wrong += checks.differences(snapshot, progress.move_to(batches), rng, filters=1)
    tally.add("wrong", wrong)
    return batches


if __name__ == "__main__":
    _run_scenarios(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]])

"""Disks that are full, that fail to write and that fail to flush, at one position after another.

Whatever fails, it ends in an error of the project's tree or in success; and once the fault is gone,
the store holds exactly what was acknowledged. Of a batch whose commit raised only this is promised:
it is there as a whole or not at all. (When a flush fails after the commit, nobody knows whether the
batch will survive; but it is never torn.)
"""

from __future__ import annotations

import copy
import errno
import json
import os
import random
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from indexes.files import FilePoisonedError, Files
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.errors import CorruptIndexError, RagLifelongError
from tests.torture import checks, scratch, strace, workload
from tests.torture.doubles import FailingFiles
from tests.torture.oracle import Oracle
from tests.torture.processes import Forked
from tests.torture.tally import Tally

_BEFORE, _AFTER = 3, 8
"""Batches in the store before the fault, and with those that are tried under it."""

_PAGE = 4096
_DISK_BYTES = 4 << 20
_LEFT_PAGES = 2
"""A full disk has this many pages more at each next position."""

_CALLS: dict[str, Callable[[int], object]] = {
    "pwrite64": lambda fd: os.pwrite(fd, b".", 0),
    "fsync": os.fsync,
    "fdatasync": os.fdatasync,
    "ftruncate": lambda fd: os.ftruncate(fd, 0),
}
"""System calls that are made to fail, and how to make one that does not matter."""
_NTH_CALL_FAILS = 400
"""strace fails this call of a process: one that wants an earlier failure burns some before."""
_MODES = {"once": "EIO", "lasting": "ENOSPC"}


@dataclass(frozen=True)
class Attempt:
    """A try to commit a batch, or (with a negative batch) to open, seal or close the store."""

    batch: int
    error: str = ""
    """Empty if it succeeded."""
    is_ours: bool = True
    """Whether the error is of the project's tree."""


def run(positions: int, seed: int) -> Tally:
    """Fail at each of the first so many positions, in each way."""
    tally = Tally("faults")
    history = workload.History(seed)
    with scratch.directory() as name:
        directory = Path(name).resolve()
        template = directory / "template"
        _write(template, history, range(_BEFORE), Files())
        _full_disks(directory, history, positions, tally)
        _failing_double(directory, history, positions, tally)
        if reason := strace.missing():
            tally.skipped.append(f"no faults within SQLite's own calls: {reason}")
        else:
            for mode in _MODES:
                _failing_calls(directory, seed, positions, mode, tally)
    return tally


def _write(
    path: Path, history: workload.History, batches: Iterable[int], files: Files
) -> list[Attempt]:
    """Commit batches, each once more if it fails, until that fails as well."""
    made: list[Attempt] = []
    clock = workload.ScriptedClock()
    try:
        with StoreWriter(path, now=clock, files=files) as writer:
            for batch in batches:
                clock.time = workload.batch_time(batch)
                made.append(_commit(writer, history, batch))
                if made[-1].error:
                    made.append(_commit(writer, history, batch))
                if made[-1].error:
                    break
                writer.seal()
    except Exception as error:  # noqa: BLE001  (which errors may come is for the caller to judge)
        made.append(_failed(-1, error))
    return made


def _commit(writer: StoreWriter, history: workload.History, batch: int) -> Attempt:
    try:
        writer.commit(history[batch], workload.embedded(writer, history[batch]))
    except Exception as error:  # noqa: BLE001
        return _failed(batch, error)
    return Attempt(batch)


def _failed(batch: int, error: Exception) -> Attempt:
    where = traceback.extract_tb(error.__traceback__)[-1].name
    text = f"{type(error).__name__}: {error} (raised in {where})"
    return Attempt(batch, text, is_ours=isinstance(error, RagLifelongError))


def _judge(path: Path, seed: int, attempts: Sequence[Attempt], what: str, tally: Tally) -> None:
    """Check a store, with the fault gone, against all that may have come of the attempts."""
    tally.runs += 1
    tally.add("crashes", [f"{what}: {a.error}" for a in attempts if not a.is_ours])
    history, rng = workload.History(seed), random.Random(what)
    candidates = list(_outcomes(history, attempts))
    try:
        with StoreSnapshot(path) as snapshot:
            found = snapshot.status().revisions
            wrong = [checks.differences(snapshot, oracle, rng) for oracle in candidates]
        if found < min(len(oracle.revisions) for oracle in candidates):
            tally.add("lost", [f"{what}: {found} revisions after {attempts}"])
        elif all(wrong):
            tally.add("wrong", [f"{what}: {wrong[0][0]} after {attempts}"])
        else:
            _go_on(path, history, candidates[wrong.index([])], what, tally)
        tally.add("verify_problems", [f"{what}: {p}" for p in checks.verify_problems(path)])
    except Exception as error:  # noqa: BLE001  (none may come, whichever it is)
        tally.add("crashes", [f"{what}, afterwards: {type(error).__name__}: {error}"])


def _outcomes(history: workload.History, attempts: Sequence[Attempt]) -> Iterator[Oracle]:
    """What the store may hold, likeliest first."""
    oracle = Oracle()
    for batch in range(_BEFORE):
        oracle.apply(history[batch], workload.batch_time(batch))
    candidates = [oracle]
    for attempt in attempts:
        if attempt.batch < 0:
            continue
        with_it = copy.deepcopy(candidates)
        for one in with_it:
            one.apply(history[attempt.batch], workload.batch_time(attempt.batch))
        candidates = [*candidates, *with_it] if attempt.error else with_it
    yield from candidates


def _go_on(path: Path, history: workload.History, oracle: Oracle, what: str, tally: Tally) -> None:
    """Write one more batch."""
    clock = workload.ScriptedClock(workload.batch_time(1000))
    with StoreWriter(path, now=clock) as writer:
        writer.commit(history[1000], workload.embedded(writer, history[1000]))
    oracle.apply(history[1000], clock.time)
    with StoreSnapshot(path) as snapshot:
        wrong = checks.differences(snapshot, oracle, random.Random(what))
    tally.add("wrong", [f"{what}, going on: {w}" for w in wrong])


def _failing_double(
    directory: Path, history: workload.History, positions: int, tally: Tally
) -> None:
    """Let the store's own file operations fail."""
    for call in ("write", "fsync"):
        for mode, error in _MODES.items():
            for nth in range(1, positions + 1):
                path = directory / "double"
                shutil.copytree(directory / "template", path)
                is_lasting = mode == "lasting"
                number = getattr(errno, error)
                files = FailingFiles(path, call, nth, error=number, is_lasting=is_lasting)
                made = _write(path, history, range(_BEFORE, _AFTER), files)
                _judge(path, history.seed, made, f"double {call} {nth} {error} {mode}", tally)
                shutil.rmtree(path)
                tally.progress(every=100)


def _failing_calls(directory: Path, seed: int, positions: int, mode: str, tally: Tally) -> None:
    """Let system calls fail, SQLite's too."""
    when = f"when={_NTH_CALL_FAILS}{'+' if mode == 'lasting' else ''}"
    options = ["-e", f"trace={','.join(_CALLS)}"]
    for call in _CALLS:
        error = "EIO" if "sync" in call else _MODES[mode]
        options += ["-e", f"inject={call}:error={error}:{when}"]
    injected = directory / mode
    injected.mkdir()
    arguments = [str(injected), str(directory / "template"), str(seed), str(positions)]
    strace.run(Path(os.devnull), options, "tests.torture.faults", *arguments)
    for path in sorted(p for p in injected.iterdir() if p.is_dir()):
        made = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        attempts = [Attempt(**attempt) for attempt in made]
        _judge(path, seed, attempts, f"{mode} {path.name}", tally)
        tally.progress(every=100)
    shutil.rmtree(injected)


def _be_injected(injected: Path, template: Path, seed: int, positions: int) -> None:
    """What runs under strace: for each call and position a process that fails there."""
    history = workload.History(seed)
    history[_AFTER]
    for call in _CALLS:
        for nth in range(1, positions + 1):
            path = injected / f"{call}-{nth:02d}"
            ended = Forked(partial(_fail_at, path, template, history, call, nth)).wait()
            made = ended.value or [
                Attempt(-1, f"signal {ended.signal} {ended.error}", is_ours=False)
            ]
            text = json.dumps([asdict(attempt) for attempt in made])
            path.with_suffix(".json").write_text(text, encoding="utf-8")


def _fail_at(
    path: Path, template: Path, history: workload.History, call: str, nth: int
) -> list[Attempt]:
    shutil.copytree(template, path)
    with path.with_suffix(".burnt").open("wb") as burnt:
        for _ in range(_NTH_CALL_FAILS - nth):
            _CALLS[call](burnt.fileno())
    return _write(path, history, range(_BEFORE, _AFTER), Files())


def _full_disks(directory: Path, history: workload.History, positions: int, tally: Tally) -> None:
    """Fill a small disk to one level after another."""
    try:
        with _small_disk(directory / "disk") as disk:
            for position in range(positions):
                path = disk / "store"
                shutil.copytree(directory / "template", path)
                left = position * _LEFT_PAGES * _PAGE
                what = f"{left} bytes left"
                ended = Forked(partial(_fill, path, history, left, position % 2 == 0)).wait()
                made, wrong = ended.value or ([], [])
                if ended.signal or ended.error:
                    tally.add("crashes", [f"{what}: signal {ended.signal} {ended.error}"])
                tally.add("wrong", [f"{what}: {w}" for w in wrong])
                _judge(path, history.seed, made, what, tally)
                shutil.rmtree(path)
                tally.progress(every=100)
    except (OSError, subprocess.CalledProcessError) as error:
        tally.skipped.append(f"no full disks: a tmpfs cannot be mounted here ({error})")


@contextmanager
def _small_disk(path: Path) -> Iterator[Path]:
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs"]
    subprocess.run(["mount", *options, str(path)], check=True, capture_output=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True, capture_output=True)


def _fill(
    path: Path, history: workload.History, left: int, is_open_before: bool
) -> tuple[list[Attempt], list[str]]:
    """Commit until the disk is full, make room, go on; return the attempts and what was wrong."""
    made: list[Attempt] = []
    ballast = path.with_name("ballast")
    clock = workload.ScriptedClock(workload.batch_time(_BEFORE))
    if not is_open_before:
        _leave(ballast, left)
        try:
            StoreWriter(path, now=clock).close()
        except Exception as error:  # noqa: BLE001
            made.append(_failed(-1, error))
            ballast.unlink()
    with StoreWriter(path, now=clock) as writer:
        if is_open_before:
            _leave(ballast, left)
        batch = _BEFORE
        while not (made and made[-1].error and made[-1].batch >= 0) and batch < 30:
            clock.time = workload.batch_time(batch)
            made.append(_commit(writer, history, batch))
            batch += 1
        wrong = _while_full(path, history, made)
        ballast.unlink(missing_ok=True)
        if made[-1].error:
            made.append(_commit(writer, history, batch - 1))
            if made[-1].error and not made[-1].error.startswith(FilePoisonedError.__name__):
                wrong.append(f"with room again: {made[-1].error}")
    wrong += [a.error for a in made if a.error.startswith(CorruptIndexError.__name__)]
    return made, wrong


def _while_full(path: Path, history: workload.History, made: Sequence[Attempt]) -> list[str]:
    """What a reader finds wrong on the full disk."""
    oracle, *_ = _outcomes(history, made)
    try:
        with StoreSnapshot(path) as snapshot:
            wrong = checks.differences(snapshot, oracle, random.Random(0))
    except Exception as error:  # noqa: BLE001
        wrong = [f"{type(error).__name__}: {error}"]
    return [f"while full: {w}" for w in wrong]


def _leave(ballast: Path, left: int) -> None:
    """Fill the disk but for so many bytes."""
    disk = os.statvfs(ballast.parent)
    ballast.write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - left)))


if __name__ == "__main__":
    _be_injected(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

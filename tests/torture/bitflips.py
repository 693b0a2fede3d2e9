"""Single flipped bits, anywhere in a store's files.

A flip may do no harm, may be refused with an error of the project's tree, or may be reported by the
store's verification. It must not change an answer while nothing notices, nor crash anything.
"""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from indexes import tiers
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.errors import RagLifelongError
from rag_lifelong.ports import Hit
from rag_lifelong.temporal import MAX_TIME, Interval, parse_when
from rag_lifelong.types import TimeFilter
from tests.torture import checks, scratch, workload
from tests.torture.disk import Contents
from tests.torture.processes import Forked
from tests.torture.tally import Tally

_BATCHES = 40
_LOGGED_FROM = 34
"""The batches from here on are still in SQLite's log, in one of two stores."""
_RANGE_ROWS = 32
"""Rows of a sealed range: small, so that the store has sealed files and uses them."""
_A_CHILD = 250
"""Flips that one child tries, unless one of them kills it."""
_LIMIT_S = 30
"""A store that takes longer than that to answer hangs."""


@dataclass(frozen=True)
class Flip:
    """One bit of one file."""

    file: str
    byte: int
    bit: int

    def __str__(self) -> str:
        return f"{self.file} byte {self.byte} bit {self.bit}"


@dataclass
class Outcome:
    """What a store says with a bit flipped."""

    answers: dict[str, Any] = field(default_factory=dict)
    """Question -> answer, where there was one."""
    errors: list[str] = field(default_factory=list)
    """What questions were refused with."""
    verified: list[str] = field(default_factory=list)
    """What verification found."""
    crashes: list[str] = field(default_factory=list)
    """Errors outside the project's tree, or a signal."""

    @contextmanager
    def judging(self, refusals: list[str]) -> Iterator[None]:
        """Sort what is raised inside: a refusal or a crash."""
        try:
            yield
        except RagLifelongError as refused:
            refusals.append(f"{type(refused).__name__}: {refused}")
        except Exception as error:  # noqa: BLE001  (which errors come is what is asked here)
            self.crashes.append(f"{type(error).__name__}: {error}")


def run(flips: int, seed: int) -> Tally:
    """Flip so many bits, one at a time."""
    tally = Tally("bitflips")
    rng = random.Random(seed)
    tiers.SIZES = (8 * _RANGE_ROWS, _RANGE_ROWS)
    counts = {"harmless": 0, "refused": 0, "only found by verification": 0}
    with scratch.directory() as name:
        for store in _stores(Path(name) / "store", seed):
            whole = _ask_and_verify(Path(name) / "whole", store)
            tally.add("wrong", [*whole.errors, *whole.verified, *whole.crashes])
            for flip, outcome in _outcomes(Path(name) / "flipped", store, flips // 2, rng):
                tally.runs += 1
                _count(flip, outcome, whole, tally, counts)
                tally.progress(every=1000)
    tally.notes.append(", ".join(f"{count} {what}" for what, count in counts.items()))
    return tally


def _stores(path: Path, seed: int) -> list[Contents]:
    """A store with everything in its database, and one with its end still in SQLite's log."""
    history, clock = workload.History(seed), workload.ScriptedClock()
    while_open: list[Contents] = []
    for some in (range(_LOGGED_FROM), range(_LOGGED_FROM, _BATCHES)):
        with StoreWriter(path, now=clock) as writer:
            for batch in some:
                clock.time = workload.batch_time(batch)
                writer.commit(history[batch], workload.embedded(writer, history[batch]))
            writer.seal()
            while_open.append(_read(path))
    return [_read(path), while_open[-1]]


def _read(path: Path) -> Contents:
    return {f.name: f.read_bytes() for f in sorted(path.iterdir())}


def _outcomes(
    path: Path, store: Contents, count: int, rng: random.Random
) -> Iterator[tuple[Flip, Outcome]]:
    """Flip bits: half of them anywhere, half in any file, so that small ones get their share."""
    files = sorted(name for name, data in store.items() if data)
    sizes = [len(store[name]) for name in files]
    chosen = []
    for number in range(count):
        [file] = rng.choices(files, sizes) if number % 2 else [rng.choice(files)]
        chosen.append(Flip(file, rng.randrange(len(store[file])), rng.randrange(8)))
    for at in range(0, count, _A_CHILD):
        batch = chosen[at : at + _A_CHILD]
        ended = Forked(partial(_try, path, store, batch)).wait()
        if not ended.signal:
            yield from zip(batch, ended.value, strict=True)
            continue
        for flip in batch:  # each in a child of its own, to see which one it was
            alone = Forked(partial(_try, path, store, [flip])).wait()
            died = Outcome(crashes=[signal.strsignal(alone.signal) or str(alone.signal)])
            yield flip, died if alone.signal else alone.value[0]


def _try(path: Path, store: Contents, flips: Sequence[Flip]) -> list[Outcome]:
    found = []
    for flip in flips:
        data = bytearray(store[flip.file])
        data[flip.byte] ^= 1 << flip.bit
        signal.alarm(_LIMIT_S)
        found.append(_ask_and_verify(path, {**store, flip.file: bytes(data)}))
        signal.alarm(0)
    return found


def _count(
    flip: Flip, outcome: Outcome, whole: Outcome, tally: Tally, counts: dict[str, int]
) -> None:
    tally.add("crashes", [f"{flip}: {crash}" for crash in outcome.crashes])
    differing = [q for q, answer in outcome.answers.items() if answer != whole.answers[q]]
    if differing and not outcome.verified:
        tally.add("wrong", [f"{flip}: unnoticed in {', '.join(differing)}"])
    elif outcome.errors:
        counts["refused"] += 1
    elif outcome.verified:
        counts["only found by verification"] += 1
    elif not outcome.crashes:
        counts["harmless"] += 1


def _ask_and_verify(path: Path, contents: Contents) -> Outcome:
    """What a store of these contents says, questioned and verified on copies of their own."""
    outcome = Outcome()
    with _copy(path, contents), outcome.judging(outcome.errors), StoreSnapshot(path) as snapshot:
        for name, question in _QUESTIONS.items():
            with outcome.judging(outcome.errors):
                outcome.answers[name] = question(snapshot)
    with _copy(path, contents), outcome.judging(outcome.verified):
        outcome.verified += checks.verify_problems(path)
    return outcome


@contextmanager
def _copy(path: Path, contents: Contents) -> Iterator[None]:
    path.mkdir()
    try:
        for name, data in contents.items():
            (path / name).write_bytes(data)
        yield
    finally:
        shutil.rmtree(path)


def _window(start: str, end: str) -> Interval:
    return Interval(parse_when(start)[0].start, parse_when(end)[0].end)


_KNOWN: datetime = workload.batch_time(_BATCHES // 2)
_TIMES = {
    "always": TimeFilter(),
    "as of 2015": TimeFilter(as_of=_window("2015", "2015")),
    "2005 to 2020": TimeFilter(between=_window("2005", "2020")),
    "since 2010 as known before": TimeFilter(
        as_of=Interval(parse_when("2010")[0].start, MAX_TIME), known_at=_KNOWN
    ),
}


def _dense(time: TimeFilter, k: int, snapshot: StoreSnapshot) -> Any:
    return _answer(snapshot, time, snapshot.search_dense(workload.vector("question"), time, k))


def _lexical(time: TimeFilter, snapshot: StoreSnapshot) -> Any:
    return _answer(snapshot, time, snapshot.search_lexical("w3 w7 w11", time, 20))


def _answer(snapshot: StoreSnapshot, time: TimeFilter, hits: Sequence[Hit]) -> Any:
    return hits, snapshot.chunks([hit.chunk_no for hit in hits], time.known_at)


def _status(snapshot: StoreSnapshot) -> Any:
    status = snapshot.status()
    return status.documents, status.revisions, status.chunks, status.vectors


_QUESTIONS: dict[str, Callable[[StoreSnapshot], Any]] = {
    "status": _status,
    "model": lambda snapshot: snapshot.embedding_model,
    **{f"dense {name}": partial(_dense, time, 10) for name, time in _TIMES.items()},
    "dense everything": partial(_dense, TimeFilter(), checks.EVERYTHING),
    **{f"lexical {name}": partial(_lexical, time) for name, time in _TIMES.items()},
    "vectors": lambda snapshot: snapshot.vectors_of(range(5)).tolist(),
    "origins": lambda snapshot: [
        (origin, snapshot.fingerprint(origin)) for origin in snapshot.origins_under("file")
    ],
    "redirect": lambda snapshot: snapshot.redirect_target("the PM", TimeFilter()),
    "revision": lambda snapshot: snapshot.has_revision("wiki/1", "0.0"),
}
"""What is asked of every flipped store."""

"""Whether a store says what the oracle says."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from rag_lifelong.ports import Hit
from rag_lifelong.types import TimeFilter
from tests.torture.oracle import Found, Oracle, Row
from tests.torture.workload import WORDS, History, batch_time, random_filter, vector

EVERYTHING = 5_000
"""More results than any store here has texts."""


class Progress:
    """The oracle of a history, moved on to as many batches as a store turns out to hold."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.oracle = Oracle()
        self.sizes = [0]
        """Revisions in a store that holds this many batches."""
        self._ahead = Oracle()

    def batches(self, revisions: int) -> int | None:
        """How many whole batches make so many revisions; None if no number does."""
        while self.sizes[-1] < revisions:
            number = len(self.sizes) - 1
            self._ahead.apply(self.history[number], batch_time(number))
            self.sizes.append(len(self._ahead.revisions))
        return self.sizes.index(revisions) if revisions in self.sizes else None

    def move_to(self, batches: int) -> Oracle:
        """The oracle after so many batches."""
        if batches < len(self.oracle.recorded):
            self.oracle = Oracle()
        for number in range(len(self.oracle.recorded), batches):
            self.oracle.apply(self.history[number], batch_time(number))
        return self.oracle


def held_batches(snapshot: StoreSnapshot, progress: Progress) -> tuple[int | None, list[str]]:
    """How many whole batches a store holds, and what is wrong if that cannot be said."""
    revisions = snapshot.status().revisions
    batches = progress.batches(revisions)
    if batches is None:
        return None, [f"{revisions} revisions are no whole number of batches"]
    return batches, []


def differences(
    snapshot: StoreSnapshot, oracle: Oracle, rng: random.Random, *, filters: int = 2
) -> list[str]:
    """What a snapshot says otherwise than the oracle, under some random filters."""
    wrong = []
    status = snapshot.status()
    counts = (status.documents, status.revisions, status.chunks, status.vectors)
    if counts != oracle.counts():
        wrong.append(f"status {counts} instead of {oracle.counts()}")
    times = [random_filter(rng, oracle.recorded) for _ in range(filters)]
    for time in times:
        wrong += search_differences(snapshot, oracle, time, rng)
    for alias in ("the PM", "downing street"):
        for time in (TimeFilter(), *times):
            target = snapshot.redirect_target(alias, time)
            if target != oracle.redirect_target(alias, time):
                wrong.append(f"redirect of {alias} to {target}")
    wrong += [
        f"fingerprint of {origin}"
        for origin in ("dump", "file0", "file1", "file2")
        if snapshot.fingerprint(origin) != oracle.fingerprint(origin)
    ]
    return wrong


def search_differences(
    snapshot: StoreSnapshot, oracle: Oracle, time: TimeFilter, rng: random.Random
) -> list[str]:
    """What dense and lexical search under one filter say otherwise than the oracle."""
    query = vector(f"query {rng.randrange(100)}")
    words = rng.sample(WORDS, 2)
    dense = snapshot.search_dense(query, time, EVERYTHING) if oracle.revisions else []
    lexical = snapshot.search_lexical(" ".join(words), time, EVERYTHING)
    return [
        *_compare(f"dense {time}", snapshot, time, dense, oracle.dense(query, time)),
        *_compare(f"{words} {time}", snapshot, time, lexical, oracle.lexical(words, time)),
    ]


def _compare(
    what: str,
    snapshot: StoreSnapshot,
    time: TimeFilter,
    hits: Sequence[Hit],
    expected: Mapping[str, Found],
) -> list[str]:
    rows = _rows(snapshot, time, hits)
    found = {row[2] for row in rows}
    wrong = [f"{what}: {text!r} is missing" for text in expected.keys() - found]
    if len(found) < len(rows):
        wrong.append(f"{what}: a text comes twice")
    for row, hit in zip(rows, hits, strict=True):
        if row[2] not in expected:
            wrong.append(f"{what}: {row} does not pass")
        elif row != expected[row[2]].row:
            wrong.append(f"{what}: {row} instead of {expected[row[2]].row}")
        elif not math.isclose(hit.score, expected[row[2]].score, abs_tol=1e-6):
            wrong.append(f"{what}: scores {hit.score} instead of {expected[row[2]].score}")
    if any(a.score < b.score for a, b in itertools.pairwise(hits)):
        wrong.append(f"{what}: not best first")
    return wrong


def _rows(snapshot: StoreSnapshot, time: TimeFilter, hits: Sequence[Hit]) -> list[Row]:
    chunks = snapshot.chunks([hit.chunk_no for hit in hits], time.known_at)
    return [
        (
            c.doc_id,
            c.revision_id,
            f"{c.context}\n{c.text}" if c.context else c.text,
            c.valid_from,
            c.valid_to,
        )
        for c in chunks
    ]


def verify_problems(directory: Path) -> list[str]:
    """What the store's own verification complains of."""
    return [str(problem) for problem in verify(directory).problems]

"""Histories of batches, made from a seed: what a store is fed while it is being hurt.

Batch `n` of a history is a pure function of the seed and always brings a revision of its own, so
that the number of stored revisions tells how many batches a store holds.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from rag_lifelong.ports import ChunkedDocument, Embedded, StoreItem, Writer
from rag_lifelong.temporal import (
    MAX_TIME,
    Interval,
    Precision,
    day_interval,
    instant_interval,
    month_interval,
    year_interval,
)
from rag_lifelong.types import (
    ChunkText,
    Completed,
    Dated,
    DateSource,
    Document,
    Gone,
    Redirect,
    RevisionOrder,
    TimeFilter,
)
from tests.indexes.conftest import MODEL
from tests.indexes.conftest import vector as make_vector

WIKI, FILE = RevisionOrder.VALID_TIME, RevisionOrder.ARRIVAL
WORDS = tuple(f"w{n}" for n in range(24))
"""Words that a stemmer leaves alone."""

vector = functools.cache(make_vector)
"""The vector of a text, made once: checking asks for the same ones again and again."""

_START = datetime(2026, 1, 1, tzinfo=UTC)
_SHARED = tuple(ChunkText(0, 9, "", f"shared {WORDS[n]} {WORDS[n + 1]}") for n in range(8))


class ScriptedClock:
    """A clock that stands still until it is set."""

    def __init__(self, time: datetime = _START) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time


def batch_time(number: int) -> datetime:
    """What the clock shows when batch `number` is committed."""
    return _START + timedelta(days=number)


def embedded(writer: Writer, items: Sequence[StoreItem]) -> Embedded | None:
    """The vectors the writer needs to commit the items."""
    texts = writer.new_texts(item for item in items if isinstance(item, ChunkedDocument))
    if not texts:
        return None
    return Embedded(MODEL, np.array([vector(text) for text in texts], np.float32))


def revision(
    doc_id: str,
    when: tuple[Interval, Precision],
    chunks: Sequence[ChunkText],
    revision_id: str,
    order: RevisionOrder,
    origin: str,
) -> ChunkedDocument:
    """A revision ready to be stored."""
    return ChunkedDocument(
        Document(
            doc_id=doc_id,
            revision_id=revision_id,
            origin=origin,
            uri=f"{origin}#{doc_id}",
            title=doc_id,
            text="\n".join(chunk.text for chunk in chunks),
            date=Dated(*when, DateSource.FRONT_MATTER),
            order=order,
        ),
        tuple(chunks),
    )


class History:
    """Batches of new documents, revisions in any order of time, closings and redirects."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = random.Random(seed)
        self._stored: dict[str, list[ChunkedDocument]] = {}
        self._batches: list[list[StoreItem]] = []

    def __getitem__(self, number: int) -> list[StoreItem]:
        while len(self._batches) <= number:
            self._batches.append(self._next())
        return self._batches[number]

    def _next(self) -> list[StoreItem]:
        number = len(self._batches)
        items: list[StoreItem] = [self._revision(f"{number}.0")]
        for at in range(1, self._random.randint(1, 5)):
            kind = self._random.random()
            if kind < 0.6:
                items.append(self._revision(f"{number}.{at}"))
            elif kind < 0.75:
                items.append(self._again())
            elif kind < 0.85:
                items.append(self._completed(f"{number}.{at}"))
            elif kind < 0.93:
                alias = self._random.choice(["The PM", "the pm", "Number Ten", "Downing Street"])
                items.append(Redirect(alias, f"wiki/{self._random.randrange(6)}"))
            else:
                items.append(Gone(self._origin()))
        return items

    def _revision(self, revision_id: str) -> ChunkedDocument:
        if self._random.random() < 0.5:
            order, origin = WIKI, "dump"
            doc_id = f"wiki/{self._random.randrange(12)}"
        else:
            order, origin = FILE, self._origin()
            doc_id = f"{origin}/{self._random.randrange(4)}"
        chunks = [self._chunk(doc_id) for _ in range(self._random.randint(1, 3))]
        made = revision(doc_id, random_when(self._random), chunks, revision_id, order, origin)
        self._stored.setdefault(doc_id, []).append(made)
        return made

    def _again(self) -> ChunkedDocument:
        """A revision that came before: unchanged, or a file that went back to what it was."""
        return self._random.choice(self._stored[self._random.choice(sorted(self._stored))])

    def _completed(self, fingerprint: str) -> Completed:
        origin = self._origin()
        if self._random.random() < 0.3:
            return Completed(origin, fingerprint)
        held = [f"{origin}/{n}" for n in range(4) if self._random.random() < 0.7]
        return Completed(origin, fingerprint, frozenset(held))

    def _origin(self) -> str:
        return f"file{self._random.randrange(5)}"

    def _chunk(self, doc_id: str) -> ChunkText:
        if self._random.random() < 0.25:
            return self._random.choice(_SHARED)
        text = " ".join(self._random.choices(WORDS, k=self._random.randint(1, 7)))
        return ChunkText(0, len(text), doc_id, text)


def random_when(rng: random.Random) -> tuple[Interval, Precision]:
    """A date between 2000 and 2031 of any precision sources have: some lie after the clock's."""
    year, month, day = rng.randint(2000, 2031), rng.randint(1, 12), rng.randint(1, 28)
    instant = datetime(year, month, day, rng.randrange(24), tzinfo=UTC)
    return rng.choice(
        [
            (year_interval(year), Precision.YEAR),
            (month_interval(year, month), Precision.MONTH),
            (day_interval(year, month, day), Precision.DAY),
            (instant_interval(instant), Precision.SECOND),
        ]
    )


def random_filter(rng: random.Random, recorded: Sequence[datetime] = ()) -> TimeFilter:
    """Any filter; `known_at` falls on, just before or just after one of the recorded times."""
    window = random_when(rng)[0]
    if rng.random() < 0.3:
        window = Interval(window.start, rng.choice([MAX_TIME, window.end + timedelta(days=900)]))
    known_at = None
    if recorded and rng.random() < 0.5:
        known_at = rng.choice(recorded) + timedelta(microseconds=rng.randint(-1, 1))
    match rng.choice(["always", "as_of", "between"]):
        case "as_of":
            return TimeFilter(as_of=window, known_at=known_at)
        case "between":
            return TimeFilter(between=window, known_at=known_at)
        case _:
            return TimeFilter(known_at=known_at)

"""Builders of small stores."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.ports import ChunkedDocument, Embedded, EmbeddingModel, StoreItem
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import ChunkText, Dated, DateSource, Document, RevisionOrder, TimeFilter

MODEL = EmbeddingModel("fake", "1", "float32", 16)


def vector(text: str) -> np.ndarray:
    """A unit vector that depends on the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    made = np.random.default_rng(seed).standard_normal(MODEL.dim).astype(np.float32)
    return made / np.linalg.norm(made)


def document(
    doc_id: str,
    when: str,
    *texts: str,
    revision_id: str | None = None,
    order: RevisionOrder = RevisionOrder.ARRIVAL,
    origin: str | None = None,
    uri: str | None = None,
    locator: str = "",
    sketch: bytes = b"",
    other_dates: tuple[Dated, ...] = (),
) -> ChunkedDocument:
    interval, precision = parse_when(when)
    return ChunkedDocument(
        Document(
            doc_id=doc_id,
            revision_id=revision_id or hashlib.sha256(f"{when}{texts}".encode()).hexdigest()[:8],
            origin=origin or doc_id,
            uri=uri or doc_id,
            title=doc_id,
            text="\n".join(texts),
            date=Dated(interval, precision, DateSource.FRONT_MATTER),
            order=order,
            other_dates=other_dates,
        ),
        tuple(ChunkText(0, len(text), doc_id, text, locator) for text in texts),
        sketch,
    )


def instant(when: str) -> datetime:
    """The start of a date."""
    return parse_when(when)[0].start


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(days=1)
        return self.time


class TinyStore:
    """A store with a clock that moves a day at each commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()

    def add(self, *items: StoreItem, model: EmbeddingModel = MODEL):
        with StoreWriter(self.path, now=self.clock) as writer:
            return self.commit(writer, *items, model=model)

    def commit(self, writer: StoreWriter, *items: StoreItem, model: EmbeddingModel = MODEL):
        texts = writer.new_texts(i for i in items if isinstance(i, ChunkedDocument))
        vectors = np.array([vector(t) for t in texts], np.float32).reshape(len(texts), MODEL.dim)
        return writer.commit(list(items), Embedded(model, vectors) if texts else None)

    def texts(self, **times: str) -> set[str]:
        """Every chunk text that passes; times are ISO dates of as_of, between, known_at."""
        with StoreSnapshot(self.path) as snapshot:
            hits = snapshot.search_dense(vector("any"), time_filter(**times), 1_000)
            return {c.text for c in snapshot.chunks([h.chunk_no for h in hits], None)}


def time_filter(as_of: str = "", between: str = "", known_at: str = "") -> TimeFilter:
    return TimeFilter(
        as_of=parse_when(as_of)[0] if as_of else None,
        between=parse_when(between)[0] if between else None,
        known_at=parse_when(known_at)[0].start if known_at else None,
    )


@pytest.fixture
def store(tmp_path: Path) -> TinyStore:
    return TinyStore(tmp_path / "store")

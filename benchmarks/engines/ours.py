"""This project's store, through its own writer and snapshot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.base import Engine, Setting
from benchmarks.engines.data import DIM, K
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.ports import ChunkedDocument, Embedded, EmbeddingModel
from rag_lifelong.temporal import Interval, Precision, from_us, instant_interval
from rag_lifelong.types import (
    ChunkText,
    Dated,
    DateSource,
    Document,
    RevisionOrder,
    TimeFilter,
)

_MODEL = EmbeddingModel("synthetic", "1", "float32", DIM)
_BATCH = 512
_LAST_BATCHES = 8
"""Batches at the end whose cost a row is reported as the cost of appending at this size."""


@dataclass
class _Commits:
    """Seconds of each batch, in the two calls of the writer."""

    new_texts_s: list[float] = field(default_factory=list)
    commit_s: list[float] = field(default_factory=list)

    def us_per_row(self, seconds: list[float]) -> float:
        return round(1e6 * mean(seconds[-_LAST_BATCHES:]) / _BATCH, 1)


class Ours(Engine):
    """One chunk a revision, the vectors given; chunk i is row i."""

    def build(self) -> None:
        """Append all rows in batches as ingestion does, lexical index included, then seal."""
        commits = _Commits()
        with StoreWriter(self.folder, now=lambda: datetime.now(UTC)) as writer:
            for lo in range(0, len(self.data), _BATCH):
                self._append(writer, lo, min(lo + _BATCH, len(self.data)), commits)
            with self.timed("seal_s"):
                writer.seal()
        self.built["append_us_per_row"] = commits.us_per_row(
            [a + b for a, b in zip(commits.new_texts_s, commits.commit_s, strict=True)]
        )
        self.built["append_s"] = round(sum(commits.new_texts_s) + sum(commits.commit_s), 2)
        self.built["bytes_per_row_by_file"] = self._bytes_by_file()

    def appending(self, folder: Path) -> Iterator[float]:
        """Append one batch of new documents at a time; yield the seconds a row took."""
        rng = np.random.default_rng(1)
        with StoreWriter(folder, now=lambda: datetime.now(UTC)) as writer:
            for first in range(len(self.data), 2 * len(self.data) + 10**6, _BATCH):
                source = rng.integers(0, len(self.data) - _BATCH)
                texts = self.data.texts(source, source + _BATCH)
                starts = self.data.valid_from[source : source + _BATCH]
                items = [
                    _revision(first + i, int(start), f"{text} {first + i}")
                    for i, (text, start) in enumerate(zip(texts, starts, strict=True))
                ]
                vectors = np.asarray(self.data.vectors[source : source + _BATCH])
                started = perf_counter()
                writer.new_texts(items)
                writer.commit(items, Embedded(_MODEL, vectors))
                writer.upkeep()
                yield (perf_counter() - started) / _BATCH

    def _append(self, writer: StoreWriter, lo: int, hi: int, commits: _Commits) -> None:
        items = list(self._revisions(lo, hi))
        started = perf_counter()
        new = writer.new_texts(items)
        looked_up = perf_counter()
        if len(new) != hi - lo:
            raise ValueError(f"{len(new)} new texts in rows {lo}:{hi}, a chunk would not be a row")
        writer.commit(items, Embedded(_MODEL, np.asarray(self.data.vectors[lo:hi])))
        writer.upkeep()
        commits.new_texts_s.append(looked_up - started)
        commits.commit_s.append(perf_counter() - looked_up)

    def _revisions(self, lo: int, hi: int) -> Iterator[ChunkedDocument]:
        """The revisions of rows [lo, hi); a document's last is followed by an empty one.

        The empty revision is how a page that was blanked ends: it closes the one before.
        """
        data = self.data
        for row, text in zip(range(lo, hi), data.texts(lo, hi), strict=True):
            document = int(data.documents[row])
            yield _revision(document, int(data.valid_from[row]), text)
            if row + 1 == len(data) or data.documents[row + 1] != document:
                yield _revision(document, int(data.valid_to[row]), "")

    def _bytes_by_file(self) -> dict[str, float]:
        """Bytes a row of each file; the many of one kind together."""
        sizes: dict[str, int] = {}
        for file in self.folder.rglob("*"):
            if file.is_file():
                kind = file.suffix if file.suffix == ".sq8" else file.name
                sizes[kind] = sizes.get(kind, 0) + file.stat().st_size
        return {kind: round(size / len(self.data), 1) for kind, size in sorted(sizes.items())}

    def open(self) -> None:
        """Take a snapshot."""
        self._snapshot = StoreSnapshot(self.folder)

    def close(self) -> None:
        """Let go of the snapshot."""
        self._snapshot.close()

    def families(self, share: float) -> list[list[Setting]]:
        """There is nothing to set."""
        return [[{}]]

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """The snapshot's dense search between two moments."""
        time = TimeFilter(between=Interval(from_us(lo), from_us(hi)))
        return [hit.chunk_no for hit in self._snapshot.search_dense(vector, time, K)]


def _revision(document: int, valid_from_us: int, text: str) -> ChunkedDocument:
    title = f"Page {document}"
    uri = f"history.xml#{document}"
    return ChunkedDocument(
        Document(
            doc_id=uri,
            revision_id=str(valid_from_us),
            origin="history.xml",
            uri=uri,
            title=title,
            text=text,
            date=Dated(
                instant_interval(from_us(valid_from_us)),
                Precision.SECOND,
                DateSource.DUMP_TIMESTAMP,
            ),
            order=RevisionOrder.VALID_TIME,
        ),
        (ChunkText(0, len(text), title, text),) if text else (),
    )

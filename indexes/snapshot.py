"""A snapshot: the store as of one commit, for searching and reading.

Holds one SQLite read transaction and maps the columns up to the counts it saw, so later commits
neither disturb it nor wait for it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from indexes import accelerator, dense, lexical, schema
from indexes.columns import TIME_COLUMNS, column, vector_column, vector_dtype
from indexes.known import DatabaseKnown
from indexes.validity import FOREVER_US, Passing, TimeColumns, passing
from rag_lifelong.ports import EmbeddingModel, Hit, StoreStatus
from rag_lifelong.temporal import Interval, Precision, from_us, to_us
from rag_lifelong.types import Chunk, Dated, DateSource, TimeFilter


class StoreSnapshot(DatabaseKnown):
    """Implements `ports.Snapshot` over a store directory.

    Raises:
        IndexStoreError: If there is no store, or it is damaged.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._db = schema.connect(directory / schema.DATABASE, write=False)
        super().__init__(self._db)
        self._passing: dict[TimeFilter, Passing] = {}
        try:
            self._db.execute("BEGIN")
            self._counts: dict[str, int] = dict(self._db.execute("SELECT name, rows FROM columns"))
            self._columns = TimeColumns(
                **{
                    name: column(directory, name, dtype).read(self._counts.get(name, 0))
                    for name, dtype in TIME_COLUMNS.items()
                }
            )
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the snapshot."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def embedding_model(self) -> EmbeddingModel | None:
        """What made the vectors; None while there are none."""
        row = self._db.execute(
            "SELECT name, version, dtype, dim FROM generations ORDER BY generation DESC LIMIT 1"
        ).fetchone()
        return None if row is None else EmbeddingModel(*row)

    def search_dense(self, vector: NDArray[np.float32], time: TimeFilter, k: int) -> list[Hit]:
        """The k chunks of highest cosine among those that pass the filter, best first."""
        if self.embedding_model is None:
            return []
        chosen = self._choose(time)
        sealed = self._sealed if len(chosen.text_nos) > accelerator.RANGE_ROWS else []
        near = dense.search(self._vectors, chosen.text_nos, vector, k, sealed=sealed)
        return _hits(chosen, near.rows, near.scores)

    def search_lexical(self, query: str, time: TimeFilter, k: int) -> list[Hit]:
        """The k chunks of highest BM25 among those that pass the filter, best first."""
        terms = lexical.query_terms(query)
        chosen = self._choose(time)
        n_words = np.asarray(self._columns.texts["n_words"][chosen.text_nos])
        scores = lexical.bm25(self._db, terms, chosen.text_nos, n_words)
        best = np.lexsort((chosen.text_nos, -scores))[:k]
        best = best[scores[best] > 0]
        return _hits(chosen, chosen.text_nos[best], scores[best])

    def vectors_of(self, chunk_nos: Sequence[int]) -> NDArray[np.float32]:
        """The stored vectors of chunks: shape [len(chunk_nos), dim]."""
        text_nos = self._columns.chunks["text_no"][np.asarray(chunk_nos, np.int64)]
        return np.asarray(self._vectors[text_nos])

    def chunks(self, chunk_nos: Sequence[int], known_at: datetime | None) -> list[Chunk]:
        """The chunks of these numbers, in the order given, closed as was known at `known_at`."""
        known_us = FOREVER_US if known_at is None else to_us(known_at)
        return [self._chunk(chunk_no, known_us) for chunk_no in chunk_nos]

    def redirect_target(self, title: str, known_at: datetime | None) -> str | None:
        """The title that `title` (in any case) was known as another name of, or None."""
        row = self._db.execute(
            "SELECT target FROM redirects WHERE alias = ? AND recorded_at <= ? "
            "ORDER BY target LIMIT 1",
            (title, FOREVER_US if known_at is None else to_us(known_at)),
        ).fetchone()
        return None if row is None else str(row[0])

    def status(self) -> StoreStatus:
        """Counts of what is stored."""
        current = self._db.execute(
            "SELECT count(DISTINCT doc_no) FROM revisions r WHERE NOT EXISTS "
            "(SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no)"
        ).fetchone()[0]
        model = self._latest_generation
        return StoreStatus(
            documents=int(current),
            revisions=self._counts.get("revisions", 0),
            chunks=self._counts.get("chunks", 0),
            vectors=0 if model is None else self._counts.get(vector_column(model), 0),
            store_bytes=sum(f.stat().st_size for f in self._directory.iterdir() if f.is_file()),
        )

    def _choose(self, time: TimeFilter) -> Passing:
        if time not in self._passing:
            self._passing[time] = passing(self._columns, time)
        return self._passing[time]

    @cached_property
    def _latest_generation(self) -> int | None:
        row = self._db.execute("SELECT max(generation) FROM generations").fetchone()
        return None if row[0] is None else int(row[0])

    @cached_property
    def _vectors(self) -> NDArray[Any]:
        generation, model = self._latest_generation, self.embedding_model
        if generation is None or model is None:
            raise ValueError("no vectors yet")
        name = vector_column(generation)
        return column(self._directory, name, vector_dtype(model.dim)).read(self._counts[name])

    @cached_property
    def _sealed(self) -> list[accelerator.SealedRange]:
        generation = self._latest_generation
        if generation is None:
            return []
        return accelerator.load(self._directory, self._db, generation, len(self._vectors))

    def _chunk(self, chunk_no: int, known_us: int) -> Chunk:
        row = self._db.execute(
            'SELECT d.doc_id, r.rev_no, r.revision_id, r.uri, r.title, c.ordinal, c.start, c."end",'
            " t.context, t.text, r.date_start, r.date_end, r.date_precision, r.date_source,"
            " r.valid_from, r.recorded_at,"
            " (SELECT min(valid_to) FROM closings x"
            "  WHERE x.rev_no = r.rev_no AND x.recorded_at <= ?)"
            " FROM chunks c JOIN revisions r USING (rev_no) JOIN documents d USING (doc_no)"
            " JOIN texts t USING (text_no) WHERE c.chunk_no = ?",
            (known_us, chunk_no),
        ).fetchone()
        (doc_id, rev_no, revision_id, uri, title, ordinal, start, end, context, text, date_start,
         date_end, precision, source, valid_from, recorded_at, valid_to) = row  # fmt: skip
        return Chunk(
            chunk_id=f"{rev_no}.{ordinal}",
            doc_id=doc_id,
            revision_id=revision_id,
            uri=uri,
            title=title,
            context=context,
            text=text,
            span=(start, end),
            date=Dated(
                Interval(from_us(date_start), from_us(date_end)),
                Precision(precision),
                DateSource(source),
            ),
            valid_from=from_us(valid_from),
            valid_to=None if valid_to is None else from_us(valid_to),
            recorded_at=from_us(recorded_at),
        )


def _hits(chosen: Passing, text_nos: NDArray[np.int64], scores: NDArray[np.float64]) -> list[Hit]:
    chunk_nos = chosen.chunk_nos[np.searchsorted(chosen.text_nos, text_nos)]
    return [Hit(int(no), float(score)) for no, score in zip(chunk_nos, scores, strict=True)]

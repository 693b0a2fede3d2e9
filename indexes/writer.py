"""The one writer of a store: appends revisions, closings and vectors, a batch at a time.

Commit protocol: rows are inserted in one SQLite transaction; before it commits, the batch's vectors
and time columns are written and fsynced beyond the committed rows. What the transaction does not
count does not exist, so a batch is there as a whole or not at all.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from indexes import accelerator, schema
from indexes.batch import Batch, holds, text_no
from indexes.columns import TIME_COLUMNS, column, vector_column, vector_dtype
from indexes.files import Files
from indexes.known import DatabaseKnown
from indexes.lock import WriterLock
from rag_lifelong.errors import CorruptIndexError, EmbedderMismatchError, IndexStoreError
from rag_lifelong.ports import Appended, ChunkedDocument, Embedded, EmbeddingModel, StoreItem
from rag_lifelong.temporal import Clock, to_us
from rag_lifelong.types import Unchanged


class StoreWriter(DatabaseKnown):
    """Appends to a store; holds its write lock until closed.

    Raises:
        IndexLockedError: If another process is writing.
        CorruptIndexError: If the store is damaged.
    """

    def __init__(self, directory: Path, *, now: Clock, files: Files | None = None) -> None:
        self._directory = directory
        self._now = now
        self._files = files or Files()
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = WriterLock(directory / "writer.lock")
        try:
            path = directory / schema.DATABASE
            if not path.exists():
                _refuse_foreign(directory)
                schema.create(path)
                self._files.sync_directory(directory)
            self._db = schema.connect(path, write=True)
        except BaseException:
            self._lock.release()
            raise
        super().__init__(self._db)

    def close(self) -> None:
        """Give the lock back."""
        self._db.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def new_texts(self, documents: Iterable[ChunkedDocument]) -> list[str]:
        """The distinct chunk texts of the documents that the store has no vector of yet, in order.

        Documents whose revision is stored already contribute none.
        """
        found: dict[str, None] = {}
        for chunked in documents:
            if holds(self._db, chunked.document):
                continue
            for chunk in chunked.chunks:
                text = chunk.indexed_text
                if text not in found and text_no(self._db, text) is None:
                    found[text] = None
        return list(found)

    def commit(self, items: Sequence[StoreItem], embedded: Embedded | None = None) -> Appended:
        """Store a batch durably, or nothing of it.

        Args:
            items: Documents, redirects, and origins completed or gone, in order.
            embedded: Vectors of exactly `new_texts` of the batch's documents.

        Raises:
            EmbedderMismatchError: If the store's vectors come from another model.
            IndexStoreError: If the disk fails; the store stays as it was.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            batch = Batch(self._db, self._recorded_at())
            for item in items:
                batch.add(item)
            self._write_columns(batch, embedded)
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise IndexStoreError(
                    f"cannot write {self._directory / schema.DATABASE}: {error}",
                    hint="nothing of this batch was stored; free disk space and run again",
                ) from error
            raise
        return batch.appended

    def count_unchanged(self, item: Unchanged) -> int:
        """How many open documents an unchanged origin stands for."""
        row = self._db.execute(
            "SELECT count(*) FROM documents d WHERE origin = ? AND EXISTS (SELECT 1 FROM revisions"
            " r WHERE r.doc_no = d.doc_no AND NOT EXISTS"
            " (SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no))",
            (item.origin,),
        ).fetchone()
        return int(row[0])

    def seal(self) -> int:
        """Build FAISS indexes over newly full ranges of vectors; return how many were built."""
        generation = self._generation()
        if generation is None:
            return 0
        number, model = generation
        name = vector_column(number)
        vectors = column(self._directory, name, vector_dtype(model.dim)).read(self._rows(name))
        return accelerator.seal(self._files, self._directory, self._db, number, vectors)

    @property
    def embedding_model(self) -> EmbeddingModel | None:
        """What made the vectors; None while there are none."""
        generation = self._generation()
        return None if generation is None else generation[1]

    def _write_columns(self, batch: Batch, embedded: Embedded | None) -> None:
        for name, dtype in TIME_COLUMNS.items():
            self._append(name, np.array(batch.columns[name], dtype))
        n_vectors = 0 if embedded is None else len(embedded.vectors)
        if n_vectors != batch.n_new_texts:
            raise ValueError(f"{n_vectors} vectors for {batch.n_new_texts} new texts")
        if embedded is not None and n_vectors:
            number = self._use_generation(embedded.model)
            rows = np.ascontiguousarray(embedded.vectors, np.float32)
            self._append(vector_column(number), rows)

    def _append(self, name: str, rows: NDArray[Any]) -> None:
        at_row = self._rows(name)
        dtype = vector_dtype(rows.shape[1]) if rows.ndim == 2 else rows.dtype
        column(self._directory, name, dtype).append(self._files, at_row, rows)
        if at_row == 0 and len(rows):
            self._files.sync_directory(self._directory)
        self._db.execute(
            "INSERT INTO columns VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET rows = excluded.rows",
            (name, at_row + len(rows)),
        )

    def _rows(self, name: str) -> int:
        row = self._db.execute("SELECT rows FROM columns WHERE name = ?", (name,)).fetchone()
        return 0 if row is None else int(row[0])

    def _generation(self) -> tuple[int, EmbeddingModel] | None:
        row = self._db.execute(
            "SELECT generation, name, version, dtype, dim FROM generations "
            "ORDER BY generation DESC LIMIT 1"
        ).fetchone()
        return None if row is None else (int(row[0]), EmbeddingModel(*row[1:]))

    def _use_generation(self, model: EmbeddingModel) -> int:
        generation = self._generation()
        if generation is None:
            self._db.execute(
                "INSERT INTO generations VALUES (0, ?, ?, ?, ?)",
                (model.name, model.version, model.dtype, model.dim),
            )
            return 0
        number, stored = generation
        if stored != model:
            raise EmbedderMismatchError(
                f"the store's vectors come from {stored}, the embedder is {model}",
                hint="configure the store's embedder, or ingest into a new --store",
            )
        return number

    def _recorded_at(self) -> int:
        """Now, but after every earlier record: a clock set back must not reorder what was known."""
        last = 0
        for table, key in (("revisions", "rev_no"), ("closings", "closing_no")):
            row = self._db.execute(
                f"SELECT recorded_at FROM {table} ORDER BY {key} DESC LIMIT 1"
            ).fetchone()
            last = max(last, row[0] if row else 0)
        return max(to_us(self._now()), last + 1)


def _refuse_foreign(directory: Path) -> None:
    """Refuse to start a store among files that are not ours, or over one that lost its database."""
    others = sorted(f.name for f in directory.iterdir() if f.name != "writer.lock")
    if any(name.endswith(".column") for name in others):
        raise CorruptIndexError(
            f"{directory / schema.DATABASE} is missing beside its columns",
            hint="restore it from a backup, or ingest into a new --store",
        )
    if [name for name in others if not name.startswith(schema.DATABASE)]:
        raise IndexStoreError(
            f"{directory} holds other files ({others[0]}, ...) and no store",
            hint="name an empty or new directory with --store",
        )

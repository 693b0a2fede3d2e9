"""The one writer of a store: appends revisions, closings and vectors, a batch at a time.

Commit protocol: rows are inserted in one SQLite transaction; before it commits, the batch's vectors
and time columns are written and fsynced beyond the committed rows. What the transaction does not
count does not exist, so a batch is there as a whole or not at all.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexes import forgetting, generations, head, jobs, leftovers, rows, schema, sketches
from indexes.batch import Batch, holds, text_no
from indexes.columns import TIME_COLUMNS, column, vector_column, vector_dtype
from indexes.files import Files
from indexes.known import DatabaseKnown
from indexes.lock import WriterLock
from indexes.upkeep import Upkeep
from rag_lifelong.errors import CorruptIndexError, EmbedderMismatchError, IndexStoreError
from rag_lifelong.ports import Appended, ChunkedDocument, Embedded, EmbeddingModel, StoreItem
from rag_lifelong.temporal import Clock, to_us
from rag_lifelong.types import ChunkText, Receipt, Unchanged

_LOCK = "writer.lock"
_IO_ERROR = 10
"""SQLite's primary result code for a failed read, write or fsync (SQLITE_IOERR)."""


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
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexStoreError(f"cannot make {directory}: {error.strerror}") from error
        self._lock = WriterLock(directory / _LOCK)
        try:
            path = directory / schema.DATABASE
            if not path.exists():
                _refuse_foreign(directory)
                schema.create(path)
                self._files.sync_directory(directory)
                self._files.sync_directory(directory.absolute().parent)
            noted = head.read(directory)
            self._db = schema.connect(path, write=True)
        except BaseException:
            self._lock.release()
            raise
        super().__init__(self._db)
        self._upkeep = Upkeep(directory, self._db, self._files)
        try:
            head.check(directory, noted, int(rows.get_meta(self._db, "commits") or 0))
            with self._naming_failures():
                if forgetting.is_pending(self._db):
                    forgetting.carry_out(self._place, self._recorded_at())
                leftovers.reclaim(self._place)
            self._note_head()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the lock back."""
        self._upkeep.close()
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
        self._files.check()
        with self._naming_failures(), rows.transaction(self._db):
            batch = Batch(self._db, self._recorded_at())
            self._files.reached("begin")
            for item in items:
                batch.add(item)
            batch.finish()
            self._files.reached("rows inserted")
            self._write_columns(batch, embedded)
            self._files.reached("columns durable")
        self._files.reached("committed")
        self._note_head()
        return batch.appended

    def forget(self, doc_id: str) -> Receipt:
        """Destroy a document: its text, vectors and index entries, in every revision.

        Text that another document has too stays with that document.

        Raises:
            IndexStoreError: If the store does not hold it, or the disk fails; what was begun is
                finished by the next writer.
        """
        self._files.check()
        # A range being coded in the thread has read vectors that are to go: let it be named, and
        # so dropped; what could not be named is removed as a leftover.
        self._upkeep.tend(wait=True)
        with self._naming_failures():
            forgetting.note(self._place, doc_id)
            receipt = forgetting.carry_out(self._place, self._recorded_at())
            leftovers.reclaim(self._place)
        if receipt is None:
            raise AssertionError("a noted document was not carried out")
        self._note_head()
        return receipt

    def retry(self, origins: Sequence[str] | None) -> list[str]:
        """Make jobs due now: those of these origins, or by default all that were given up.

        Raises:
            IndexStoreError: If the disk fails.
        """
        self._files.check()
        with self._naming_failures(), rows.transaction(self._db):
            return jobs.retry(self._db, origins, self._recorded_at())

    def compact(self) -> None:
        """Give back what is not needed: old generations, stray files, free pages, a long log.

        Rebuilds whatever is derived and damaged. Readers go on undisturbed.
        """
        from indexes import compact  # noqa: PLC0415  (imports faiss)

        self._files.check()
        with self._naming_failures():
            self._upkeep.tend(wait=True)
            compact.run(self._place, self._upkeep)

    def copies(
        self, sketch: bytes, *, until: datetime, least: float, limit: int
    ) -> list[tuple[ChunkText, ...]]:
        """Chunks of stored documents with at least this estimated similarity, most similar first.

        Of documents with equal similarity the one stored first comes first. Those that hold only
        from after `until` are left out.
        """
        found = sketches.similar(self._db, sketch, until_us=to_us(until), least=least, limit=limit)
        return [self._chunk_texts(rev_no) for rev_no in found]

    def has_document(self, doc_id: str) -> bool:
        """Whether any revision of the document is stored."""
        row = self._db.execute("SELECT 1 FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
        return row is not None

    def _chunk_texts(self, rev_no: int) -> tuple[ChunkText, ...]:
        found = self._db.execute(
            'SELECT c.start, c."end", t.context, t.text FROM chunks c JOIN texts t USING (text_no) '
            "WHERE c.rev_no = ? ORDER BY c.ordinal",
            (rev_no,),
        )
        return tuple(ChunkText(*row) for row in found)

    def count_unchanged(self, item: Unchanged) -> int:
        """How many open documents an unchanged origin stands for."""
        row = self._db.execute(
            "SELECT count(*) FROM documents d WHERE origin = ? AND EXISTS (SELECT 1 FROM revisions"
            " r WHERE r.doc_no = d.doc_no AND NOT EXISTS"
            " (SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no))",
            (item.origin,),
        ).fetchone()
        return int(row[0])

    def upkeep(self) -> None:
        """Do what keeps searches fast and is due; long work goes to a thread."""
        self._upkeep.tend(wait=False)

    def seal(self) -> int:
        """Do all upkeep that is due and wait for it; return how many pieces of work were done."""
        return self._upkeep.tend(wait=True)

    @property
    def embedding_model(self) -> EmbeddingModel | None:
        """What made the vectors in use; None while there are none."""
        active = generations.active(self._db)
        return None if active is None else active.model

    def start_generation(self, model: EmbeddingModel) -> None:
        """Begin to move the store to another embedding model; searches stay with the old one."""
        with self._naming_failures(), rows.transaction(self._db):
            generations.start_filling(self._db, model)

    def texts_to_embed(self, model: EmbeddingModel, limit: int) -> list[str]:
        """The next texts that the model's generation lacks, in order; a forgotten one is empty."""
        return generations.texts_to_embed(self._db, model, limit)

    def backfill(self, embedded: Embedded) -> bool:
        """Store vectors of the next texts; True once the model has them all and is in use.

        Raises:
            IndexStoreError: If the disk fails; nothing of these vectors is stored then.
        """
        self._files.check()
        with self._naming_failures(), rows.transaction(self._db):
            is_complete = generations.backfill(self._place, embedded)
        self._note_head()
        return is_complete

    @property
    def _place(self) -> forgetting.Place:
        return forgetting.Place(self._directory, self._db, self._files)

    def _write_columns(self, batch: Batch, embedded: Embedded | None) -> None:
        for name, dtype in TIME_COLUMNS.items():
            new = np.array(batch.columns[name], dtype)
            column(self._directory, name, dtype).append(self._files, self._db, new)
        n_vectors = 0 if embedded is None else len(embedded.vectors)
        if n_vectors != batch.n_new_texts:
            raise ValueError(f"{n_vectors} vectors for {batch.n_new_texts} new texts")
        if embedded is not None and n_vectors:
            number = self._use_generation(embedded.model)
            vectors: NDArray[np.float32] = np.ascontiguousarray(embedded.vectors, np.float32)
            dtype = vector_dtype(vectors.shape[1])
            name = vector_column(number)
            column(self._directory, name, dtype).append(self._files, self._db, vectors)

    def _use_generation(self, model: EmbeddingModel) -> int:
        active = generations.active(self._db)
        if active is None:
            number = generations.start(self._db, model)
            rows.set_meta(self._db, "generation", number)
            return number
        if active.model != model:
            raise EmbedderMismatchError(
                f"the store's vectors come from {active.model}, the embedder is {model}",
                hint="configure the store's embedder, or move the store to the new one with "
                "`rag-lifelong reembed`",
            )
        return active.number

    @contextmanager
    def _naming_failures(self) -> Iterator[None]:
        """What fails in SQLite is told as an error of this store."""
        try:
            yield
        except sqlite3.OperationalError as error:
            path = self._directory / schema.DATABASE
            if error.sqlite_errorcode & 0xFF == _IO_ERROR:
                # It may have been an fsync: what is on disk is unknown.
                self._files.poison(f"I/O on {path} failed: {error}")
                hint = "check the disk, then reopen the store"
            else:
                hint = "nothing half-done was stored; free disk space and run again"
            raise IndexStoreError(f"cannot write {path}: {error}", hint=hint) from error

    def _note_head(self) -> None:
        head.write(self._files, self._directory, int(rows.get_meta(self._db, "commits")))
        self._files.reached("head written")

    def _recorded_at(self) -> int:
        """Now, but after every earlier record: a clock set back must not reorder what was known."""
        return max(to_us(self._now()), int(rows.get_meta(self._db, "last_recorded_at")) + 1)


def _refuse_foreign(directory: Path) -> None:
    """Refuse to start a store among files that are not ours, or over one that lost its database."""
    others = sorted(f.name for f in directory.iterdir() if f.name not in (_LOCK, head.NAME))
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

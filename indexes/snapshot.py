"""A snapshot: the store as of one commit, for searching and reading.

Holds one SQLite read transaction and maps the columns up to the counts it saw, so later commits
neither disturb it nor wait for it. Opening it takes the same time whatever the store holds.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from indexes import generations, head, jobs, lexical, rows, schema, telling, times
from indexes.batch import sha256_of
from indexes.columns import column, vector_column, vector_dtype
from indexes.known import DatabaseKnown
from indexes.validity import FOREVER_US, Passing, Validity, map_columns
from rag_lifelong.errors import CorruptIndexError
from rag_lifelong.ports import EmbeddingModel, Hit, StoreStatus
from rag_lifelong.temporal import Interval, Precision, from_us, to_us
from rag_lifelong.types import (
    Chunk,
    Dated,
    DateSource,
    Job,
    JobState,
    Ledger,
    Revision,
    TimeFilter,
    indexed_text,
)

if TYPE_CHECKING:
    from indexes.codes import SealedRange
    from indexes.dense import Nearest
    from indexes.device import Device

logger = logging.getLogger(__name__)

_OPEN_TRIES = 5
_KEPT_FILTERS = 4
"""Filters whose passing rows are kept: a question asks several searches about each of a few."""

_REVISION_FIELDS = (
    "d.doc_id, r.rev_no, r.revision_id, r.uri, r.title, r.date_start, r.date_end,"
    " r.date_precision, r.date_source, r.valid_from, r.recorded_at,"
    " (SELECT min(valid_to) FROM closings x WHERE x.rev_no = r.rev_no AND x.recorded_at <= ?)"
)
_HOLDS = "NOT EXISTS (SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no)"


class StoreSnapshot(DatabaseKnown):
    """Implements `ports.Snapshot` over a store directory.

    Args:
        directory: The store.
        device: A GPU to search long runs of rows on; by default the machine's, where it has one.

    Raises:
        IndexStoreError: If there is no store, or it is damaged.
    """

    def __init__(self, directory: Path, *, device: "Device | None" = None) -> None:
        self._directory = directory
        self._device = device
        noted = head.read(directory)
        self._db = schema.connect(directory / schema.DATABASE, write=False)
        super().__init__(self._db)
        self._passing: dict[TimeFilter, Passing] = {}
        try:
            with self._naming_damage():
                self._open(noted)
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

    @property
    def embedding_model(self) -> EmbeddingModel | None:
        """What made the vectors in use; None while there are none."""
        return None if self._generation is None else self._generation.model

    def search_dense(self, vector: NDArray[np.float32], time: TimeFilter, k: int) -> list[Hit]:
        """The k chunks of highest cosine among those that pass the filter, best first.

        Exact, whatever is sealed and however many pass: `dense` proves it.

        Raises:
            ValueError: If the vector is not one of the store's model.
        """
        if self._generation is None:
            return []
        vector = np.asarray(vector, np.float32)
        if vector.shape != (self._generation.model.dim,):
            raise ValueError(f"a vector of shape {vector.shape} for {self._generation.model}")
        with self._naming_damage():
            chosen = self._choose(time)
            near = self._nearest(chosen, vector, k)
            return self._hits(chosen, near.rows, near.scores)

    def search_lexical(self, query: str, time: TimeFilter, k: int) -> list[Hit]:
        """The k chunks of highest BM25 among those that pass the filter, best first."""
        with self._naming_damage():
            terms = lexical.query_terms(query)
            chosen = self._choose(time)
            n_words = np.asarray(self._columns.texts["n_words"])
            text_nos, scores = lexical.bm25(self._db, terms, chosen.text_nos, n_words)
            if len(scores) > k:
                least = np.partition(scores, -k)[-k]
                text_nos, scores = text_nos[scores >= least], scores[scores >= least]
            best = np.lexsort((text_nos, -scores))[:k]
            return self._hits(chosen, text_nos[best], scores[best])

    def vectors_of(self, chunk_nos: Sequence[int]) -> NDArray[np.float32]:
        """The stored vectors of chunks: shape [len(chunk_nos), dim]."""
        with self._naming_damage():
            text_nos = self._columns.chunks["text_no"][np.asarray(chunk_nos, np.int64)]
            return np.asarray(self._vectors[text_nos])

    def chunks(self, chunk_nos: Sequence[int], known_at: datetime | None) -> list[Chunk]:
        """The chunks of these numbers, in the order given, closed as was known at `known_at`."""
        known_us = FOREVER_US if known_at is None else to_us(known_at)
        with self._naming_damage():
            return [self._chunk(chunk_no, known_us) for chunk_no in chunk_nos]

    def also_at(self, chunk_no: int, time: TimeFilter) -> tuple[str, ...]:
        """Citations of the other documents that hold a chunk's text and pass the filter."""
        known_us = FOREVER_US if time.known_at is None else to_us(time.known_at)
        with self._naming_damage():
            passing = self._choose(time).revisions
            held = self._db.execute(
                "SELECT chunk_no, rev_no FROM chunks WHERE text_no = "
                "(SELECT text_no FROM chunks WHERE chunk_no = ?) ORDER BY chunk_no",
                (chunk_no,),
            ).fetchall()
            own = self._chunk(chunk_no, known_us)
            others = [
                self._chunk(other, known_us)
                for other, rev_no in held
                if other != chunk_no and passing[rev_no]
            ]
            cited = (other.citation for other in others if other.doc_id != own.doc_id)
            return tuple(dict.fromkeys(cited))

    def first_told(self, chunk_no: int, sentence: str, known_at: datetime | None) -> datetime:
        """From when on a chunk's document held a sentence of it, or any document its whole text."""
        known_us = FOREVER_US if known_at is None else to_us(known_at)
        with self._naming_damage():
            return from_us(telling.first(self._db, chunk_no, sentence, known_us))

    def documents(self, time: TimeFilter) -> Iterator[Revision]:
        """The revisions that pass the filter, in the order they were stored."""
        known_us = FOREVER_US if time.known_at is None else to_us(time.known_at)
        with self._naming_damage():
            for rev_no in self._choose(time).rev_nos.tolist():
                [found] = self._revisions("r.rev_no = ?", known_us, rev_no)
                yield found

    def history(self, doc_id: str, known_at: datetime | None) -> list[Revision]:
        """All revisions of a document by valid time, as was known at `known_at`.

        One that holds nowhere (`valid_to` is `valid_from`) was taken back by a later one.
        """
        known_us = FOREVER_US if known_at is None else to_us(known_at)
        with self._naming_damage():
            return self._revisions(
                "d.doc_id = ? AND r.recorded_at <= ? ORDER BY r.valid_from, r.rev_no",
                known_us, doc_id, known_us,
            )  # fmt: skip

    def chunks_of(self, revision: Revision, known_at: datetime | None = None) -> list[Chunk]:
        """The chunks of a revision, in order."""
        with self._naming_damage():
            numbers = self._db.execute(
                "SELECT c.chunk_no FROM chunks c JOIN revisions r USING (rev_no) "
                "JOIN documents d USING (doc_no) WHERE d.doc_id = ? AND r.revision_id = ? "
                "AND r.recorded_at = ? ORDER BY c.chunk_no",
                (revision.doc_id, revision.revision_id, to_us(revision.recorded_at)),
            )
            return self.chunks([chunk_no for (chunk_no,) in numbers.fetchall()], known_at)

    def redirect_target(self, title: str, time: TimeFilter) -> str | None:
        """The title that `title` (in any case) was last another name of in that time, or None."""
        window = time.as_of or time.between
        with self._naming_damage():
            row = self._db.execute(
                "SELECT target FROM redirects WHERE alias = ? AND valid_from < ? "
                "AND recorded_at <= ? ORDER BY valid_from DESC, target LIMIT 1",
                (
                    title,
                    FOREVER_US if window is None else to_us(window.end),
                    FOREVER_US if time.known_at is None else to_us(time.known_at),
                ),
            ).fetchone()
            return None if row is None else str(row[0])

    def status(self) -> StoreStatus:
        """Counts of what is stored."""
        with self._naming_damage():
            current, revisions, chunks, forgotten = self._db.execute(
                "SELECT (SELECT count(DISTINCT doc_no) FROM revisions r WHERE NOT EXISTS "
                "(SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no)),"
                " (SELECT count(*) FROM revisions), (SELECT count(*) FROM chunks),"
                " (SELECT coalesce(sum(texts), 0) FROM receipts)"
            ).fetchone()
            vectors = 0 if self._generation is None else len(self._vectors) - forgotten
            sources = self._db.execute(
                f"SELECT date_source, count(*) FROM revisions r WHERE {_HOLDS} "
                "GROUP BY date_source ORDER BY count(*) DESC, date_source"
            ).fetchall()
            [(contradicted,)] = self._db.execute(
                f"SELECT count(DISTINCT rev_no) FROM other_dates r WHERE {_HOLDS}"
            )
            [(every,)] = self._db.execute("SELECT count(*) FROM documents")
            states = dict(self._db.execute("SELECT state, count(*) FROM jobs GROUP BY state"))
            return StoreStatus(
                documents=int(current),
                ended=int(every - current),
                jobs_waiting=int(states.get(JobState.WAITING, 0)),
                jobs_dead=int(states.get(JobState.DEAD, 0)),
                revisions=int(revisions),
                chunks=int(chunks),
                vectors=int(vectors),
                store_bytes=_size(self._directory),
                date_sources=dict(sources),
                contradicted_dates=int(contradicted),
            )

    def jobs(self) -> list[Job]:
        """What could not be read, in order of the origins."""
        with self._naming_damage():
            return jobs.every(self._db)

    def ledger(self, now: datetime) -> Ledger:
        """What is to be done again, and what of it is due."""
        with self._naming_damage():
            return jobs.ledger(self._db, to_us(now))

    def _open(self, noted: int | None) -> None:
        for attempt in range(_OPEN_TRIES):
            self._db.execute("BEGIN")
            head.check(self._directory, noted, int(rows.get_meta(self._db, "commits")))
            self._counts: dict[str, int] = dict(self._db.execute("SELECT name, rows FROM columns"))
            self._generation = generations.active(self._db)
            try:
                self._map()
            except CorruptIndexError:
                # A column may have been removed by `compact` since the transaction began.
                if attempt == _OPEN_TRIES - 1:
                    raise
                self._db.execute("ROLLBACK")
            else:
                return

    def _map(self) -> None:
        self._columns = map_columns(self._directory, self._counts)
        if self._generation is not None:
            name = vector_column(self._generation.number)
            dtype = vector_dtype(self._generation.model.dim)
            self._vectors: NDArray[Any] = column(self._directory, name, dtype).read(
                self._counts.get(name, 0)
            )

    def _choose(self, time: TimeFilter) -> Passing:
        if time not in self._passing:
            if len(self._passing) >= _KEPT_FILTERS:
                self._passing.pop(next(iter(self._passing)))
            self._passing[time] = self._validity.passing(time)
        return self._passing[time]

    @cached_property
    def _validity(self) -> Validity:
        return Validity(self._columns, times.load(self._directory, self._db))

    def _nearest(self, chosen: Passing, vector: NDArray[np.float32], k: int) -> "Nearest":
        # faiss takes a tenth of a second to import: not for a status or a lexical search.
        from indexes import codes, dense, device  # noqa: PLC0415

        searcher = self._device or device.default()
        while True:
            parts = dense.plan(self._vectors, chosen.text_nos, self._sealed, searcher)
            try:
                return dense.search(parts, self._vectors, vector, k)
            except codes.DamagedRangeError as error:
                logger.warning("%s; its rows are scanned exactly", error)
                codes.forget_mapped()
                self._sealed = [one for one in self._sealed if one.path != error.path]

    @cached_property
    def _sealed(self) -> "list[SealedRange]":
        generation = self._generation
        if generation is None:
            return []
        from indexes import codes  # noqa: PLC0415

        ranges = codes.stored(self._directory, self._db, generation.number, generation.model.dim)
        return codes.usable(ranges, len(self._vectors))

    def _hits(
        self, chosen: Passing, text_nos: NDArray[np.int64], scores: NDArray[np.float64]
    ) -> list[Hit]:
        """Hits for texts, each in its newest passing chunk."""
        pairs = zip(text_nos.tolist(), scores.tolist(), strict=True)
        return [Hit(self._newest_chunk(text_no, chosen), score) for text_no, score in pairs]

    def _newest_chunk(self, text_no: int, chosen: Passing) -> int:
        held = self._db.execute("SELECT chunk_no, rev_no FROM chunks WHERE text_no = ?", (text_no,))
        starts = self._columns.revisions["valid_from"]
        passing = [
            (int(starts[rev_no]), chunk_no) for chunk_no, rev_no in held if chosen.revisions[rev_no]
        ]
        if not passing:
            raise CorruptIndexError(
                f"text {text_no} of {self._directory} is in no chunk that holds",
                hint="see what is damaged with `rag-lifelong verify`",
            )
        return int(max(passing)[1])

    def _revisions(self, condition: str, known_us: int, *values: object) -> list[Revision]:
        found = self._db.execute(
            f"SELECT {_REVISION_FIELDS}, (SELECT count(*) FROM chunks c WHERE c.rev_no = r.rev_no),"
            f" d.doc_no FROM revisions r JOIN documents d USING (doc_no) WHERE {condition}",
            (known_us, *values),
        )
        return [self._revision(row, known_us) for row in found.fetchall()]

    def _revision(self, row: tuple[Any, ...], known_us: int) -> Revision:
        (doc_id, rev_no, revision_id, uri, title, date_start, date_end, precision, source,
         valid_from, recorded_at, valid_to, n_chunks, doc_no) = row  # fmt: skip
        return Revision(
            doc_id=doc_id,
            revision_id=revision_id,
            uri=self._moved(uri, doc_no, recorded_at, known_us),
            title=title,
            date=_dated(date_start, date_end, precision, source),
            valid_from=from_us(valid_from),
            valid_to=None if valid_to is None else from_us(valid_to),
            recorded_at=from_us(recorded_at),
            n_chunks=n_chunks,
            other_dates=tuple(
                _dated(*other)
                for other in self._db.execute(
                    "SELECT date_start, date_end, date_precision, date_source FROM other_dates "
                    "WHERE rev_no = ? ORDER BY ordinal",
                    (rev_no,),
                )
            ),
        )

    def _moved(self, uri: str, doc_no: int, recorded_us: int, known_us: int) -> str:
        """Where a revision read at `uri` was to be found, as known then."""
        moves = self._db.execute(
            "SELECT origin, moved_to FROM moves WHERE doc_no = ? AND recorded_at > ? "
            "AND recorded_at <= ? ORDER BY move_no",
            (doc_no, recorded_us, known_us),
        )
        for origin, moved_to in moves:
            if uri.startswith(origin):
                uri = moved_to + uri[len(origin) :]
        return uri

    def _chunk(self, chunk_no: int, known_us: int) -> Chunk:
        row = self._db.execute(
            f'SELECT {_REVISION_FIELDS}, 0, d.doc_no, c.ordinal, c.start, c."end", t.context, '
            "t.text, t.sha256, coalesce((SELECT fragment FROM locators l "
            "WHERE l.chunk_no = c.chunk_no), '') FROM chunks c JOIN revisions r USING (rev_no) "
            "JOIN documents d USING (doc_no) JOIN texts t USING (text_no) WHERE c.chunk_no = ?",
            (known_us, chunk_no),
        ).fetchone()
        if row is None:
            raise CorruptIndexError(
                f"chunk {chunk_no} of {self._directory} has no row",
                hint="see what is damaged with `rag-lifelong verify`",
            )
        of = self._revision(row[:14], known_us)
        ordinal, start, end, context, text, sha256, locator = row[14:]
        if sha256_of(indexed_text(context, text)) != sha256:
            raise CorruptIndexError(
                f"the text of chunk {chunk_no} of {self._directory} does not match its checksum",
                hint="restore the store from a backup",
            )
        return Chunk(
            chunk_id=f"{row[1]}.{ordinal}",
            doc_id=of.doc_id,
            revision_id=of.revision_id,
            uri=of.uri,
            title=of.title,
            context=context,
            text=text,
            span=(start, end),
            locator=locator,
            date=of.date,
            valid_from=of.valid_from,
            valid_to=of.valid_to,
            recorded_at=of.recorded_at,
        )

    @contextmanager
    def _naming_damage(self) -> Iterator[None]:
        """Whatever damaged bytes lead to is told as damage of this store."""
        try:
            yield
        except (sqlite3.Error, UnicodeError, OverflowError, ValueError, TypeError, LookupError,
                ArithmeticError, MemoryError, OSError) as error:  # fmt: skip
            raise CorruptIndexError(
                f"{self._directory} cannot be read: {error}",
                hint="see what is damaged with `rag-lifelong verify`",
            ) from error


def _dated(start: int, end: int, precision: str, source: str) -> Dated:
    interval = Interval(from_us(start), from_us(end))
    return Dated(interval, Precision(precision), DateSource(source))


def _size(directory: Path) -> int:
    """Bytes of a directory's files, some of which may be going."""
    total = 0
    for path in directory.iterdir():
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total

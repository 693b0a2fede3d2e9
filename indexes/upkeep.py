"""Derived structures kept in step with the truth: postings merged, ranges sealed, times indexed.

Nothing here changes an answer; it changes what an answer costs. Ranges are coded in a thread while
commits go on, and named in the database once their file is durable. Not enough disk for any of it
is a warning, not a failure.
"""

import logging
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes import columns, postings, rows, tiers, times
from indexes.columns import column, n_rows, vector_column, vector_dtype
from indexes.files import FilePoisonedError, Files
from indexes.validity import map_columns, valid_to
from rag_lifelong.errors import IndexStoreError

logger = logging.getLogger(__name__)


class Upkeep:
    """Keeps the derived structures of one open store."""

    def __init__(self, directory: Path, db: sqlite3.Connection, files: Files) -> None:
        self._directory = directory
        self._db = db
        self._files = files
        self._pool: ThreadPoolExecutor | None = None
        self._building: Future[tuple[Any, ...]] | None = None

    def tend(self, *, wait: bool) -> int:
        """Do what is due; return how many pieces of work were finished.

        Args:
            wait: Whether to finish sealing, or to leave it to a thread and a later call.
        """
        try:
            done = postings.merge(self._db) + self._index_times()
            return done + self._seal(wait=wait)
        except FilePoisonedError:
            raise
        except (IndexStoreError, sqlite3.OperationalError) as error:
            logger.warning("upkeep was put off: %s", error)
            return 0

    def close(self) -> None:
        """Wait for the thread and let it go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def rebuild_times(self) -> None:
        """Build the time index anew, whatever there is."""
        counts = dict(self._db.execute("SELECT name, rows FROM columns"))
        mapped = map_columns(self._directory, counts)
        if len(mapped.revisions):
            made = times.build(mapped, valid_to(mapped))
            times.save(self._files, self._directory, self._db, made, len(mapped.closings))

    def _index_times(self) -> int:
        found = times.stored(self._db)
        indexed = (0, 0) if found is None else (found[1], found[2])
        revisions, closings = n_rows(self._db, "revisions"), n_rows(self._db, "closings")
        if not times.is_due(indexed, revisions, closings):
            return 0
        self.rebuild_times()
        return 1

    def _seal(self, *, wait: bool) -> int:
        done = 0
        while True:
            if self._building is not None:
                if not wait and not self._building.done():
                    return done
                building, self._building = self._building, None
                rows.replace(self._db, "sealed_ranges", *building.result())
                self._files.reached("sealed")
                done += 1
            if not self._start_next():
                return done

    def _start_next(self) -> bool:
        """Start to code the next range that is due; False where there is none."""
        generation = rows.get_meta(self._db, "generation")
        if generation is None:
            return False
        name = vector_column(generation)
        n = n_rows(self._db, name)
        wanted = tiers.cover(n)
        if not wanted:
            return False
        from indexes import codes  # noqa: PLC0415  (faiss, which a small store need not load)

        dim = self._db.execute(
            "SELECT dim FROM generations WHERE generation = ?", (generation,)
        ).fetchone()[0]
        have = {
            (one.lo, one.hi)
            for one in codes.stored(self._directory, self._db, generation, dim)
            if one.path.exists()
        }
        missing = [one for one in wanted if one not in have]
        if not missing:
            for lo, hi in have - set(wanted):
                self._drop(generation, lo, hi)
            return False
        lo, hi = missing[0]
        vectors = column(self._directory, name, vector_dtype(dim)).read(n)[lo:hi]
        valid_from = self._first_times(lo, hi)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="seal")
        self._building = self._pool.submit(self._build, generation, lo, vectors, valid_from)
        return True

    def _build(
        self, generation: int, lo: int, vectors: NDArray[np.float32], valid_from: NDArray[np.int64]
    ) -> tuple[Any, ...]:
        """Write the file of a range; return its row."""
        from indexes import codes  # noqa: PLC0415

        made = codes.build(lo, vectors, valid_from)
        file = codes.file_name(generation, made.lo, made.hi)
        self._files.replace(self._directory / file, made.data)
        return generation, made.lo, made.hi, file, made.error, made.block_crcs

    def _first_times(self, lo: int, hi: int) -> NDArray[np.int64]:
        """When each of the texts [lo, hi) began to hold, in the first chunk that had it."""
        valid_from = np.zeros(hi - lo, np.int64)
        found = self._db.execute(
            # With min(), SQLite takes the other values from the row that has the minimum.
            "SELECT text_no, rev_no, min(chunk_no) FROM chunks WHERE text_no >= ? AND text_no < ? "
            "GROUP BY text_no",
            (lo, hi),
        ).fetchall()
        if found:
            text_no, rev_no, _ = np.array(found, np.int64).T
            revisions = column(self._directory, "revisions", columns.REVISIONS).read(
                n_rows(self._db, "revisions")
            )
            valid_from[text_no - lo] = revisions["valid_from"][rev_no]
        return valid_from

    def _drop(self, generation: int, lo: int, hi: int) -> None:
        """Take back a range that a larger one holds now."""
        from indexes import codes  # noqa: PLC0415

        self._db.execute(
            "DELETE FROM sealed_ranges WHERE generation = ? AND lo = ? AND hi = ?",
            (generation, lo, hi),
        )
        self._files.remove(self._directory / codes.file_name(generation, lo, hi))

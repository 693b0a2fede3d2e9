"""The time index: revisions in order of valid time, so that a window costs its length.

A derived file: seven int64 columns of one row a revision, with every closing known when it was
built. Rows stand by how long they hold (in classes a factor of 4 wide), and by `valid_from` in each
class: what overlaps a window is then one run of rows in every class, at most the class's longest
duration wider than the window, however many others hold for ever.

Newer revisions and closings are a tail that is looked through row by row; once the tail outgrows an
eighth of the index, the index is rebuilt, so that a row is rewritten about nine times however large
the store grows. Without the file, all is tail: slower, not different.
"""

import logging
import sqlite3
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes import rows
from indexes.files import Files

logger = logging.getLogger(__name__)

TAIL_SHARE = 1 / 8
MIN_TAIL = 8_192
"""The index is rebuilt when more rows than this, and than that share of it, are outside it."""
_FEW_ROWS = 16_384
_CLASS_BITS = 2
"""Durations of a class differ by at most this power of two."""

Int64s = NDArray[np.int64]


@dataclass(frozen=True)
class TimeIndex:
    """An index over the first `revisions` revisions with the first `closings` closings."""

    revisions: int
    closings: int
    data: Int64s
    """valid_from, valid_to, recorded_at, rev_no, doc_no, first_chunk, n_chunks: [7, revisions]."""

    @property
    def valid_to(self) -> Int64s:
        """As of the closings folded in: [revisions]."""
        return np.asarray(self.data[1])

    @property
    def rev_no(self) -> Int64s:
        """Which revision each row is: [revisions]."""
        return np.asarray(self.data[3])

    @cached_property
    def n_chunks(self) -> int:
        """Chunks of all the revisions indexed: the tail's come after them."""
        return int(self.data[6].sum())

    @cached_property
    def position(self) -> Int64s:
        """Row of each revision number: [revisions]."""
        position = np.empty(self.revisions, np.int64)
        position[self.rev_no] = np.arange(self.revisions)
        return position

    @cached_property
    def _runs(self) -> list[tuple[int, int, int]]:
        """(first row, end, longest duration) of each class of durations."""
        valid_from, valid_to = self.data[:2]
        duration = valid_to - valid_from
        edges = np.flatnonzero(np.diff(_duration_class(duration))) + 1
        bounds = [0, *edges.tolist(), self.revisions]
        return [(a, b, int(duration[a:b].max())) for a, b in pairwise(bounds) if a < b]

    def reaching(self, low: int, high: int) -> list[slice | Int64s]:
        """Parts with all rows that start before `high` and few of those that end by `low`."""
        found = []
        for first, end, longest in self._runs:
            starts = self.data[0, first:end]
            # A row that still holds at `low` began less than the longest duration before it.
            a, b = np.searchsorted(starts, (low - longest, high))
            found.append((first + int(a), first + int(b)))
        found = [(a, b) for a, b in found if a < b]
        if sum(b - a for a, b in found) < _FEW_ROWS:
            # Few rows are sooner put together than looked at run by run.
            return [np.concatenate([np.arange(a, b) for a, b in found])] if found else []
        return [slice(a, b) for a, b in found]


NO_INDEX = TimeIndex(0, 0, np.empty((7, 0), np.int64))


def build(columns: Any, valid_to: Int64s) -> Int64s:
    """The index over whole columns (`validity.TimeColumns`), given each revision's end."""
    revisions = columns.revisions
    valid_from = np.ascontiguousarray(revisions["valid_from"])
    order = np.lexsort((valid_from, _duration_class(valid_to - valid_from)))
    edges = np.searchsorted(
        np.ascontiguousarray(columns.chunks["rev_no"]), np.arange(len(revisions) + 1)
    )
    made = (
        valid_from, valid_to, revisions["recorded_at"], np.arange(len(order)), revisions["doc_no"],
        edges[:-1], np.diff(edges),
    )  # fmt: skip
    return np.stack([one[order] for one in made]).astype(np.int64)


def _duration_class(duration: Int64s) -> NDArray[np.int32]:
    """Ascending with the duration; what was taken back (none or less) is of the lowest."""
    return (np.log2(np.maximum(duration, 1)) / _CLASS_BITS).astype(np.int32)


def is_due(index: tuple[int, int], revisions: int, closings: int) -> bool:
    """Whether an index over that many (revisions, closings) has too long a tail."""
    indexed = sum(index)
    return revisions + closings - indexed > max(MIN_TAIL, TAIL_SHARE * indexed)


def stored(db: sqlite3.Connection) -> tuple[str, int, int, int] | None:
    """(file, revisions, closings, crc) of the index the database names."""
    row = db.execute("SELECT file, revisions, closings, file_crc FROM time_index").fetchone()
    return None if row is None else row


def save(
    files: Files, directory: Path, db: sqlite3.Connection, made: Int64s, closings: int
) -> None:
    """Write an index and name it in the database in place of the one before."""
    before = stored(db)
    revisions = made.shape[1]
    file = f"times-{revisions}-{closings}-{rows.get_meta(db, 'commits')}.index"
    data = made.tobytes()
    files.replace(directory / file, data)
    with rows.transaction(db):
        db.execute("DELETE FROM time_index")
        rows.insert(db, "time_index", file, revisions, closings, zlib.crc32(data))
    if before is not None and before[0] != file:
        files.remove(directory / before[0])


def load(directory: Path, db: sqlite3.Connection) -> TimeIndex:
    """The index, or `NO_INDEX` where there is none or it is damaged."""
    found = stored(db)
    if found is None:
        return NO_INDEX
    file, revisions, closings, crc = found
    try:
        return _load(directory / file, revisions, closings, crc)
    except (OSError, ValueError) as error:
        logger.warning("%s; times are looked up without it", error)
        return NO_INDEX


def forget_loaded() -> None:
    """Read files anew from now on."""
    _load.cache_clear()


@lru_cache(maxsize=4)
def _load(path: Path, revisions: int, closings: int, crc: int) -> TimeIndex:
    # Files of an index are never changed, so a process checks each of them once.
    data = np.memmap(path, np.int64, mode="r", shape=(7, revisions))
    if zlib.crc32(data.data) != crc or path.stat().st_size != data.nbytes:
        raise ValueError(f"{path} does not match its checksum")
    return TimeIndex(revisions, closings, np.asarray(data))

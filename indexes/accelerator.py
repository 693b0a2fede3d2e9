"""FAISS indexes over sealed ranges of vector rows: derived, checksummed, never the truth.

A range of rows is sealed once it is full; its vectors never change again, so its index is built
once. A missing or damaged index costs time, not answers: the range is scanned exactly instead.
"""

import hashlib
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.backend import faiss
from indexes.files import Files

logger = logging.getLogger(__name__)

RANGE_ROWS = 65_536
"""Rows of a sealed range: 96 MiB of float32, 24 MiB as 8-bit codes."""


@dataclass(frozen=True, slots=True)
class SealedRange:
    """An 8-bit scalar-quantised index over rows [lo, hi)."""

    lo: int
    hi: int
    index: Any

    def candidates(
        self, rows: NDArray[np.int64], query: NDArray[np.float32], k: int
    ) -> NDArray[np.int64]:
        """About the k best of `rows` (all inside the range), unordered."""
        parameters = None
        if len(rows) < self.hi - self.lo:
            bits = np.zeros(self.hi - self.lo, np.bool_)
            bits[rows - self.lo] = True
            packed = np.packbits(bits, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(packed))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        _, found = self.index.search(query[None], k, params=parameters)
        hits = found[0][found[0] >= 0] + self.lo
        return np.asarray(hits, np.int64)


def seal(
    files: Files,
    directory: Path,
    db: sqlite3.Connection,
    generation: int,
    vectors: NDArray[np.float32],
) -> int:
    """Build the indexes of all full ranges that have none; return how many were built."""
    built = 0
    known = {lo for (lo,) in _rows(db, generation, "lo")}
    for lo in range(0, len(vectors) - RANGE_ROWS + 1, RANGE_ROWS):
        if lo in known and (directory / _file(generation, lo)).exists():
            continue
        block = np.ascontiguousarray(vectors[lo : lo + RANGE_ROWS])
        index = faiss.IndexScalarQuantizer(
            block.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        index.train(block)
        index.add(block)
        data = faiss.serialize_index(index).tobytes()
        files.replace(directory / _file(generation, lo), data)
        db.execute(
            "INSERT OR REPLACE INTO accelerators VALUES (?, ?, ?, ?, ?)",
            (generation, lo, lo + RANGE_ROWS, _file(generation, lo), hashlib.sha256(data).digest()),
        )
        built += 1
    return built


def load(directory: Path, db: sqlite3.Connection, generation: int, rows: int) -> list[SealedRange]:
    """The sound indexes of ranges below `rows`, ascending; a damaged one is left out."""
    found = []
    for lo, hi, file, sha256 in _rows(db, generation, "lo, hi, file, sha256"):
        if hi > rows:
            continue
        path = directory / file
        data = path.read_bytes() if path.exists() else b""
        # faiss reads an index with flipped bits without complaint, so the checksum decides.
        if hashlib.sha256(data).digest() != sha256:
            logger.warning("%s is missing or damaged; its rows are scanned exactly", path)
            continue
        index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
        found.append(SealedRange(lo, hi, index))
    return found


def _rows(db: sqlite3.Connection, generation: int, fields: str) -> list[tuple[Any, ...]]:
    return db.execute(
        f"SELECT {fields} FROM accelerators WHERE generation = ? ORDER BY lo", (generation,)
    ).fetchall()


def _file(generation: int, lo: int) -> str:
    return f"vectors-{generation}-{lo:012d}.sq8"

"""Sealed ranges: 8-bit codes of vector rows [lo, hi), derived, checksummed, never the truth.

Rows are coded with FAISS's scalar quantizer and stand in order of valid time, so that a window is a
run of rows and costs its length. The largest distance between a row and its code bounds how far a
score read from codes can be off, which is what lets `dense` prove that it missed nothing. A missing
or damaged file costs time, not answers: its rows are scanned exactly until it is built again.

File: `order` int32 [n] (range row of each sorted row), `position` int32 [n] (its inverse), the
trained quantizer float32 [2 x dim], codes uint8 [n, dim]. It is mapped, not read; each block of
`BLOCK_BYTES` is checked against its CRC-32 when a process first touches it.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.backend import faiss

BLOCK_BYTES = 1 << 20

Vectors = NDArray[np.float32]
Int64s = NDArray[np.int64]


class DamagedRangeError(Exception):
    """A sealed file does not match its checksums."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}")
        self.path = path


@dataclass(frozen=True)
class Built:
    """The contents of a sealed file before it is one."""

    lo: int
    hi: int
    data: bytes
    error: float

    @property
    def block_crcs(self) -> bytes:
        """CRC-32 of each block: uint32 [blocks]."""
        view = memoryview(self.data)
        crcs = [zlib.crc32(view[at : at + BLOCK_BYTES]) for at in range(0, len(view), BLOCK_BYTES)]
        return np.array(crcs, "<u4").tobytes()


def build(lo: int, vectors: Vectors, valid_from: Int64s) -> Built:
    """Code rows `lo, lo + 1, …`, sorted by their time: [n, dim] and [n]."""
    order = np.argsort(valid_from, kind="stable").astype("<i4")
    position = np.empty_like(order)
    position[order] = np.arange(len(order), dtype="<i4")
    quantizer = faiss.ScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit)
    quantizer.train(np.ascontiguousarray(vectors))
    codes = np.empty((len(order), quantizer.code_size), np.uint8)
    error = 0.0
    for at in range(0, len(order), 8_192):
        block = np.ascontiguousarray(vectors[order[at : at + 8_192]])
        codes[at : at + len(block)] = quantizer.compute_codes(block)
        decoded = quantizer.decode(codes[at : at + len(block)])
        error = max(error, float(np.linalg.norm(block - decoded, axis=1).max()))
    trained = faiss.vector_to_array(quantizer.trained).astype("<f4")
    data = order.tobytes() + position.tobytes() + trained.tobytes() + codes.tobytes()
    return Built(lo, lo + len(order), data, error)


@dataclass(frozen=True)
class SealedRange:
    """The codes of rows [lo, hi), mapped."""

    lo: int
    hi: int
    dim: int
    error: float
    """Largest L2 distance between a row and what its code decodes to."""
    block_crcs: bytes
    path: Path

    def __len__(self) -> int:
        return self.hi - self.lo

    @cached_property
    def _data(self) -> NDArray[np.uint8]:
        try:
            data = np.memmap(self.path, np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise DamagedRangeError(self.path, f"cannot be mapped: {error}") from error
        if len(data) != len(self) * (8 + self.dim) + 8 * self.dim:
            raise DamagedRangeError(self.path, f"has {len(data)} bytes")
        return data

    @cached_property
    def _unchecked(self) -> NDArray[np.bool_]:
        return np.ones(-(-len(self._data) // BLOCK_BYTES), np.bool_)

    @cached_property
    def _header(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Vectors]:
        n = len(self)
        head = self._checked(0, 8 * n + 8 * self.dim)
        order, position = head[: 8 * n].view("<i4").reshape(2, n)
        return order, position, head[8 * n :].view("<f4")

    @property
    def order(self) -> NDArray[np.int32]:
        """Which row of the range each sorted row is: [n]."""
        return self._header[0]

    @property
    def position(self) -> NDArray[np.int32]:
        """Where each row of the range stands in the sorted order: [n]."""
        return self._header[1]

    def codes(self, start: int, end: int) -> NDArray[np.uint8]:
        """Codes of the sorted rows [start, end): [end - start, dim]."""
        at = 8 * len(self) + 8 * self.dim
        found = self._checked(at + start * self.dim, at + end * self.dim)
        return found.reshape(end - start, self.dim)

    @cached_property
    def quantizer(self) -> Any:
        """The trained `faiss.ScalarQuantizer`."""
        made = faiss.ScalarQuantizer(self.dim, faiss.ScalarQuantizer.QT_8bit)
        faiss.copy_array_to_vector(np.ascontiguousarray(self._header[2]), made.trained)
        return made

    @cached_property
    def _scanners(self) -> tuple[list[Any], list[Any]]:
        return [], []

    @contextmanager
    def scanner(self, selector: Any) -> Iterator[Any]:
        """A `faiss.InvertedListScanner` of the caller's own, with a selector or None.

        FAISS's Python wrapper does not free a scanner, so they are kept and lent again.
        """
        store_pairs = False
        kept = self._scanners[selector is not None]
        try:
            lent = kept.pop()
            lent.sel = selector
        except IndexError:
            lent = self.quantizer.select_InvertedListScanner(
                faiss.METRIC_INNER_PRODUCT, None, store_pairs, selector
            )
        try:
            yield lent
        finally:
            kept.append(lent)

    def check(self) -> None:
        """Check every block.

        Raises:
            DamagedRangeError: If one does not match.
        """
        self._checked(0, len(self._data))

    def _checked(self, start: int, end: int) -> NDArray[np.uint8]:
        crcs = np.frombuffer(self.block_crcs, "<u4")
        if len(crcs) != len(self._unchecked):
            raise DamagedRangeError(self.path, f"has {len(self._unchecked)} blocks")
        first, last = start // BLOCK_BYTES, -(-end // BLOCK_BYTES)
        for block in (np.flatnonzero(self._unchecked[first:last]) + first).tolist():
            content = self._data[block * BLOCK_BYTES : (block + 1) * BLOCK_BYTES]
            if zlib.crc32(content.data) != crcs[block]:
                raise DamagedRangeError(self.path, f"is damaged at byte {block * BLOCK_BYTES}")
            self._unchecked[block] = False
        return self._data[start:end]


def file_name(generation: int, lo: int, hi: int) -> str:
    """Name of the file of a range."""
    return f"codes-{generation}-{lo:012d}-{hi:012d}.sq8"


def stored(
    directory: Path, db: sqlite3.Connection, generation: int, dim: int
) -> Iterator[SealedRange]:
    """The ranges the database names, ascending, the larger first where two start together."""
    for lo, hi, file, error, crcs in db.execute(
        "SELECT lo, hi, file, error, block_crcs FROM sealed_ranges WHERE generation = ? "
        "ORDER BY lo, hi DESC",
        (generation,),
    ):
        if Path(file).name == file and 0 <= lo < hi:
            yield _mapped(lo, hi, dim, error, crcs, directory / file)


def usable(ranges: Iterator[SealedRange], n_rows: int) -> list[SealedRange]:
    """Ranges that are there, lie within `n_rows` rows and do not overlap."""
    found: list[SealedRange] = []
    for one in ranges:
        free = one.lo >= (found[-1].hi if found else 0)
        if free and one.hi <= n_rows and one.path.exists():
            found.append(one)
    return found


def forget_mapped() -> None:
    """Map files anew from now on, because one of them is damaged or was replaced."""
    _mapped.cache_clear()


@lru_cache(maxsize=256)
def _mapped(lo: int, hi: int, dim: int, error: float, crcs: bytes, path: Path) -> SealedRange:
    # A process keeps ranges mapped and checked from one snapshot to the next.
    return SealedRange(lo, hi, dim, error, crcs, path)

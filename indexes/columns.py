"""Append-only columns of fixed-width rows beside the database.

A row counts once the database says so; rows beyond the committed count are what a crash left and
are overwritten by the next append. Each block of a mebibyte has a checksum in the database. Knows
nothing about what a row means.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes import rows as checked
from indexes.files import Files
from rag_lifelong.errors import CorruptIndexError

REVISIONS = np.dtype([("doc_no", "<i8"), ("valid_from", "<i8"), ("recorded_at", "<i8")])
CLOSINGS = np.dtype([("rev_no", "<i8"), ("valid_to", "<i8"), ("recorded_at", "<i8")])
CHUNKS = np.dtype([("rev_no", "<i4"), ("text_no", "<i4")])
TEXTS = np.dtype([("n_words", "<i4")])

TIME_COLUMNS = {"revisions": REVISIONS, "closings": CLOSINGS, "chunks": CHUNKS, "texts": TEXTS}
"""What a time filter needs of each table, as numbers that can be mapped into memory."""

BLOCK_BYTES = 1 << 20
"""Bytes that share a checksum."""


def vector_dtype(dim: int) -> np.dtype[Any]:
    """A row of float32 [dim]."""
    return np.dtype(("<f4", (dim,)))


def vector_column(generation: int) -> str:
    """Name of the column of one embedding generation."""
    return f"vectors-{generation}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column file."""

    directory: Path
    name: str
    dtype: np.dtype[Any]

    @property
    def path(self) -> Path:
        """The file."""
        return self.directory / f"{self.name}.column"

    def append(self, files: Files, db: sqlite3.Connection, new: NDArray[Any]) -> None:
        """Write rows durably after the committed ones and count them in the open transaction."""
        at_row = n_rows(db, self.name)
        offset = at_row * self.dtype.itemsize
        if len(new):
            data = new.tobytes()
            files.append(self.path, offset, data)
            if at_row == 0:
                files.sync_directory(self.directory)
            self._add_checksums(db, offset, data)
        checked.replace(db, "columns", self.name, at_row + len(new))

    def overwrite(
        self, files: Files, db: sqlite3.Connection, at: NDArray[np.int64], row: NDArray[Any]
    ) -> None:
        """Put `row` at each of the rows `at`, durably; checksums follow in the open transaction."""
        data = row.tobytes()
        for number in at.tolist():
            files.overwrite(self.path, number * self.dtype.itemsize, data)
        size = n_rows(db, self.name) * self.dtype.itemsize
        for block in sorted({n * self.dtype.itemsize // BLOCK_BYTES for n in at.tolist()} | {
            ((n + 1) * self.dtype.itemsize - 1) // BLOCK_BYTES for n in at.tolist()
        }):  # fmt: skip
            length = min(BLOCK_BYTES, size - block * BLOCK_BYTES)
            content = self._bytes(block * BLOCK_BYTES, length)
            _put_block(db, self.name, block, length, zlib.crc32(content))

    def read(self, rows: int) -> NDArray[Any]:
        """The first `rows` rows, mapped into memory, read-only: shape [rows] or [rows, dim].

        Raises:
            CorruptIndexError: If the file is shorter than that.
        """
        if rows == 0:
            # The base type, as a mapped column has it, so that a row of no rows has its width.
            base, shape = self.dtype.subdtype or (self.dtype, ())
            return np.empty((0, *shape), base)
        size = self.path.stat().st_size if self.path.exists() else 0
        if rows < 0 or size < rows * self.dtype.itemsize:
            raise CorruptIndexError(
                f"{self.path} has {size} bytes, the store committed {rows * self.dtype.itemsize}",
                hint="restore the store from a backup",
            )
        if self.dtype.subdtype is None:
            return np.asarray(np.memmap(self.path, self.dtype, mode="r", shape=(rows,)))
        base, shape = self.dtype.subdtype
        # A plain array over the map: numpy's own subclass costs time at every slice.
        return np.asarray(np.memmap(self.path, base, mode="r", shape=(rows, *shape)))

    def damaged_blocks(self, db: sqlite3.Connection) -> Iterator[tuple[int, str]]:
        """(first byte, what is wrong) of each block that does not hold what was committed."""
        size = n_rows(db, self.name) * self.dtype.itemsize
        known = {
            block: (length, crc)
            for block, length, crc in db.execute(
                "SELECT block, bytes, crc FROM blocks WHERE name = ?", (self.name,)
            )
        }
        if len(known) != -(-size // BLOCK_BYTES):
            yield 0, f"{len(known)} block checksums for {size} bytes"
        for block in range(-(-size // BLOCK_BYTES)):
            start = block * BLOCK_BYTES
            length = min(BLOCK_BYTES, size - start)
            content = self._bytes(start, length)
            if len(content) < length:
                yield start, f"{length - len(content)} of {length} bytes are missing"
            elif (length, zlib.crc32(content)) != known.get(block):
                yield start, f"{length} bytes do not match their checksum"

    def _bytes(self, offset: int, length: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def _add_checksums(self, db: sqlite3.Connection, offset: int, data: bytes) -> None:
        """Carry the checksums of the blocks on over bytes appended at `offset`."""
        view = memoryview(data)
        while view:
            block, filled = divmod(offset, BLOCK_BYTES)
            piece = view[: BLOCK_BYTES - filled]
            crc = 0
            if filled:
                row = db.execute(
                    "SELECT crc FROM blocks WHERE name = ? AND block = ?", (self.name, block)
                ).fetchone()
                crc = row[0] if row else 0
            _put_block(db, self.name, block, filled + len(piece), zlib.crc32(piece, crc))
            view, offset = view[len(piece) :], offset + len(piece)


def column(directory: Path, name: str, dtype: np.dtype[Any]) -> Column:
    """The column of that name in a store directory."""
    return Column(directory, name, dtype)


def n_rows(db: sqlite3.Connection, name: str) -> int:
    """Committed rows of a column."""
    row = db.execute("SELECT rows FROM columns WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def _put_block(db: sqlite3.Connection, name: str, block: int, length: int, crc: int) -> None:
    db.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)", (name, block, length, crc))

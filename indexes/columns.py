"""Append-only columns of fixed-width rows beside the database.

A row counts once the database says so; rows beyond the committed count are what a crash left and
are overwritten by the next append. Knows nothing about what a row means.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.files import Files
from rag_lifelong.errors import CorruptIndexError

REVISIONS = np.dtype([("doc_no", "<i8"), ("valid_from", "<i8"), ("recorded_at", "<i8")])
CLOSINGS = np.dtype([("rev_no", "<i8"), ("valid_to", "<i8"), ("recorded_at", "<i8")])
CHUNKS = np.dtype([("rev_no", "<i4"), ("text_no", "<i4")])
TEXTS = np.dtype([("n_words", "<i4")])

TIME_COLUMNS = {"revisions": REVISIONS, "closings": CLOSINGS, "chunks": CHUNKS, "texts": TEXTS}
"""What a time filter needs of each table, as numbers that can be mapped into memory."""


def vector_dtype(dim: int) -> np.dtype[Any]:
    """A row of float32 [dim]."""
    return np.dtype(("<f4", (dim,)))


def vector_column(generation: int) -> str:
    """Name of the column of one embedding generation."""
    return f"vectors-{generation}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column file."""

    path: Path
    dtype: np.dtype[Any]

    def append(self, files: Files, at_row: int, rows: NDArray[Any]) -> None:
        """Write rows durably from `at_row` on."""
        if len(rows):
            files.append(self.path, at_row * self.dtype.itemsize, rows.tobytes())

    def read(self, rows: int) -> NDArray[Any]:
        """The first `rows` rows, mapped into memory, read-only: shape [rows] or [rows, dim].

        Raises:
            CorruptIndexError: If the file is shorter than that.
        """
        if rows == 0:
            return np.empty(0, self.dtype)
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < rows * self.dtype.itemsize:
            raise CorruptIndexError(
                f"{self.path} has {size} bytes, the store committed {rows * self.dtype.itemsize}",
                hint="restore the store from a backup",
            )
        if self.dtype.subdtype is None:
            return np.memmap(self.path, self.dtype, mode="r", shape=(rows,))
        base, shape = self.dtype.subdtype
        return np.memmap(self.path, base, mode="r", shape=(rows, *shape))


def column(directory: Path, name: str, dtype: np.dtype[Any]) -> Column:
    """The column of that name in a store directory."""
    return Column(directory / f"{name}.column", dtype)

"""Cells that were made, kept by what can change them: asking the same again costs nothing.

An entry is written whole or not at all, and one that cannot be read is as good as missing, so that
any number of processes may share the folder, be killed, or delete it.
"""

import gzip
import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True)
class Cell:
    """One learner's answers to one asking of everything, as lines, and what they took."""

    predictions: bytes
    usage: bytes


class CellCache:
    """Cells, and other texts, by key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def cell(self, key: str) -> Cell | None:
        """The cell of a key, or None if there is none."""
        kept = self.text(key)
        if kept is None:
            return None
        predictions, usage = json.loads(kept)
        return Cell(predictions.encode(), usage.encode())

    def keep_cell(self, key: str, cell: Cell) -> None:
        """Keep a cell.

        Raises:
            EvalError: If the disk fails.
        """
        self.keep_text(key, json.dumps([cell.predictions.decode(), cell.usage.decode()]))

    def text(self, key: str) -> str | None:
        """The text of a key, or None if there is none or it is damaged."""
        try:
            return gzip.decompress(self._file(key).read_bytes()).decode()
        except (OSError, EOFError, zlib.error, UnicodeDecodeError):
            return None

    def keep_text(self, key: str, text: str) -> None:
        """Keep a text.

        Raises:
            EvalError: If the disk fails.
        """
        replace_file(self._file(key), gzip.compress(text.encode(), compresslevel=6, mtime=0))

    def _file(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key[2:]}.gz"


def replace_file(file: Path, data: bytes) -> None:
    """Put a file in place whole: another process, or one that is killed, leaves old or new.

    Raises:
        EvalError: If the disk fails.
    """
    # One name a process: what a killed one leaves is overwritten or does no harm.
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not synced: what a power failure cuts is found by its checksum, and made anew.
        partial.write_bytes(data)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise EvalError(
            f"cannot write {file}: {error.strerror}", hint="free space, or name another folder"
        ) from error

"""All file I/O of the store outside SQLite, in one small class, so that a test can make it fail.

Promises: `append` is durable when it returns or raises; `replace` shows the old bytes or the new,
never a mixture. Knows nothing about what the bytes mean.
"""

import os
from pathlib import Path

from rag_lifelong.errors import IndexStoreError


class FilePoisonedError(IndexStoreError):
    """An fsync failed: what is on disk is unknown, so nothing more may be acknowledged.

    The kernel may mark the lost pages clean, so a second fsync can succeed without the data being
    there (the behaviour PostgreSQL calls "fsyncgate"); it is therefore never retried.
    """


class Files:
    """Durable file operations of one writer."""

    def __init__(self) -> None:
        self._poisoned: str | None = None

    def append(self, path: Path, offset: int, data: bytes) -> None:
        """Write `data` at `offset`, cutting whatever was beyond it, and fsync.

        Raises:
            IndexStoreError: If the write fails; the file is cut back to `offset`, the store usable.
            FilePoisonedError: If the fsync fails, now or before.
        """
        self._check()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                if os.fstat(descriptor).st_size < offset:
                    raise IndexStoreError(
                        f"{path} is {os.fstat(descriptor).st_size} bytes, shorter than the "
                        f"{offset} bytes the store has committed",
                        hint="restore the store from a backup",
                    )
                os.ftruncate(descriptor, offset)
                self.write(descriptor, data, offset)
            except OSError as error:
                os.ftruncate(descriptor, offset)
                raise IndexStoreError(f"cannot write {path}: {error.strerror}") from error
            self._fsync(descriptor, path)
        finally:
            os.close(descriptor)

    def replace(self, path: Path, data: bytes) -> None:
        """Put `data` at `path` atomically and durably."""
        self._check()
        temporary = path.with_name(path.name + ".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            try:
                self.write(descriptor, data, 0)
            except OSError as error:
                temporary.unlink(missing_ok=True)
                raise IndexStoreError(f"cannot write {path}: {error.strerror}") from error
            self._fsync(descriptor, temporary)
        finally:
            os.close(descriptor)
        temporary.replace(path)
        self.sync_directory(path.parent)

    def sync_directory(self, path: Path) -> None:
        """Make creations and renames in a directory durable."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._fsync(descriptor, path)
        finally:
            os.close(descriptor)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of `data` at `offset` (a single `pwrite` may write less)."""
        view = memoryview(data)
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written

    def fsync(self, descriptor: int) -> None:
        """Flush one descriptor to the disk."""
        os.fsync(descriptor)

    def _fsync(self, descriptor: int, path: Path) -> None:
        try:
            self.fsync(descriptor)
        except OSError as error:
            self._poisoned = f"fsync of {path} failed: {error.strerror}"
            raise FilePoisonedError(self._poisoned, hint="check the disk, then reopen") from error

    def _check(self) -> None:
        if self._poisoned:
            raise FilePoisonedError(self._poisoned, hint="check the disk, then reopen the store")

"""All file I/O of the store outside SQLite, in one small class, so that a test can make it fail.

Promises: `append` and `overwrite` are durable when they return; `replace` shows the old bytes or
the new, never a mixture. Knows nothing about what the bytes mean.
"""

import os
from contextlib import suppress
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
        self.check()
        descriptor = _open(path, os.O_RDWR | os.O_CREAT)
        try:
            size = os.fstat(descriptor).st_size
            if size < offset:
                raise IndexStoreError(
                    f"{path} is {size} bytes, shorter than the {offset} bytes the store has "
                    "committed",
                    hint="restore the store from a backup",
                )
            try:
                os.ftruncate(descriptor, offset)
                self.write(descriptor, data, offset)
            except OSError as error:
                # What cannot be cut off now is cut off by the next append or opening.
                with suppress(OSError):
                    os.ftruncate(descriptor, offset)
                raise IndexStoreError(f"cannot write {path}: {error.strerror}") from error
            self._fsync(descriptor, path)
        finally:
            os.close(descriptor)

    def overwrite(self, path: Path, offset: int, data: bytes) -> None:
        """Write `data` over bytes that are there, and fsync; repeating it is harmless.

        Raises:
            IndexStoreError: If the write fails; part of it may be there.
            FilePoisonedError: If the fsync fails, now or before.
        """
        self.check()
        descriptor = _open(path, os.O_RDWR)
        try:
            try:
                self.write(descriptor, data, offset)
            except OSError as error:
                raise IndexStoreError(f"cannot write {path}: {error.strerror}") from error
            self._fsync(descriptor, path)
        finally:
            os.close(descriptor)

    def replace(self, path: Path, data: bytes) -> None:
        """Put `data` at `path` atomically and durably.

        Raises:
            IndexStoreError: If the write fails; what was at `path` is as it was.
            FilePoisonedError: If the fsync fails, now or before.
        """
        self.check()
        temporary = path.with_name(path.name + ".tmp")
        descriptor = _open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            try:
                self.write(descriptor, data, 0)
            except OSError as error:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise IndexStoreError(f"cannot write {path}: {error.strerror}") from error
            self._fsync(descriptor, temporary)
        finally:
            os.close(descriptor)
        try:
            temporary.replace(path)
        except OSError as error:
            raise IndexStoreError(f"cannot write {path}: {error.strerror}") from error
        self.sync_directory(path.parent)

    def note(self, path: Path, data: bytes) -> None:
        """Leave `data` at `path` without waiting for the disk; a failure is no one's loss."""
        with suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
            try:
                self.write(descriptor, data, 0)
                os.ftruncate(descriptor, len(data))
            finally:
                os.close(descriptor)

    def cut(self, path: Path, size: int) -> None:
        """Shorten a file to `size` bytes, dropping what a crash left beyond them."""
        self.check()
        try:
            os.truncate(path, size)
        except OSError as error:
            raise IndexStoreError(f"cannot shorten {path}: {error.strerror}") from error

    def remove(self, path: Path) -> None:
        """Delete a file that nothing refers to any more."""
        with suppress(OSError):
            path.unlink(missing_ok=True)

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

    def reached(self, step: str) -> None:
        """A named moment of a commit has come. Nothing happens here; a test double may die."""

    def poison(self, reason: str) -> None:
        """Refuse everything from now on, because what is on disk is unknown."""
        self._poisoned = reason

    def check(self) -> None:
        """Raise FilePoisonedError if an fsync has failed."""
        if self._poisoned:
            raise FilePoisonedError(self._poisoned, hint="check the disk, then reopen the store")

    def _fsync(self, descriptor: int, path: Path) -> None:
        try:
            self.fsync(descriptor)
        except OSError as error:
            self._poisoned = f"fsync of {path} failed: {error.strerror}"
            raise FilePoisonedError(self._poisoned, hint="check the disk, then reopen") from error


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags, 0o666)
    except OSError as error:
        raise IndexStoreError(f"cannot open {path}: {error.strerror}") from error

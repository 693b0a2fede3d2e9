"""The writer's lock: one writer a store, named by pid and host, released by its death.

`flock` belongs to the open file, so the kernel drops it when the holder dies, however it dies;
the text in the file only tells who holds it.
"""

import fcntl
import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from rag_lifelong.errors import IndexLockedError, IndexStoreError


class WriterLock:
    """Holds `path` exclusively from construction to `release`.

    Args:
        path: The lock file.
        held: What is done to the store meanwhile, for the error.

    Raises:
        IndexLockedError: If a live process holds it; the message names its pid and host.
        IndexStoreError: If the file cannot be made.
    """

    def __init__(self, path: Path, *, held: str = "is being written") -> None:
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise IndexStoreError(f"cannot open {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(os.pread(self._descriptor, 4096, 0))
            os.close(self._descriptor)
            raise IndexLockedError(
                f"store {path.parent} {held} by {holder}",
                hint="wait for it to finish, or stop it",
            ) from None
        owner = json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode()
        # The name is a courtesy to who is refused; the lock holds without it.
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, owner, 0)

    def release(self) -> None:
        """Let the next writer in."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def _holder(content: bytes) -> str:
    try:
        owner = json.loads(content)
        return f"process {owner['pid']} on host {owner['host']}"
    except (ValueError, KeyError, TypeError):
        return "another process"

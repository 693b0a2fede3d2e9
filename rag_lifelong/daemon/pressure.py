"""Whether there is room to work: on the disk of the store, and in memory.

A daemon that fills the disk takes the room of others; one that waits loses nothing, because the
next scan finds what changed meanwhile.
"""

import errno
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from rag_lifelong.errors import IndexStoreError

_MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much must be free for an update to begin."""

    store: Path
    free_mb: int = 500
    """On the disk of the store."""
    memory_mb: int = 200
    """Of memory that the system says is available."""
    meminfo: Path = _MEMORY

    def lacking(self) -> str:
        """What there is too little of: `disk`, `memory`, or nothing, which is empty."""
        if _free_bytes(self.store) < self.free_mb * 1_000_000:
            return "disk"
        available = _available_bytes(self.meminfo)
        if available is not None and available < self.memory_mb * 1_000_000:
            return "memory"
        return ""


def is_full_disk(error: IndexStoreError) -> bool:
    """Whether the store failed for want of room on its disk, which may pass."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(cause, sqlite3.Error) and _code(cause) == sqlite3.SQLITE_FULL:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _code(error: sqlite3.Error) -> int:
    # Only errors that SQLite itself reports have a code.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _free_bytes(store: Path) -> float:
    try:
        return shutil.disk_usage(store).free
    except OSError:
        return float("inf")  # what is wrong with it, the store will tell


def _available_bytes(meminfo: Path) -> int | None:
    """What new work may take without swapping (proc_meminfo(5)); None where nothing tells."""
    try:
        for line in meminfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None

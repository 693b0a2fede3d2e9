"""The head: a small file beside the database that says how many commits there were.

It is written after a commit is durable and not waited for, so it never runs ahead of the truth. A
database that has fewer commits than its head says has lost some: a damaged write-ahead log, which
SQLite takes for the end of the log, shows here and nowhere else.
"""

import zlib
from pathlib import Path

from indexes.files import Files
from rag_lifelong.errors import CorruptIndexError

NAME = "head"


def write(files: Files, directory: Path, commits: int) -> None:
    """Note the number of commits."""
    count = f"{commits:020d}"
    files.note(directory / NAME, f"{count} {zlib.crc32(count.encode()):010d}\n".encode())


def read(directory: Path) -> int | None:
    """The number of commits noted; None where there is no head or it was cut short by a crash."""
    try:
        count, _, crc = (directory / NAME).read_text("ascii").strip().partition(" ")
        return int(count) if zlib.crc32(count.encode()) == int(crc) else None
    except (OSError, ValueError):
        return None


def check(directory: Path, noted: int | None, commits: int) -> None:
    """Compare the head, read before the database was, with the database's own count.

    Raises:
        CorruptIndexError: If commits are missing.
    """
    if noted is not None and noted > commits:
        raise CorruptIndexError(
            f"{directory} has {commits} commits, but {noted} were acknowledged: "
            "the end of its write-ahead log is damaged or was removed",
            hint="restore the store from a backup",
        )

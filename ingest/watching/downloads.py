"""Whether a file is still on its way here: how much longer it is waited for before it is read.

A dump is downloaded for hours, with pauses, and is worth reading only when it is whole. Where a
file of checksums lies beside it, it is whole once it matches; else once it was quiet for long.
"""

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.sources.mediawiki import is_dump

_UNFINISHED = (
    ".part", ".partial", ".crdownload", ".download", ".opdownload", ".tmp", ".temp", ".aria2",
    ".filepart", ".!qb",
)  # fmt: skip
"""How names end while what they name is downloaded: Firefox, curl and rsync, Chrome, Safari …"""
_BESIDE = (".aria2", ".part", ".st")
"""What aria2, yt-dlp and axel keep beside a file until it is whole."""
_DUMP = re.compile(r".*\.xml(-p\d+p\d+)?(\.(bz2|gz|xz|zst|7z))?", re.IGNORECASE)
_SUMS = re.compile(r"(.*-)?(md5|sha1|sha256)sums?(\.txt)?", re.IGNORECASE)
"""Files of the checksums of many: `enwiki-20260101-md5sums.txt` of Wikimedia, `SHA256SUMS`."""
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}
_MAX_SUMS_BYTES = 4_000_000
_BLOCK_BYTES = 1 << 20


def is_unfinished(path: Path) -> bool:
    """Whether a name says that what it names is being downloaded."""
    return path.name.lower().endswith(_UNFINISHED)


class Downloads:
    """Tells how much longer to wait for a path.

    Args:
        quiet_s: How long a dump must be unchanged that no checksum vouches for.
        is_ending: Whether to give up what takes long.
    """

    def __init__(
        self, quiet_s: float = 60.0, *, is_ending: Callable[[], bool] = lambda: False
    ) -> None:
        self._quiet_s = quiet_s
        self._is_ending = is_ending
        self._seen: tuple[Path, int, int, bool] | None = None

    def wait_s(self, path: Path, quiet_s: float) -> float:
        """Seconds for which a path is to stay as it is, that has been so for `quiet_s`.

        Infinite while it is being downloaded.
        """
        if is_unfinished(path) or any(os.path.lexists(f"{path}{end}") for end in _BESIDE):
            return math.inf
        if quiet_s >= self._quiet_s or not _is_dump(path) or self._is_vouched_for(path):
            return 0.0
        return self._quiet_s - quiet_s

    def _is_vouched_for(self, path: Path) -> bool:
        sums = list(_sums_of(path))
        if not sums:
            return False
        try:
            status = path.stat()
            state = (path, status.st_size, status.st_mtime_ns)
            if self._seen is None or self._seen[:3] != state:
                self._seen = (*state, self._matches(path, sums))
        except OSError:
            return False
        return self._seen[3]

    def _matches(self, path: Path, sums: list[str]) -> bool:
        # The longest: it is the hardest to match by chance.
        wanted = max(sums, key=len).lower()
        digest = hashlib.new(_ALGORITHMS[len(wanted)], usedforsecurity=False)
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                if self._is_ending():
                    return False
                digest.update(block)
        return digest.hexdigest() == wanted


def _is_dump(path: Path) -> bool:
    try:
        return _DUMP.fullmatch(path.name) is not None and is_dump(path)
    except OSError:
        return False


def _sums_of(path: Path) -> Iterator[str]:
    """The checksums that files beside a file give for it."""
    for algorithm in _ALGORITHMS.values():
        for line in _lines(Path(f"{path}.{algorithm}")):
            words = line.split()
            # Of the one file, whose name may be left out.
            if words and (len(words) == 1 or _names(words, path)):
                yield from _sum(words)
    try:
        beside = [one for one in path.parent.iterdir() if _SUMS.fullmatch(one.name)]
    except OSError:
        return
    for one in beside:
        for line in _lines(one):
            words = line.split()
            if _names(words, path):
                yield from _sum(words)


def _names(words: list[str], path: Path) -> bool:
    """Whether a line `SUM  NAME`, or `SUM *NAME` of what is read as binary, is about a file."""
    return len(words) > 1 and words[-1].removeprefix("*").removeprefix("./") == path.name


def _sum(words: list[str]) -> Iterator[str]:
    if len(words[0]) in _ALGORITHMS and re.fullmatch("[0-9a-fA-F]+", words[0]):
        yield words[0]


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_SUMS_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return []

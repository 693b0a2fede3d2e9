"""Recognises files that moved: new where they are, and no longer where they were."""

import os
from collections.abc import Iterable
from pathlib import Path

from ingest import dates
from ingest.names import path_of


class Moves:
    """Which origins a scan found again under another name; each is found once."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def __contains__(self, origin: str) -> bool:
        return origin in self._found

    def find(self, candidates: Iterable[str]) -> str | None:
        """Return the first of the origins, all like one new file, that is no longer there."""
        for origin in candidates:
            was = path_of(origin)
            if origin in self._found or was is None or os.path.lexists(was):
                continue
            self._found.add(origin)
            return origin
        return None


def is_dated_anew(path: Path, origin: str) -> bool:
    """Whether a file's name tells another date than the name it had."""
    was = path_of(origin)
    return was is not None and dates.from_filename(was) != dates.from_filename(path)

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

    def find(self, path: Path, candidates: Iterable[str]) -> str | None:
        """Return which of the origins, all alike the file, lies at `path` now, if one does."""
        for origin in candidates:
            was = path_of(origin)
            if origin in self._found or was is None or os.path.lexists(was):
                continue
            # A date in the name is part of what is said: with another, the file is read anew.
            if dates.from_filename(was) == dates.from_filename(path):
                self._found.add(origin)
                return origin
        return None

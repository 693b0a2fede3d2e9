"""One watched root: when it may be scanned, and what of it.

A root that is gone, or an empty folder where documents were read before, is more likely a disk that
was unmounted than a world that ended: it is waited for, and nothing is closed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ingest.sources.folder import FolderSource
from ingest.watching.roots import RootIdentity, identity
from rag_lifelong.ports import Known
from rag_lifelong.types import Gone, ScanItem, Settled

IsAtRest = Callable[[Path, os.stat_result], bool]


class WatchedRoot:
    """A folder or file that is watched."""

    def __init__(self, path: Path, source: FolderSource) -> None:
        self.path = path
        self._source = source
        self._identity: RootIdentity | None = None

    def is_there(self) -> bool:
        """Whether it can be looked at now; remembers which object it is."""
        found = identity(self.path)
        if found is None:
            self._identity = None
            return False
        return True

    def is_replaced(self) -> bool:
        """Whether it is another object than the last time this was asked, or came back."""
        found = identity(self.path)
        was, self._identity = self._identity, found
        return found is not None and found != was

    def holds(self, path: Path) -> bool:
        """Whether a path lies in it."""
        return path == self.path or self.path in path.parents

    def scan(self, known: Known, is_at_rest: IsAtRest) -> Iterator[ScanItem]:
        """Yield what changed anywhere in it; of an empty folder nothing is gone.

        Raises:
            SourceError: If it cannot be read.
        """
        is_empty = _is_empty(self.path)
        for item in self._source.scan_within(known, [self.path], is_at_rest=is_at_rest):
            if not (is_empty and isinstance(item, Gone | Settled)):
                yield item

    def scan_within(self, known: Known, places: Iterable[Path]) -> Iterator[ScanItem]:
        """Yield what changed at some places in it.

        Raises:
            SourceError: If it cannot be read.
        """
        return self._source.scan_within(known, places)


def _is_empty(path: Path) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is None
    except OSError:
        return False  # a file, or what may not be listed: the scan tells

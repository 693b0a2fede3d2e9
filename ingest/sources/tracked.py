"""Which document each path of a branch is, over all its renames.

What is at a path is kept in the store, as the fingerprint of an origin of its own.
"""

import os
from collections.abc import Iterator
from urllib.parse import quote

from rag_lifelong.ports import Known
from rag_lifelong.types import Completed, Gone, ScanItem


class TrackedPaths:
    """Which document each path of the branch is: the path it was first at names it.

    Args:
        known: What the store holds.
        origin: URI of the repository.
        is_fresh: Whether history is read from its beginning, whatever the store has.
    """

    def __init__(self, known: Known, origin: str, *, is_fresh: bool) -> None:
        self._known = known
        self._origin = origin
        self.is_fresh = is_fresh
        """Whether history is read from its beginning."""
        self._bases: dict[str, str | None] = {}
        self._used: set[str] = set()
        self._freed: set[str] = set()

    def uri(self, path: str) -> str:
        """Names a path, whatever is there."""
        return f"{self._origin}!/{quote(os.fsencode(path))}"

    def base(self, path: str) -> str | None:
        """What is at a path; None if nothing is."""
        if path not in self._bases:
            self._bases[path] = None if self.is_fresh else self._known.fingerprint(self.uri(path))
        return self._bases[path]

    def live(self) -> dict[str, str]:
        """All paths that were looked at and have a document."""
        return {path: base for path, base in self._bases.items() if base is not None}

    def add(self, path: str) -> Iterator[ScanItem]:
        """A file is new at a path."""
        if self.base(path) is None:
            base, number = self.uri(path), 1
            while self._is_taken(base):
                number += 1
                base = f"{self.uri(path)}~{number}"
            yield from self._set(path, base)

    def move(self, before: str, after: str) -> Iterator[ScanItem]:
        """A file was renamed; half of it may be stored already, if the last run was stopped."""
        base = self.base(before)
        if base is None:
            yield from self.add(after)
            return
        self._bases[before] = None
        # In this order, so that a run that is stopped between the two still finds the document.
        yield from self._set(after, base)
        yield Gone(self.uri(before))

    def remove(self, path: str) -> Iterator[ScanItem]:
        """A file was deleted."""
        base = self.base(path)
        if base is not None:
            self._used.discard(base)
            self._freed.add(base)
        self._bases[path] = None
        yield Gone(self.uri(path))

    def _set(self, path: str, base: str) -> Iterator[ScanItem]:
        self._bases[path] = base
        self._used.add(base)
        self._freed.discard(base)
        yield Completed(self.uri(path), base, None)

    def _is_taken(self, base: str) -> bool:
        """Whether another path's document has the name: one that was renamed."""
        if base in self._used:
            return True
        if self.is_fresh or base in self._freed:
            return False
        return next(held_of(base, self._known.open_documents(base)), None) is not None


def held_of(base: str, doc_ids: Iterator[str]) -> Iterator[str]:
    """Of ids that begin alike, those of a file and of what is in it."""
    inside = (f"{base}#", f"{base}!/")
    return (doc_id for doc_id in doc_ids if doc_id == base or doc_id.startswith(inside))

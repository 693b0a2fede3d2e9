"""Placeholder until the real one is written."""

from pathlib import Path

from rag_lifelong.types import Dated


class CommitTimes:
    """Times of last commits."""

    def of(self, path: Path) -> Dated | None:
        """The time of the last commit that touched a file."""
        del path
        return None

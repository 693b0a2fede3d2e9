"""Places documents come from, chosen by looking at a path."""

from pathlib import Path

from ingest.sources.folder import FolderSource
from ingest.sources.mediawiki import is_dump
from ingest.sources.wikipedia import ARTICLES, WikipediaSource
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Source
from rag_lifelong.temporal import Clock


def open_source(path: Path, *, now: Clock, namespaces: frozenset[int] | None = ARTICLES) -> Source:
    """Return the source for a folder, a file, or a Wikipedia dump.

    Of dumps, pages in `namespaces` are read; None means all.

    Raises:
        SourceError: If there is nothing at the path, or it cannot be looked at.
    """
    try:
        if path.is_file() and is_dump(path):
            return WikipediaSource(path, namespaces=namespaces)
        if path.exists():
            return FolderSource(path, now=now, namespaces=namespaces)
    except OSError as e:
        raise SourceError(
            f"cannot read {path}: {(e.strerror or 'unreadable').lower()}",
            hint="check its permissions",
        ) from e
    raise SourceError(f"no such file or folder: {path}", hint="check the path")

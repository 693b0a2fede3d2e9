"""Places documents come from, chosen by looking at a path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.contents import ContentRules
from ingest.sources.folder import FolderSource
from ingest.sources.mediawiki import is_dump
from ingest.sources.walk import WalkRules
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What is read of sources, and how."""

    contents: ContentRules
    walk: WalkRules
    dump: Callable[[Path], Source] = WikipediaSource
    """Makes the source of a Wikipedia dump."""


def open_source(name: str, rules: SourceRules) -> Source:
    """Return the source for a folder, a file, or a Wikipedia dump.

    Raises:
        SourceError: If there is nothing at the path, or it cannot be looked at.
    """
    path = Path(name)
    try:
        if path.is_file() and is_dump(path):
            return rules.dump(path)
        if path.exists():
            return FolderSource(path, rules.contents, walk_rules=rules.walk, dump=rules.dump)
    except OSError as e:
        raise SourceError(
            f"cannot read {path}: {(e.strerror or 'unreadable').lower()}",
            hint="check its permissions",
        ) from e
    raise SourceError(f"no such file or folder: {path}", hint="check the path")

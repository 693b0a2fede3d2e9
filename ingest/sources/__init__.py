"""Places documents come from, chosen by a name: a path, a URL, a repository.

What fetches and what reads repositories is imported when the first of them is named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.contents import ContentRules
from ingest.names import path_of
from ingest.sources.folder import FolderSource
from ingest.sources.mediawiki import is_dump
from ingest.sources.walk import WalkRules
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.ports import Source

if TYPE_CHECKING:
    from ingest.fetching import FetchRules


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What is read of sources, and how."""

    contents: ContentRules
    walk: WalkRules
    dump: Callable[[Path], Source] = WikipediaSource
    """Makes the source of a Wikipedia dump."""
    allow_private: bool = False
    """Whether URLs may lead into private networks."""


def open_source(name: str, rules: SourceRules) -> Source:
    """Return the source of a name.

    That is a folder, a file, a Wikipedia dump, a URL (`feed+` or `sitemap+` before it says what it
    is, if its content does not), `urls+PATH` for a file of URLs, or `git+PATH` for a repository.

    Raises:
        SourceError: If there is nothing by the name, or it cannot be looked at.
    """
    prefix, plus, rest = name.partition("+")
    if plus and prefix.lower() in _PREFIXES and not Path(name).exists():
        return _PREFIXES[prefix.lower()](rest, rules)
    if name.lower().startswith(("http://", "https://")):
        return _web(name, rules)
    return _local(Path(name), rules)


def _local(path: Path, rules: SourceRules) -> Source:
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


def _web(url: str, rules: SourceRules, kind: str | None = None) -> Source:
    from ingest.sources.web import Kind, WebSource  # noqa: PLC0415

    kind_of = None if kind is None else Kind(kind)
    try:
        return WebSource(url, rules.contents, _fetch_rules(rules), kind=kind_of)
    except ParseError as e:
        raise SourceError(f"{url}: {e}", hint="give it as https://host/path") from e


def _urls(path: str, rules: SourceRules) -> Source:
    from ingest.sources.web import UrlListSource  # noqa: PLC0415

    if not Path(path).is_file():
        raise SourceError(f"no such file: {path}", hint="urls+PATH names a file, one URL a line")
    return UrlListSource(Path(path), rules.contents, _fetch_rules(rules))


def _git(name: str, rules: SourceRules) -> Source:
    from ingest.sources.git import GitSource  # noqa: PLC0415

    if name.lower().startswith(("http://", "https://", "ssh://", "git://")):
        raise SourceError(
            f"not a repository on this machine: {name}",
            hint="clone it first, and name the clone: git+PATH",
        )
    path = path_of(name) or Path(name)
    return GitSource(path, rules.contents, walk_rules=rules.walk)


def _fetch_rules(rules: SourceRules) -> "FetchRules":
    from ingest.fetching import FetchRules  # noqa: PLC0415

    return FetchRules(max_bytes=rules.contents.max_bytes, allow_private=rules.allow_private)


_PREFIXES: dict[str, Callable[[str, SourceRules], Source]] = {
    "feed": partial(_web, kind="feed"),
    "sitemap": partial(_web, kind="sitemap"),
    "urls": _urls,
    "git": _git,
}

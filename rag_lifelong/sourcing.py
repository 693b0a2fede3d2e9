"""From settings and names to sources, and what reading them would do."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.dumps.thinning import Keep
from ingest.sources import SourceRules, open_source
from ingest.sources.folder import FolderSource
from ingest.sources.walk import WalkRules
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.config import Config
from rag_lifelong.ports import ChunkedDocument, Held, Known, Source, Writer
from rag_lifelong.temporal import Clock
from rag_lifelong.types import Document, RevisionOrder, ScanItem

if TYPE_CHECKING:
    from ingest.copies import CopyFinder


def open_sources(names: Sequence[str], config: Config, now: Clock) -> list[Source]:
    """Return the source of each name: a path, or what `ingest.sources` knows besides.

    Raises:
        SourceError: If there is nothing by a name.
    """
    rules = _rules(config, now)
    return [open_source(name, rules) for name in names]


def folder_source(path: Path, config: Config, now: Clock) -> FolderSource:
    """Return a folder or file as a source, be it there or not."""
    rules = _rules(config, now)
    return FolderSource(path, rules.contents, walk_rules=rules.walk, dump=rules.dump)


def plan(sources: Sequence[Source], known: "Known | None") -> Iterator[ScanItem]:
    """Yield what ingesting the sources would find; nothing is stored.

    Args:
        sources: Where documents come from.
        known: What the store holds; None if there is no store yet.

    Raises:
        SourceError: If a source cannot be read at all.
    """
    for source in sources:
        yield from source.scan(known or _NothingKnown())


def cutter(writer: Writer, *, size: int) -> Callable[[Document], ChunkedDocument]:
    """Return what cuts documents into chunks of at most `size` characters, copies like copies."""
    # Half a second of import each, which a run that finds nothing new need not wait for.

    @cache
    def finder() -> "CopyFinder":
        from ingest.copies import CopyFinder  # noqa: PLC0415

        return CopyFinder(writer)

    def cut(document: Document) -> ChunkedDocument:
        from ingest.chunking import split  # noqa: PLC0415

        own = tuple(split(document, size=size))
        # Revisions of one page are like each other and are to differ.
        if document.order is RevisionOrder.VALID_TIME:
            return ChunkedDocument(document, own)
        return finder().chunked(document, own)

    return cut


def _rules(config: Config, now: Clock) -> SourceRules:
    chosen, pages = config.sources, config.wikipedia
    namespaces = None if pages.namespaces == "all" else frozenset(pages.namespaces)
    return SourceRules(
        contents=ContentRules(
            dates=DateRules(now=now, date_from=chosen.date_from),
            max_bytes=chosen.max_file_mb * 1_000_000,
            include_hidden=chosen.include_hidden,
        ),
        walk=WalkRules(
            ignore=chosen.ignore,
            use_ignore_files=chosen.use_ignore_files,
            include_hidden=chosen.include_hidden,
        ),
        dump=partial(
            WikipediaSource,
            namespaces=namespaces,
            revisions=Keep(pages.revisions),
            whole=pages.whole,
        ),
        allow_private=chosen.allow_private,
    )


class _NothingKnown:
    """A store that holds nothing."""

    def fingerprint(self, origin: str) -> str | None:
        return None

    def has_revision(self, doc_id: str, revision_id: str) -> bool:
        return False

    def origins_under(self, prefix: str) -> list[str]:
        return []

    def origins_like(self, fingerprint: str, content: str = "") -> list[str]:
        return []

    def document_base(self, origin: str) -> str:
        return origin

    def open_documents(self, prefix: str) -> Iterator[str]:
        return iter(())

    def held(self, prefix: str) -> Iterator[Held]:
        return iter(())

    def reached(self, origin: str, fingerprint: str) -> int | None:
        return None

    def given_up(self, origin: str, fingerprint: str) -> str | None:
        return None

    def failures_at(self, uri: str) -> list[str]:
        return []

"""A Wikipedia dump as a source: each revision a document of its own time.

Reads pages-articles, pages-meta-current and pages-meta-history of any MediaWiki, compressed or not.
A page that is a redirect tells another name of a document and has no text of its own. A page that
had text and then became a redirect, or was blanked, ended its text at that moment: such a revision
is a document with an empty text, which closes the one before it. The next dump of the same wiki
costs what changed: only new revisions are cleaned, and pages it holds no more are ended.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ingest.dumps.cleaning import Uncleaned, cleaned
from ingest.dumps.compression import n_cores
from ingest.dumps.index import index_of
from ingest.dumps.pages import read_name
from ingest.dumps.reader import DumpPlace, DumpReader, DumpRules
from ingest.dumps.thinning import Keep
from ingest.fingerprint import fingerprint
from ingest.names import file_uri
from ingest.sources.mediawiki import read_dump
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.ports import Known
from rag_lifelong.types import Completed, ScanItem, Skipped, Unchanged

ARTICLES = frozenset({0})


class WikipediaSource:
    """One dump file.

    Args:
        path: The file.
        namespaces: Numbers of the namespaces whose pages are read; None for all.
        revisions: Which revisions of a page are kept.
        whole: Whether the dump holds all pages of these namespaces, so that those it lacks are
            gone; None to guess.
        n_workers: Processes that clean; by default one a core.
    """

    def __init__(
        self,
        path: Path,
        *,
        namespaces: frozenset[int] | None = ARTICLES,
        revisions: Keep = Keep.ALL,
        whole: bool | None = None,
        n_workers: int | None = None,
    ) -> None:
        self._path = path
        self._rules = DumpRules(namespaces, revisions, whole)
        self._n_workers = n_cores() if n_workers is None else n_workers
        self._origin = file_uri(path)

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield the revisions the store does not have, in the dump's order, then what is gone.

        Damage ends the scan with a `Skipped` after all that came before it.

        Raises:
            SourceError: If there is no such file.
        """
        try:
            state = self._state()
        except FileNotFoundError as e:
            raise SourceError(
                f"no such dump: {self._path}", hint="check the path; it must be a file"
            ) from e
        except OSError as e:
            yield self._unread((e.strerror or "cannot be read").lower())
            return
        if known.fingerprint(self._origin) == state:
            yield Unchanged(self._origin)
            return
        if (reason := known.given_up(self._origin, state)) is not None:
            yield Skipped(self._origin, reason)
            return
        with closing(cleaned(self._read(known, state), n_workers=self._n_workers)) as items:
            yield from items

    def _read(self, known: Known, state: str) -> Iterator[ScanItem | Uncleaned]:
        name = read_name(self._path.name)
        place = DumpPlace(self._path, self._origin, state, index_of(self._path))
        reader = DumpReader(place, known, self._rules, fallback_dbname=name.wiki)
        try:
            yield from self._events(reader)
            is_unchanged = self._state() == state
        except ParseError as e:
            yield from reader.kept()
            reason = f"{e} after {reader.pages.n_pages} pages"
            yield Skipped(self._origin, reason, fingerprint=state)
            return
        except OSError as e:
            yield self._unread((e.strerror or "cannot be read").lower(), state)
            return
        if reader.left_out:
            counts = ", ".join(f"{n} {why}" for why, n in sorted(reader.left_out.items()))
            yield Skipped(self._origin, f"revisions left out: {counts}")
        if not is_unchanged:
            yield self._unread("changed while it was read", state)
            return
        whole = self._rules.whole
        if whole or (whole is None and not name.is_part):
            yield from reader.gone(name.made_at, is_whole=bool(whole))
        yield Completed(self._origin, state, None)

    def _unread(self, reason: str, state: str = "") -> Skipped:
        """What may be read another time."""
        return Skipped(self._origin, reason, fingerprint=state, is_transient=True)

    def _events(self, reader: "DumpReader") -> Iterator[ScanItem | Uncleaned]:
        start = reader.resume()
        for event in read_dump(self._path, namespaces=self._rules.namespaces, start=start):
            yield from reader.items(event)

    def _state(self) -> str:
        """Fingerprint of the file and of what is taken from it."""
        return fingerprint(self._path.stat(), str(self._rules))

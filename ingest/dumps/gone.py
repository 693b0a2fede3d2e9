"""Which pages a wiki's next dump holds no more."""

from collections.abc import Iterator
from datetime import datetime

from ingest.dumps.export import Site, namespace_of
from ingest.dumps.pages import PageSet
from rag_lifelong.ports import Known
from rag_lifelong.types import Ended, Skipped


class PagesSeen:
    """The pages of a dump, against those that the store holds of its wiki."""

    def __init__(self) -> None:
        self.n_pages = 0
        self._pages = PageSet()
        self._namespaces: set[int] = set()
        self._newest: datetime | None = None

    def add(self, page_id: str, namespace: int) -> None:
        """Add a page that was read."""
        self.n_pages += 1
        self._pages.add(page_id)
        self._namespaces.add(namespace)

    def add_time(self, at: datetime) -> None:
        """Add the time of a revision."""
        if self._newest is None or at > self._newest:
            self._newest = at

    def missed(
        self, known: Known, site: Site, origin: str, *, made_at: datetime | None, is_whole: bool
    ) -> Iterator[Ended | Skipped]:
        """Yield the end of each page that the dump does not hold, made when it was made.

        Only pages of namespaces of which the dump holds some can be missed, and none that began
        after it was made: the dump may be older than another that was read before. If it is not
        known that it is whole and it lacks more than half, it is none, and a `Skipped` says so.
        """
        at = made_at or self._newest
        if at is None or self._pages.n_strange:
            return
        n_open = n_gone = 0
        for _, is_gone in self._expected(known, site, at):
            n_open += 1
            n_gone += is_gone
        if not is_whole and n_gone > n_open / 2:
            yield Skipped(
                origin,
                f"not taken for a whole wiki, as it lacks {n_gone} of {n_open} pages: none of them "
                "is ended (if it is one, say whole = true in [wikipedia])",
            )
        elif n_gone:
            for doc_id, is_gone in self._expected(known, site, at):
                if is_gone:
                    yield Ended(doc_id, at)

    def _expected(self, known: Known, site: Site, at: datetime) -> Iterator[tuple[str, bool]]:
        """Open documents that a whole dump of this time holds, and whether this one does not."""
        prefix = f"wiki:{site.dbname}:"
        for held in known.held(prefix):
            namespace = namespace_of(held.title, site.namespaces)
            if namespace in self._namespaces and held.since <= at:
                yield held.doc_id, held.doc_id.removeprefix(prefix) not in self._pages

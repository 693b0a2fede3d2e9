"""Turns the events of a dump into items, one page at a time."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from ingest.dumps.cleaning import Uncleaned
from ingest.dumps.export import Event, Page, PageEnd, Revision, Site, StreamEnd, namespace_of
from ingest.dumps.gone import PagesSeen
from ingest.dumps.index import is_stream, read_index
from ingest.dumps.thinning import Keep, Thinning
from rag_lifelong.ports import Known
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import (
    Dated,
    DateSource,
    Document,
    Reached,
    Redirect,
    RevisionOrder,
    ScanItem,
)

# The word differs by language but is set in capitals, or in a script without them, right after
# the sign; `#REDIRECT` itself is read in any case and everywhere.
_REDIRECT = re.compile(r"\s*#\s*(?:(?i:redirect)|([^\W\d_]{2,20}))\s*:?\s*\[\[([^\]|#\n]+)")


@dataclass(frozen=True, slots=True)
class DumpRules:
    """What is taken from a dump."""

    namespaces: frozenset[int] | None
    revisions: Keep
    whole: bool | None

    def __str__(self) -> str:
        wanted = "all" if self.namespaces is None else sorted(self.namespaces)
        return f"namespaces={wanted} revisions={self.revisions} whole={self.whole}"


@dataclass(frozen=True, slots=True)
class DumpPlace:
    """A dump, its state, and its index if it has one."""

    path: Path
    origin: str
    state: str
    index: Path | None


class DumpReader:
    """Turns the dump's events into items, one page at a time."""

    def __init__(
        self, place: DumpPlace, known: Known, rules: DumpRules, *, fallback_dbname: str
    ) -> None:
        self._place = place
        self._known = known
        self._rules = rules
        self._site = Site(dbname=fallback_dbname)
        self._url = ("", "?")
        """What comes before and after the title in the wiki's URLs."""
        self._newest = ("", "")
        """Time of the page's newest revision and the title it redirects to, if it does."""
        self._redirects_since: datetime | None = None
        """Time from when on its newest revisions redirect there."""
        self._thinning: Thinning[Uncleaned] = Thinning(rules.revisions)
        self.pages = PagesSeen()
        self._start = 0
        self.left_out: Counter[str] = Counter()

    def resume(self) -> int:
        """Return where in the file to go on: where the last run stopped, if the index can tell.

        What stands before that is in the store; the index names its pages.
        """
        index = self._place.index
        position = self._known.reached(self._place.origin, self._place.state)
        if position and index is not None and is_stream(self._place.path, index, position):
            self._start = position
        return self._start

    def items(self, event: Event) -> Iterator[ScanItem | Uncleaned]:
        """Yield what one event of the dump tells."""
        if isinstance(event, Revision):
            yield from self._revision(event)
        elif isinstance(event, PageEnd):
            yield from self._end(event.page)
        elif isinstance(event, StreamEnd):
            if self._place.index is not None:
                yield Reached(self._place.origin, self._place.state, event.position)
        else:
            self._begin(event)

    def kept(self) -> Iterator[Document | Uncleaned]:
        """Yield what was held back of the page's revisions, at its end or where the dump breaks."""
        yield from self._news(self._thinning.finish())

    def gone(self, made_at: datetime | None, *, is_whole: bool) -> Iterator[ScanItem]:
        """Yield the end of each page that the dump does not hold any more."""
        origin = self._place.origin
        yield from self.pages.missed(
            self._known, self._site, origin, made_at=made_at, is_whole=is_whole
        )

    def _begin(self, site: Site) -> None:
        site.dbname = site.dbname or self._site.dbname
        self._site = site
        self._url = _url_pattern(site.base)
        if self._start and self._place.index is not None:
            for line in read_index(self._place.index):
                namespace = namespace_of(line.title, site.namespaces)
                if line.offset < self._start and self._is_wanted(namespace):
                    self.pages.add(line.page_id, namespace)

    def _is_wanted(self, namespace: int) -> bool:
        return self._rules.namespaces is None or namespace in self._rules.namespaces

    def _end(self, page: Page) -> Iterator[ScanItem | Uncleaned]:
        self.pages.add(page.page_id, page.namespace)
        yield from self.kept()
        target = self._newest[1]
        if target:
            yield Redirect(page.title, page.redirect or target, self._redirects_since)
        self._newest = ("", "")
        self._redirects_since = None

    def _revision(self, revision: Revision) -> Iterator[Document | Uncleaned]:
        date = _date(revision.timestamp)
        text = revision.text
        if date is None or text is None:
            self.left_out[_why_left_out(revision)] += 1
            return
        at = date.interval.start
        self.pages.add_time(at)
        target = _redirect_target(text)
        if revision.timestamp >= self._newest[0]:
            if target != self._newest[1]:
                self._redirects_since = at
            self._newest = (revision.timestamp, target)
        found = Uncleaned(self._document(revision, date, text), "" if target else text)
        if revision.model not in ("", "wikitext"):
            # Style sheets, scripts and data are their own text.
            found = Uncleaned(replace(found.document, text=text.strip()), "")
        yield from self._news(self._thinning.offer(at, found))

    def _news(self, kept: Uncleaned | None) -> Iterator[Document | Uncleaned]:
        if kept is None:
            return
        document = kept.document
        if not self._known.has_revision(document.doc_id, document.revision_id):
            yield kept if kept.wikitext else document

    def _document(self, revision: Revision, date: Dated, text: str) -> Document:
        page = revision.page
        return Document(
            doc_id=f"wiki:{self._site.dbname}:{page.page_id or page.title}",
            revision_id=revision.revision_id or _revision_id(revision.timestamp, text),
            origin=self._place.origin,
            uri=self._uri(page, revision.revision_id),
            title=page.title,
            text="",
            date=date,
            order=RevisionOrder.VALID_TIME,
        )

    def _uri(self, page: Page, revision_id: str) -> str:
        title = quote(page.title.replace(" ", "_"), safe="/:(),;@!*'")
        prefix, joiner = self._url
        if not prefix:
            prefix, joiner = f"wiki:{self._site.dbname}:", "?"
        return f"{prefix}{title}{joiner}oldid={revision_id}" if revision_id else prefix + title


def _url_pattern(base: str) -> tuple[str, str]:
    """What comes before and after the title in the wiki's URLs, from that of its main page."""
    if "title=" in base:
        return base[: base.index("title=") + len("title=")], "&"
    return (base[: base.rindex("/") + 1], "?") if "/" in base else ("", "?")


def _date(timestamp: str) -> Dated | None:
    try:
        instant = datetime.fromisoformat(timestamp)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        interval = instant_interval(instant)
    except (ValueError, OverflowError):
        return None
    return Dated(interval, Precision.SECOND, DateSource.DUMP_TIMESTAMP)


def _why_left_out(revision: Revision) -> str:
    if revision.is_suppressed:
        return "with suppressed text"
    if revision.is_oversized:
        return "with a text too long"
    if revision.text is None:
        return "without text (a stub dump?)"
    return "without a date"


def _redirect_target(text: str) -> str:
    match = _REDIRECT.match(text)
    if match is None or (match[1] and match[1] != match[1].upper()):
        return ""
    target = " ".join(match[2].replace("_", " ").split()).lstrip(":")
    return target[:1].upper() + target[1:]


def _revision_id(timestamp: str, text: str) -> str:
    """A name for a revision whose dump gives none."""
    return sha256(f"{timestamp}\n{text}".encode()).hexdigest()[:16]

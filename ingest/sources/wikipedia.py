"""A Wikipedia dump as a source: each revision a document of its own time.

Reads pages-articles, pages-meta-current and pages-meta-history of any MediaWiki, as XML or bzip2
(one stream or many). A page that is a redirect tells another name of a document and has no text
of its own. A page that had text and then became a redirect, or was blanked, ended its text at that
moment: such a revision is a document with an empty text, which closes the one before it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from ingest.fingerprint import fingerprint
from ingest.names import file_uri
from ingest.sources.mediawiki import Page, PageEnd, Revision, Site, read_dump
from ingest.wikitext import clean
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.ports import Known
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import (
    Completed,
    Dated,
    DateSource,
    Document,
    Redirect,
    RevisionOrder,
    ScanItem,
    Section,
    Skipped,
    Unchanged,
)

ARTICLES = frozenset({0})

# The word differs by language but is set in capitals, or in a script without them, right after
# the sign; `#REDIRECT` itself is read in any case and everywhere.
_REDIRECT = re.compile(r"\s*#\s*(?:(?i:redirect)|([^\W\d_]{2,20}))\s*:?\s*\[\[([^\]|#\n]+)")


class WikipediaSource:
    """One dump file."""

    def __init__(self, path: Path, *, namespaces: frozenset[int] | None = ARTICLES) -> None:
        self._path = path
        self._namespaces = namespaces
        self._origin = file_uri(path)

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield the revisions the store does not have, in the dump's order.

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
            yield Skipped(self._origin, (e.strerror or "cannot be read").lower())
            return
        if known.fingerprint(self._origin) == state:
            yield Unchanged(self._origin)
            return
        yield from self._read(known, state)

    def _read(self, known: Known, state: str) -> Iterator[ScanItem]:
        reader = _DumpReader(self._origin, known, fallback_dbname=self._path.name.split(".")[0])
        try:
            for event in read_dump(self._path, namespaces=self._namespaces):
                yield from reader.items(event)
            is_unchanged = self._state() == state
        except ParseError as e:
            yield Skipped(self._origin, f"{e} after {reader.n_pages} pages")
            return
        except OSError as e:
            yield Skipped(self._origin, (e.strerror or "cannot be read").lower())
            return
        if reader.left_out:
            counts = ", ".join(f"{n} {why}" for why, n in sorted(reader.left_out.items()))
            yield Skipped(self._origin, f"revisions left out: {counts}")
        if is_unchanged:
            yield Completed(self._origin, state, None)
        else:
            yield Skipped(self._origin, "changed while it was read")

    def _state(self) -> str:
        """Fingerprint of the file and of what is taken from it."""
        wanted = "all" if self._namespaces is None else sorted(self._namespaces)
        return f"{fingerprint(self._path.stat())} namespaces={wanted}"


class _DumpReader:
    """Turns the dump's events into items, one page at a time."""

    def __init__(self, origin: str, known: Known, *, fallback_dbname: str) -> None:
        self._origin = origin
        self._known = known
        self._dbname = fallback_dbname
        self._url_prefix = ""
        self._url_joiner = "?"
        self._newest = ("", "")
        """Time of the page's newest revision and the title it redirects to, if it does."""
        self.n_pages = 0
        self.left_out: Counter[str] = Counter()

    def items(self, event: Site | Revision | PageEnd) -> Iterator[ScanItem]:
        """Yield what one event of the dump tells."""
        if isinstance(event, Revision):
            yield from self._revision(event)
        elif isinstance(event, PageEnd):
            self.n_pages += 1
            target = self._newest[1]
            if target:
                yield Redirect(event.page.title, event.page.redirect or target)
            self._newest = ("", "")
        else:
            self._dbname = event.dbname or self._dbname
            self._url_prefix, self._url_joiner = _url_pattern(event.base)

    def _revision(self, revision: Revision) -> Iterator[Document]:
        date = _date(revision.timestamp)
        text = revision.text
        if date is None or text is None:
            self.left_out[_why_left_out(revision)] += 1
            return
        target = _redirect_target(text)
        if revision.timestamp >= self._newest[0]:
            self._newest = (revision.timestamp, target)
        page = revision.page
        doc_id = f"wiki:{self._dbname}:{page.page_id or page.title}"
        revision_id = revision.revision_id or _revision_id(revision.timestamp, text)
        if self._known.has_revision(doc_id, revision_id):
            return
        body, sections = ("", ()) if target else _text(text, revision.model)
        yield self._document(revision, doc_id, revision_id, date, (body, sections))

    def _document(
        self,
        revision: Revision,
        doc_id: str,
        revision_id: str,
        date: Dated,
        content: tuple[str, tuple[Section, ...]],
    ) -> Document:
        return Document(
            doc_id=doc_id,
            revision_id=revision_id,
            origin=self._origin,
            uri=self._uri(revision.page, revision.revision_id),
            title=revision.page.title,
            text=content[0],
            date=date,
            order=RevisionOrder.VALID_TIME,
            sections=content[1],
        )

    def _uri(self, page: Page, revision_id: str) -> str:
        title = quote(page.title.replace(" ", "_"), safe="/:(),;@!*'")
        if not self._url_prefix:
            prefix, joiner = f"wiki:{self._dbname}:", "?"
        else:
            prefix, joiner = self._url_prefix, self._url_joiner
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


def _text(text: str, model: str) -> tuple[str, tuple[Section, ...]]:
    """What a page says; style sheets, scripts and data are their own text."""
    return clean(text) if model in ("", "wikitext") else (text.strip(), ())


def _redirect_target(text: str) -> str:
    match = _REDIRECT.match(text)
    if match is None or (match[1] and match[1] != match[1].upper()):
        return ""
    target = " ".join(match[2].replace("_", " ").split()).lstrip(":")
    return target[:1].upper() + target[1:]


def _revision_id(timestamp: str, text: str) -> str:
    """A name for a revision whose dump gives none."""
    return sha256(f"{timestamp}\n{text}".encode()).hexdigest()[:16]

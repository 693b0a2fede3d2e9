"""Feeds (RSS and Atom): each entry a document.

A feed is a window on what a site writes: an entry that falls out of it goes on holding. An entry
that is changed is a new revision of its document, from the time it says it was updated. What an
entry links to is not fetched; where a feed gives only summaries, list the site's sitemap.

feedparser is given bytes and never an address, so it fetches nothing.
"""

import calendar
import codecs
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import feedparser
from lxml import etree
from lxml import html as lxml_html

from ingest import dates
from ingest.documents import DateRules, File, document_of
from ingest.fetching import Answer, checked_url
from ingest.parsers import parse
from ingest.sources.pages import WebState, decoded
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Known, Parsed
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import Completed, Dated, DateSource, Document, ScanItem, Section, Skipped

ROOTS = frozenset({"rss", "feed", "rdf"})
"""Names of a feed's root element."""
MAX_FEED_BYTES = 10_000_000
"""feedparser holds all of a feed, several times over."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING = re.compile(rb"\s*<\?xml[^>]*\sencoding\s*=\s*[\"']([\w.:-]+)")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MAX_KEY_CHARS = 500
_MAX_ENTRY_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry as it stands in its feed."""

    key: str
    """Names it within the feed."""
    link: str
    """Where a reader would go; empty if it leads nowhere on the web."""
    title: str
    html: str
    """What it says, as HTML."""
    published: Dated | None
    updated: Dated | None

    @property
    def revision_id(self) -> str:
        """Names what it says and the times it gives itself, whichever of them is believed."""
        times = [str(dated) for dated in (self.published, self.updated)]
        said = "\n".join([self.title, self.html, *times])
        return sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]


def read_feed(
    answer: Answer, url: str, known: Known, state: WebState, rules: DateRules
) -> Iterator[ScanItem]:
    """Yield the entries of a feed, those the store has among them, and that it was read.

    Args:
        answer: What the server gave.
        url: What it was asked for: the origin of the entries.
        known: What the store holds.
        state: The state the feed is in.
        rules: Which dates count.

    Raises:
        ParseError: If it is no feed.
        OSError: If it cannot be kept while it is read.
    """
    for entry in _entries(answer):
        uri = entry.link or f"{url}#{entry.key}"
        try:
            text, sections = _text(entry)
        except (ParseError, RecursionError) as e:
            reason = str(e) if isinstance(e, ParseError) else "nested too deeply"
            yield Skipped(uri, reason)
            continue
        yield _document(entry, url, uri, known, rules, Parsed(text=text, sections=sections))
    yield Completed(url, str(state), None)


def _document(
    entry: _Entry, url: str, uri: str, known: Known, rules: DateRules, parsed: Parsed
) -> Document:
    doc_id = f"{url}#{entry.key}"
    # What was never seen is news of the day it was published; a change, of the day of the change.
    is_known = next(known.open_documents(doc_id), None) == doc_id
    first, second = (entry.updated, entry.published)[:: 1 if is_known else -1]
    file = File(
        path=Path(),
        name=PurePosixPath(unquote(urlsplit(entry.link).path).replace("\0", "") or "entry"),
        origin=url,
        uri=uri,
        doc_id=doc_id,
    )
    dated = first or second
    told = replace(parsed, title=entry.title, dates=() if dated is None else (dated,))
    return replace(document_of(told, file, rules), revision_id=entry.revision_id)


def _entries(answer: Answer) -> Iterator[_Entry]:
    size = answer.path.stat().st_size
    if size > MAX_FEED_BYTES:
        raise ParseError(f"too large: {size} bytes, the limit for a feed is {MAX_FEED_BYTES}")
    # The address is what relative links are relative to; with a stream nothing is fetched.
    headers = {
        "content-type": "application/xml; charset=utf-8",
        "content-location": answer.url,
    }
    try:
        feed = feedparser.parse(
            io.BytesIO(_xml(answer).encode()),
            response_headers=headers,
            resolve_relative_uris=True,
            sanitize_html=True,
        )
    # It runs four parsers over anything, and none of them promises what it raises.
    except Exception as e:
        raise ParseError("damaged feed") from e
    if not feed.get("version") and not feed.entries:
        raise ParseError("not a feed")
    ids = Counter(_given(entry, "id") for entry in feed.entries)
    links = Counter(_given(entry, "link") for entry in feed.entries)
    seen: set[str] = set()
    for given in feed.entries:
        entry = _entry(given, ids, links, fallback=_given(feed.feed, "title"))
        if entry.key not in seen:
            seen.add(entry.key)
            # A link that feedparser takes for dangerous becomes one to the feed.
            yield replace(entry, link="") if entry.link == answer.url else entry


def _xml(answer: Answer) -> str:
    """A feed as text, without what could make its entities grow.

    Where a document type declares entities that are made of each other, a few hundred bytes become
    gigabytes. Escaped, the declaration is none, and in the words of an entry it reads the same.
    """
    data = answer.path.read_bytes()
    bom = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    declared = _ENCODING.match(data)
    named = bom or answer.charset or (declared[1].decode("ascii") if declared else "")
    text = decoded(data, named or "utf-8")
    if text is None:
        text = data.decode("utf-8", errors="replace")
    text = _DECLARATION.sub("", text, count=1)
    return text.replace("<!ENTITY", "&lt;!ENTITY")


def _entry(given: Any, ids: "Counter[str]", links: "Counter[str]", *, fallback: str) -> _Entry:
    said = _content(given)
    title = _plain(_given(given, "title"))
    named, link = _given(given, "id"), _given(given, "link")
    # What several entries are called names none of them.
    if named and ids[named] == 1:
        key = named
    elif link and links[link] == 1:
        key = link
    else:
        key = _hash(f"{title}\n{said}")
    return _Entry(
        key=key if len(key) <= _MAX_KEY_CHARS else _hash(key),
        link=_web_link(link),
        title=title or _plain(fallback),
        html=said,
        published=_date(given, "published"),
        updated=_date(given, "updated"),
    )


def _given(element: Any, name: str) -> str:
    # feedparser answers with another element's value, and a warning, for some that are not there.
    value = element.get(name) if name in element else None
    return " ".join(value.split()) if isinstance(value, str) else ""


def _content(given: Any) -> str:
    """What an entry says in full, as HTML; its summary where it has nothing else."""
    contents: Sequence[Any] = given.get("content") or []
    if "summary_detail" in given:
        contents = [*contents, given["summary_detail"]]
    best = ""
    for one in contents:
        value = one.get("value") or ""
        if one.get("type") == "text/plain":
            value = "".join(f"<p>{_escaped(part)}</p>" for part in value.split("\n\n"))
        if len(value) > len(best):
            best = value
    return best[:_MAX_ENTRY_CHARS]


def _text(entry: _Entry) -> tuple[str, tuple[Section, ...]]:
    """What an entry says, and under which headings; its title where it says nothing else."""
    if not entry.html.strip():
        if not entry.title:
            raise ParseError("no text in the entry")
        return entry.title, ()
    with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
        path = Path(folder) / "entry.html"
        page = f"<html><body><article>{entry.html}</article></body></html>"
        path.write_text(page, encoding="utf-8", errors="replace")
        # The dates a page would give are those its words mention: an entry has its own.
        parsed = next(iter(parse(path)))
    return parsed.text, parsed.sections


def _date(given: Any, name: str) -> Dated | None:
    """A date as it is written, with its precision; as feedparser reads it where we cannot."""
    dated = dates.from_value(_given(given, name), DateSource.FEED_ENTRY)
    if dated is not None:
        return dated
    parsed = given.get(f"{name}_parsed") if f"{name}_parsed" in given else None
    try:
        instant = None if parsed is None else datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    if instant is None:
        return None
    return Dated(instant_interval(instant), Precision.SECOND, DateSource.FEED_ENTRY)


def _web_link(link: str) -> str:
    """A link that leads to a page, and not to a script or with a password; else nothing."""
    try:
        checked_url(link)
    except ParseError:
        return ""
    return link


def _plain(markup: str) -> str:
    """A title without tags."""
    if "<" not in markup and "&" not in markup:
        return markup
    try:
        text = lxml_html.fragment_fromstring(markup, create_parent=True).text_content()
    except (etree.LxmlError, ValueError):
        return markup
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]

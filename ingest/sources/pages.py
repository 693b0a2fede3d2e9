"""One page or file on the web as an origin: what it is, whether it changed, its documents.

What a server says of a page (ETag, Last-Modified) is kept as the origin's fingerprint, so that a
page that did not change costs a request and no bytes. Where it says nothing, or says every time
something else, what the page holds is compared; a page that only hides another number in its
markup says the same, and is no new revision.
"""

import codecs
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ingest import dates, unpacking
from ingest.contents import ContentRules, read_contents
from ingest.documents import File
from ingest.fetching import Answer
from ingest.fingerprint import RECIPE, content_of
from ingest.parsers import parser_for
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Known
from rag_lifelong.types import (
    Completed,
    Dated,
    DateSource,
    Document,
    ScanItem,
    Skipped,
    Unchanged,
)

_MAX_VALIDATOR_CHARS = 1_000
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-rst": ".rst",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "message/rfc822": ".eml",
    "application/mbox": ".mbox",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/zip": ".zip",
    "application/x-tar": ".tar",
}
_SAYS_LITTLE = frozenset(
    {"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/gzip",
     "application/x-gzip", "application/xml", "text/xml"}
)  # fmt: skip
"""Types servers send for what they do not know: the name tells more."""
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_OF_THE_WEB = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"}
)
"""Python's own encodings, some of them slow on purpose-made input."""
_OF_THE_COPY = frozenset({DateSource.HTTP_HEADER, DateSource.MTIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebState:
    """What tells a page's next state from this one."""

    content: str
    """SHA-256 of its bytes."""
    etag: str = ""
    modified: str = ""
    said: str = ""
    """SHA-256 of what a single document says; empty for none or many."""
    settings: str = ""
    """What else decides what is read of it."""

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def validators(self) -> dict[str, str]:
        """Headers that ask for what changed since."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


def settings_of(rules: ContentRules) -> str:
    """What decides what is read of a page, besides the page."""
    return f"{RECIPE} {rules.dates.name}".rstrip()


def known_state(known: Known, url: str, settings: str) -> WebState | None:
    """The state in which the store knows a URL; None if it is to be read whatever it was."""
    stored = known.fingerprint(url)
    if stored is None:
        return None
    try:
        given = json.loads(stored)
        state = WebState(**{one.name: str(given[one.name]) for one in fields(WebState)})
    except (ValueError, KeyError, TypeError):
        return None
    return state if state.settings == settings else None


def state_of(answer: Answer, settings: str) -> WebState:
    """The state a server gave a URL in."""
    return WebState(
        content=content_of(answer.path),
        etag=_validator(answer, "etag"),
        modified=_validator(answer, "last-modified"),
        settings=settings,
    )


def read_page(
    answer: Answer,
    url: str,
    known: Known,
    rules: ContentRules,
    *,
    lastmod: str = "",
) -> Iterator[ScanItem]:
    """Yield the documents of what a server gave, if it is not what the store has.

    Args:
        answer: What the server gave.
        url: What it was asked for: the documents' origin, and what they are cited by.
        known: What the store holds.
        rules: How files are read.
        lastmod: When a sitemap says that the page was last changed.

    Raises:
        ParseError: If its format is not read, or it is damaged.
        OSError: If it cannot be kept while it is read.
    """
    settings = settings_of(rules)
    before, state = known_state(known, url, settings), state_of(answer, settings)
    if before is not None and before.content == state.content:
        yield Unchanged(url)
        return
    _recode(answer)
    file = File(
        path=answer.path,
        name=_name(answer),
        origin=url,
        uri=url,
        doc_id=url,
        outer_dates=tuple(_outer_dates(answer, lastmod)),
    )
    items = read_contents(file, rules)
    first = list(_take(items, 2))
    if len(first) == 1 and isinstance(first[0], Document):
        state = replace(state, said=_said(first[0]))
        if before is not None and before.said == state.said:
            yield Unchanged(url)
            return
    doc_ids: set[str] = set()
    for item in chain(first, items):
        yield item
        if isinstance(item, Document):
            doc_ids.add(item.doc_id)
        else:
            # What cannot be read now is still what was read before.
            doc_ids.update(known.open_documents(item.uri))
    yield Completed(url, str(state), frozenset(doc_ids))


def _take(items: Iterator[Document | Skipped], n: int) -> Iterator[Document | Skipped]:
    for _, item in zip(range(n), items, strict=False):
        yield item


def _validator(answer: Answer, name: str) -> str:
    value = answer.headers.get(name, "")
    return value if value.isascii() and len(value) <= _MAX_VALIDATOR_CHARS else ""


def _said(document: Document) -> str:
    """Name what a document says; when it was sent is not part of it."""
    date = "" if document.date.source in _OF_THE_COPY else document.date
    said = f"{document.title}\n{document.text}\n{date}"
    return sha256(said.encode(errors="surrogatepass")).hexdigest()


def _outer_dates(answer: Answer, lastmod: str) -> Iterator[Dated]:
    for value in (lastmod, answer.headers.get("last-modified", "")):
        dated = dates.from_value(value, DateSource.HTTP_HEADER) if value else None
        if dated is not None:
            yield dated


def _name(answer: Answer) -> PurePosixPath:
    """What the page is called: the host and path of its URL, with the suffix of its format.

    Raises:
        ParseError: If nothing tells its format.
    """
    parts = urlsplit(answer.url)
    # A path may hold what no file's name does; it is never one, only read like one.
    path = PurePosixPath(unquote(parts.path).replace("\0", "").lstrip("/"))
    name = PurePosixPath(parts.hostname or "page") / (path if path.name else "index")
    if not path.name:
        name = name.with_name(parts.hostname or "page")
    suffix = _SUFFIXES.get(answer.media_type, "")
    if answer.media_type in _SAYS_LITTLE and path.name and _is_read(name):
        return name
    if suffix and _is_read(PurePosixPath(f"x{suffix}")):
        alike = parser_for(name.suffix) is parser_for(suffix) and path.name
        return name if alike and _is_read(name) else name.with_name(name.name + suffix)
    if path.name and _is_read(name):
        return name
    if _looks_like_html(answer.path):
        return name.with_name(f"{name.name}.html")
    raise ParseError(f"unsupported format {answer.media_type or '(no content type)'}")


def _is_read(name: PurePosixPath) -> bool:
    inner = unpacking.inner_name(name) or name
    return unpacking.is_archive(name) or parser_for(inner.suffix) is not None


def _looks_like_html(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(1024).lower()
    return b"<html" in head or b"<!doctype html" in head


def _recode(answer: Answer) -> None:
    """Write text in an encoding that only the server names as UTF-8, for the parsers."""
    is_text = answer.media_type.startswith("text/") or answer.media_type.endswith("xhtml+xml")
    if not is_text or answer.charset in ("", "utf-8", "utf8"):
        return
    data = answer.path.read_bytes()
    if data.startswith(_BOMS):
        return
    text = decoded(data, answer.charset)
    if text is not None:
        answer.path.write_text(text, encoding="utf-8-sig", newline="")


def decoded(data: bytes, charset: str) -> str | None:
    """Bytes as text in an encoding the web has a name for; None if it is none.

    >>> decoded(bytes([233]), "ISO-8859-1"), decoded(b"a", "punycode")
    ('é', None)
    """
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return None
    if name in _NOT_OF_THE_WEB:
        return None
    # Windows-1252 is what the web means by both (WHATWG Encoding, 4.2).
    name = "cp1252" if name in ("iso8859-1", "ascii") else name
    try:
        return data.decode(name, errors="replace")
    except (LookupError, UnicodeError):
        return None

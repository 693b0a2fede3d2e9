"""Reads the XML of a MediaWiki dump into revisions, in constant memory.

Expat, from the standard library, reads the XML. mwxml, the field's own library, read 64 MB/s of a
pages-articles dump where expat and lxml each read 200 MB/s; mwxml refuses dumps without
`siteinfo` and revisions with an element it does not know, and keeps an empty element for
every page read. lxml stops a dump at the first text over 10 MB, or with `huge_tree` puts no bound
on memory. Here a text over the bound costs that revision alone. (bzip2 gives 16 MB/s and cleaning
wikitext 3, so none of them is what a scan waits for.)

Knows the schema (export 0.3 to 0.11) and nothing about wikitext or documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from ingest.dumps.blocks import BLOCK_BYTES
from rag_lifelong.errors import ParseError

MAX_TEXT_CHARS = 16_000_000
"""Longer texts are dropped; MediaWiki's own limit is 2 MiB."""
_MAX_FIELD_CHARS = 10_000
_MAX_TAG_BYTES = 1 << 24

_FIELDS = frozenset(
    {
        ("siteinfo", "dbname"),
        ("siteinfo", "base"),
        ("namespaces", "namespace"),
        ("page", "title"),
        ("page", "ns"),
        ("page", "id"),
        ("revision", "id"),
        ("revision", "parentid"),
        ("revision", "timestamp"),
        ("revision", "model"),
        ("revision", "text"),
    }
)
# Dumps before export 0.6 have no <ns>, and cut-out samples no list of namespaces either.
_USUAL_NAMESPACES = {
    name: number
    for number, name in enumerate(
        [
            "Talk",
            "User",
            "User talk",
            "Wikipedia",
            "Wikipedia talk",
            "File",
            "File talk",
            "MediaWiki",
            "MediaWiki talk",
            "Template",
            "Template talk",
            "Help",
            "Help talk",
            "Category",
            "Category talk",
        ],
        start=1,
    )
} | {"Image": 6, "Image talk": 7, "Portal": 100, "Special": -1, "Media": -2}


@dataclass(slots=True)
class Site:
    """The wiki a dump comes from; fields are empty when the dump does not say."""

    dbname: str = ""
    base: str = ""
    """URL of the main page."""
    namespaces: dict[str, int] = field(default_factory=dict)
    """Number of each by its name, those that every wiki has among them."""


@dataclass(slots=True)
class Page:
    """A page as it was when the dump was made."""

    title: str = ""
    page_id: str = ""
    namespace: int = 0
    redirect: str = ""
    """Title it redirects to now."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a page; `text` is None when the dump does not hold it."""

    page: Page
    revision_id: str
    parent_id: str
    timestamp: str
    model: str
    text: str | None
    is_suppressed: bool
    is_oversized: bool


@dataclass(frozen=True, slots=True)
class PageEnd:
    """All revisions of the page were read."""

    page: Page


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """A compressed stream ended between two pages; reading may start again there."""

    position: int


Event = Site | Revision | PageEnd | StreamEnd


def namespace_of(title: str, namespaces: Mapping[str, int]) -> int:
    """The number of the namespace that a title begins with; 0, of articles, if it names none.

    >>> namespace_of("Talk:Rome", {"Talk": 1}), namespace_of("2001: A Film", {"Talk": 1})
    (1, 0)
    """
    prefix, colon, _ = title.partition(":")
    return namespaces.get(prefix, 0) if colon else 0


class ExportParser:
    """Expat's callbacks, gathering what they find until it is taken."""

    def __init__(self, namespaces: frozenset[int] | None) -> None:
        self._wanted = namespaces
        self._found: list[Event] = []
        self._error: ParseError | None = None
        self._path: list[str] = []
        self._site: Site | None = Site()
        self._namespaces: Mapping[str, int] = {}
        self._page = Page()
        self._has_namespace = False
        self._is_wanted = True
        self._revision: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._is_collecting = False
        self._parts: list[str] = []
        self._n_chars = 0
        self._max_chars = 0
        self._n_bytes = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = BLOCK_BYTES
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._expat = parser

    def feed(self, block: bytes, *, is_last: bool) -> None:
        """Parse more bytes; an error is kept until `check`."""
        if self._error is not None:
            return
        try:
            self._expat.Parse(block, is_last)
        except expat.ExpatError as e:
            self._error = ParseError(f"broken XML at line {e.lineno}: {expat.ErrorString(e.code)}")
            self._error.__cause__ = e
        except ParseError as e:
            self._error = e
        self._n_bytes += len(block)
        # Expat keeps an unfinished tag whole; text it hands over as it comes.
        if self._n_bytes - max(0, self._expat.CurrentByteIndex) > _MAX_TAG_BYTES:
            self._error = self._error or ParseError("broken XML: a tag of more than 16 MiB")

    def take(self) -> list[Event]:
        """Return what was found since the last call."""
        found, self._found = self._found, []
        return found

    def check(self) -> None:
        """Raise the error met, after what came before it was taken."""
        if self._error is not None:
            raise self._error

    @property
    def is_between_pages(self) -> bool:
        """Whether what was read so far ends with a whole page, or before the first."""
        return self._path == ["mediawiki"]

    def _refuse_doctype(self, *_: object) -> None:
        raise ParseError("not a MediaWiki dump: it declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        path = self._path
        parent = path[-1] if path else ""
        path.append(name)
        if (parent, name) in _FIELDS:
            is_text = name == "text"
            self._parts.clear()
            self._n_chars = 0
            self._max_chars = MAX_TEXT_CHARS if is_text else _MAX_FIELD_CHARS
            self._is_collecting = self._is_wanted or not is_text
            self._attributes = attributes
            if is_text:
                self._revision["has_text"] = "yes"
        elif name == "page" and parent == "mediawiki":
            self._start_page()
        elif name == "revision" and parent == "page":
            self._start_revision()
        elif name == "redirect" and parent == "page":
            self._page.redirect = attributes.get("title", "")
        elif not parent and name != "mediawiki":
            raise ParseError("not a MediaWiki dump")

    def _characters(self, text: str) -> None:
        if self._is_collecting:
            self._n_chars += len(text)
            if self._n_chars > self._max_chars:
                self._parts.clear()
            else:
                self._parts.append(text)

    def _end(self, name: str) -> None:
        path = self._path
        path.pop()
        parent = path[-1] if path else ""
        if (parent, name) in _FIELDS:
            self._is_collecting = False
            self._keep(parent, name)
        elif name == "revision" and parent == "page":
            self._end_revision()
        elif name == "page" and parent == "mediawiki":
            if self._is_wanted:
                self._found.append(PageEnd(self._page))
        elif name == "siteinfo":
            self._announce_site()

    def _keep(self, parent: str, name: str) -> None:
        value = "".join(self._parts)
        if parent == "revision":
            self._revision[name] = value
            if name == "text":
                self._revision["suppressed"] = "yes" if "deleted" in self._attributes else ""
                self._revision["bytes"] = self._attributes.get("bytes", "")
                self._revision["oversized"] = "yes" if self._n_chars > self._max_chars else ""
        elif parent == "page":
            self._keep_page(name, value.strip())
        elif self._site is not None:
            if name == "dbname":
                self._site.dbname = value.strip()
            elif name == "base":
                self._site.base = value.strip()
            elif value.strip():
                self._site.namespaces[value.strip()] = _integer(self._attributes.get("key", ""), -1)

    def _keep_page(self, name: str, value: str) -> None:
        if name == "title":
            self._page.title = value
        elif name == "id":
            self._page.page_id = value
        else:
            self._page.namespace = _integer(value, 0)
            self._has_namespace = True

    def _announce_site(self) -> None:
        if self._site is not None:
            self._found.append(self._site)
            self._site.namespaces = _USUAL_NAMESPACES | self._site.namespaces
            self._namespaces = self._site.namespaces
            self._site = None

    def _start_page(self) -> None:
        self._announce_site()
        self._page = Page()
        self._has_namespace = False
        self._is_wanted = True

    def _start_revision(self) -> None:
        page = self._page
        if not self._has_namespace:
            page.namespace = namespace_of(page.title, self._namespaces)
        self._is_wanted = self._wanted is None or page.namespace in self._wanted
        self._revision = {}

    def _end_revision(self) -> None:
        if not self._is_wanted:
            return
        get = self._revision.get
        text: str | None = get("text", "")
        is_suppressed = bool(get("suppressed"))
        is_stub = not text and get("bytes", "") not in ("", "0")
        if is_suppressed or is_stub or get("oversized") or not get("has_text"):
            text = None
        self._found.append(
            Revision(
                page=self._page,
                revision_id=get("id", "").strip(),
                parent_id=get("parentid", "").strip(),
                timestamp=get("timestamp", "").strip(),
                model=get("model", "").strip(),
                text=text,
                is_suppressed=is_suppressed,
                is_oversized=bool(get("oversized")),
            )
        )


def _integer(text: str, default: int) -> int:
    try:
        return int(text)
    except ValueError:
        return default

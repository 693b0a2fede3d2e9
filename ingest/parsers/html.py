"""HTML pages: the main text by trafilatura, dates as the page declares them, else by htmldate.

trafilatura keeps articles and drops navigation, and on short or odd pages drops too much: then the
page's whole text is taken instead.
"""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from htmldate import find_date
from lxml import html as lxml_html
from trafilatura import extract

from ingest.dates import from_value
from ingest.parsers.markdown import read_markdown
from ingest.parsers.page import outline_of, tree_of
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource, Section

_MIN_KEPT_SHARE = 0.2
_SHORT_PAGE_CHARS = 1000
_LATEST_DATE = "2199-12-31"  # htmldate's own limit is today by the wall clock; ours comes later
_MAX_CHARS = 20_000_000  # pages are looked at as trees, several times their size, more than once
_RAISED = re.compile(r"</?su[bp]>")  # trafilatura's Markdown has these tags, and no others
_MAX_LINKED_DATA_CHARS = 1_000_000

_META_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[translate(@name, 'DCTERMSPUBLIAOHN', 'dctermspubliaohn')='dc.date'"
    " or translate(@name, 'DCTERMSPUBLIAOHN', 'dctermspubliaohn')='dcterms.date']/@content",
    "//meta[@name='citation_publication_date' or @name='citation_date']/@content",
    "//meta[@name='date' or @name='pubdate' or @name='publish_date' or @name='article.published']"
    "/@content",
    "//time[@pubdate]/@datetime",
)
_CHANGED_DATES = (
    "//meta[@property='article:modified_time' or @property='og:updated_time']/@content",
    "//meta[@itemprop='dateModified']/@content",
    "//*[@itemprop='dateModified']/@datetime",
)
_LINKED_DATA = "//script[@type='application/ld+json']/text()"
_LINKED_DATES = ("datePublished", "dateCreated", "uploadDate", "dateModified")

# Both libraries warn about pages that are hard to read, which the caller hears as a ParseError.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the page's main text, its headings as sections, its title and dates.

    Raises:
        ParseError: If the file is empty, is no HTML, is too large, or shows no text.
    """
    yield read_html(read_text(path))


def read_html(source: str) -> Parsed:
    """Return what a page's source says.

    Raises:
        ParseError: If it is no HTML, is too large, or shows no text.
    """
    if len(source) > _MAX_CHARS:
        raise ParseError(f"a page of more than {_MAX_CHARS // 1_000_000} million characters")
    tree = tree_of(source)
    text, sections = _main_text(source, tree)
    if not text:
        raise ParseError("no text in the page")
    return Parsed(text=text, title=_title(tree), sections=sections, dates=_dates(source, tree))


def _main_text(source: str, tree: lxml_html.HtmlElement) -> tuple[str, tuple[Section, ...]]:
    whole, whole_sections = outline_of(tree).finish()
    extracted = _extracted(source)
    if extracted:
        read = read_markdown(_RAISED.sub("", extracted), has_html=False)
        if len(whole) < _SHORT_PAGE_CHARS:
            kept = len(read.text) >= 0.9 * len(whole)
        else:
            kept = len(read.text) >= _MIN_KEPT_SHARE * len(whole)
        if kept:
            return read.text, read.sections
    return whole, whole_sections


def _extracted(source: str) -> str | None:
    try:
        return extract(
            source,
            output_format="markdown",
            favor_recall=True,
            include_comments=False,
            include_tables=True,
            include_links=False,
            deduplicate=False,
        )
    # The whole text is there to fall back on, and heuristics fail in many ways on odd input.
    except Exception:  # noqa: BLE001
        return None


def _title(tree: lxml_html.HtmlElement) -> str:
    for path in ("//meta[@property='og:title']/@content", "//head/title", "//title", "//h1"):
        for found in tree.xpath(path):
            title = found if isinstance(found, str) else found.text_content()
            if title.strip():
                return " ".join(title.split())
    return ""


def _dates(source: str, tree: lxml_html.HtmlElement) -> tuple[Dated, ...]:
    """What the page declares; htmldate, which knows more places, only where it declares nothing.

    htmldate answers with a day even where the page says only a year.
    """
    values = [
        *(value for path in _META_DATES for value in tree.xpath(path)),
        *_linked_dates(tree),
        *(value for path in _CHANGED_DATES for value in tree.xpath(path)),
    ]
    declared = [from_value(value, DateSource.HTML_META) for value in values]
    dates = [dated for dated in declared if dated is not None]
    if not dates:
        day = _htmldate(source)
        found = from_value(day, DateSource.HTML_META) if day else None
        dates = [] if found is None else [found]
    return tuple(dates)


def _linked_dates(tree: lxml_html.HtmlElement) -> list[object]:
    """The dates in JSON-LD, of the outermost things first: inner ones may be comments."""
    things: list[object] = []
    for script in tree.xpath(_LINKED_DATA):
        try:
            things.append(json.loads(script[:_MAX_LINKED_DATA_CHARS]))
        except (ValueError, RecursionError):
            continue
    while things:
        # "@graph" and lists are only wrappers.
        inner: list[object] = []
        for thing in things:
            inner.extend(thing.values() if isinstance(thing, dict) else ())
            inner.extend(thing if isinstance(thing, list) else ())
        owners = [thing for thing in things if isinstance(thing, dict)]
        if dates := [owner[k] for k in _LINKED_DATES for owner in owners if owner.get(k)]:
            return dates
        things = inner
    return []


def _htmldate(source: str) -> str | None:
    try:
        day = find_date(
            source,
            original_date=True,
            extensive_search=False,
            min_date="1500-01-01",
            max_date=_LATEST_DATE,
        )
    # A date is not worth a page, and the library's heuristics fail in many ways on odd input.
    except Exception:  # noqa: BLE001
        return None
    return day if isinstance(day, str) else None

"""HTML pages: the main text by trafilatura, dates by htmldate.

trafilatura keeps articles and drops navigation, and on short or odd pages drops too much: then the
page's whole text is taken instead.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from htmldate import find_date
from lxml import etree
from lxml import html as lxml_html
from trafilatura import extract

from ingest.dates import from_value
from ingest.parsers.markdown import read_markdown
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource, Section

_MIN_KEPT_SHARE = 0.2
_SHORT_PAGE_CHARS = 1000
_LATEST_DATE = "2199-12-31"  # htmldate's own limit is today by the wall clock; ours comes later

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
_HIDDEN = "//script|//style|//noscript|//template|//head|//nav|//iframe|//svg|//comment()"
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt",
        "figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
        "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul", "td", "th", "caption",
    }
)  # fmt: skip

# Both libraries warn about pages that are hard to read, which the caller hears as a ParseError.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the page's main text, its headings as sections, its title and dates.

    Raises:
        ParseError: If the file is empty, is no HTML, or shows no text.
    """
    source = read_text(path)
    tree = _tree(source)
    text, sections = _main_text(source, tree)
    if not text:
        raise ParseError("no text in the page")
    yield Parsed(text=text, title=_title(tree), sections=sections, dates=_dates(source, tree))


def _tree(source: str) -> lxml_html.HtmlElement:
    if "<" not in source:
        raise ParseError("not an HTML file")
    # An encoding named in the page was true of its bytes, not of the text they became.
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)
    try:
        return lxml_html.document_fromstring(
            source, parser=lxml_html.HTMLParser(no_network=True, remove_pis=True)
        )
    except (etree.LxmlError, ValueError) as e:
        raise ParseError("not an HTML file") from e


def _main_text(source: str, tree: lxml_html.HtmlElement) -> tuple[str, tuple[Section, ...]]:
    whole = _whole_text(tree)
    extracted = _extracted(source)
    if extracted:
        text, sections, _ = read_markdown(extracted)
        if len(whole) < _SHORT_PAGE_CHARS:
            kept = len(text) >= 0.9 * len(whole)
        else:
            kept = len(text) >= _MIN_KEPT_SHARE * len(whole)
        if kept:
            return text, sections
    return whole, ()


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


def _whole_text(tree: lxml_html.HtmlElement) -> str:
    """All the text a reader would see, a line a block."""
    hidden = set(tree.xpath(_HIDDEN))
    parts: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            parts.append(element.tail or "")
        elif event == "start":
            if element.tag in _BLOCKS:
                parts.append("\n")
            if not _is_inside(element, hidden):
                parts.append(_one_space(element.text))
        else:
            if element.tag in _BLOCKS:
                parts.append("\n")
            parent = element.getparent()
            if parent is not None and not _is_inside(parent, hidden):
                parts.append(_one_space(element.tail))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _one_space(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _is_inside(element: lxml_html.HtmlElement, hidden: set[lxml_html.HtmlElement]) -> bool:
    return element in hidden or any(above in hidden for above in element.iterancestors())


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
    values = (value for path in _META_DATES for value in tree.xpath(path))
    declared = [from_value(value, DateSource.HTML_META) for value in values]
    dates = [dated for dated in declared if dated is not None]
    if not dates:
        day = _htmldate(source)
        found = from_value(day, DateSource.HTML_META) if day else None
        dates = [] if found is None else [found]
    return tuple(dates)


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

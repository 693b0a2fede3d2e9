"""The text of HTML as a reader sees it, block by block. Knows nothing of what a page is about."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree
from lxml import html as lxml_html

from ingest.outline import Outline
from ingest.parsers.tables import row_line
from rag_lifelong.errors import ParseError

_HIDDEN = frozenset({"script", "style", "noscript", "template", "head", "nav", "iframe", "svg"})
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt",
        "figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
        "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul", "td", "th", "caption",
    }
)  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# A table that holds these lays out a page; one without them is data.
_LAYOUT = frozenset({"table", "p", "div", "ul", "ol", "h1", "h2", "h3", "h4", "form", "pre"})


class Block(NamedTuple):
    """A heading of a level, or other text, which has level 0."""

    level: int
    text: str


def tree_of(source: str) -> lxml_html.HtmlElement:
    """Return the document of an HTML source.

    Raises:
        ParseError: If there is no markup in it.
    """
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


def blocks_of(tree: lxml_html.HtmlElement) -> Iterator[Block]:
    """Yield the blocks of text in order: no scripts, no navigation, tables as rows."""
    walk = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    line: list[str] = []
    level = 0
    for event, element in walk:
        tag = element.tag if event in ("start", "end") else ""
        is_block = tag in _BLOCKS
        if is_block:
            text = " ".join("".join(line).split())
            if text:
                yield Block(level, text)
            line.clear()
            level = _HEADINGS.get(tag, level) if event == "start" else 0
        if event == "start":
            if tag in _HIDDEN:
                walk.skip_subtree()
            elif tag == "table" and (rows := _rows(element)):
                yield Block(0, rows)
                walk.skip_subtree()
            else:
                line.append(_shown(element))
        else:
            line.append(element.tail or "")
    text = " ".join("".join(line).split())
    if text:
        yield Block(0, text)


def outline_of(tree: lxml_html.HtmlElement) -> Outline:
    """Return the blocks of a page as an outline."""
    outline = Outline()
    add_blocks(outline, tree)
    return outline


def add_blocks(outline: Outline, tree: lxml_html.HtmlElement) -> None:
    """Add a page's blocks to an outline; lines that follow each other stay one paragraph."""
    lines: list[str] = []
    for level, text in blocks_of(tree):
        if not level:
            lines.append(text)
            continue
        outline.add_text("\n".join(lines))
        lines.clear()
        outline.add_heading(level, text)
    outline.add_text("\n".join(lines))


def _shown(element: lxml_html.HtmlElement) -> str:
    """What an element shows before its inner elements: its text, or a picture's description."""
    if element.tag == "img":
        return f" {element.get('alt', '')} "
    return element.text or ""


def _rows(table: lxml_html.HtmlElement) -> str:
    """The rows of a table of data; nothing for one that lays out a page."""
    if any(inner.tag in _LAYOUT for inner in table.iterdescendants()):
        return ""
    lines = (
        row_line([cell.text_content() for cell in row if cell.tag in ("td", "th")])
        for row in table.iter("tr")
    )
    caption = " ".join(" ".join(c.text_content() for c in table.iter("caption")).split())
    return "\n".join(line for line in (caption, *lines) if line)

"""OpenDocument texts, presentations and spreadsheets, read out of `content.xml` by lxml.

The whole format is a handful of elements once only the text matters, and read this way a sheet of
a million empty rows or columns, which is one element that says it is repeated, costs nothing.
"""

from collections.abc import Iterator
from pathlib import Path, PurePath
from urllib.parse import quote
from zipfile import ZipFile

from lxml import etree

from ingest.outline import Outline
from ingest.parsers.office import DAMAGE, date_of, opened, values_of, xml_of
from ingest.parsers.tables import row_line, sheet_lines
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_WHAT = "OpenDocument file"
# Repeated cells beyond this are the emptiness at the edges, written out by some program.
_MAX_REPEATED = 100
_MAX_SPACES = 100
_LEFT_OUT = frozenset(
    {
        f"{_OFFICE}annotation", f"{_OFFICE}annotation-end", f"{_OFFICE}forms",
        f"{_TEXT}tracked-changes", f"{_TEXT}sequence-decls", f"{_TEXT}table-of-content",
        f"{_TEXT}alphabetical-index", f"{_TABLE}named-expressions",
        f"{_TABLE}database-ranges", f"{_TABLE}calculation-settings", f"{_TABLE}shapes",
        f"{_TABLE}content-validations", f"{_TABLE}tracked-changes",
    }
)  # fmt: skip


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document: headings, slides and sheets as sections, rows as lines.

    Raises:
        ParseError: If the file is no OpenDocument file, is damaged, or has no text.
    """
    with opened(path, what=_WHAT, parts=["content.xml"]) as archive:
        if "encryption-data" in _manifest(archive):
            raise ParseError(f"{_WHAT} needs a password")
        try:
            root = xml_of(archive.read("content.xml"))
            outline = Outline()
            for body in root.iterfind(f"{_OFFICE}body/*"):
                _add_all(body, outline, is_sheets=body.tag == f"{_OFFICE}spreadsheet")
            text, sections = outline.finish()
        except DAMAGE as e:
            raise ParseError(f"damaged {_WHAT}") from e
        title, dates = _properties(archive)
    if not text:
        raise ParseError("no text in the OpenDocument file")
    yield Parsed(text=text, title=title, sections=sections, locators=outline.locators, dates=dates)


def _manifest(archive: ZipFile) -> str:
    try:
        return archive.read("META-INF/manifest.xml").decode("utf-8", errors="replace")
    except DAMAGE:
        return ""


def _add_all(parent: etree._Element, outline: Outline, *, is_sheets: bool = False) -> None:
    n_slides = 0
    for element in parent:
        if element.tag == f"{_DRAW}page":
            n_slides += 1
            _add_slide(element, outline, n_slides)
        elif is_sheets and element.tag == f"{_TABLE}table":
            _add_sheet(element, outline)
        elif element.tag not in _LEFT_OUT and isinstance(element.tag, str):
            _add_block(element, outline)


def _add_block(element: etree._Element, outline: Outline) -> None:
    if element.tag == f"{_TEXT}h":
        outline.add_heading(_level(element), _text_of(element))
    elif element.tag == f"{_TEXT}p":
        outline.add_text(_text_of(element))
        # Text boxes are anchored in a paragraph.
        for box in element.iterfind(f".//{_DRAW}text-box"):
            _add_all(box, outline)
    elif element.tag == f"{_TEXT}list":
        outline.add_text("\n".join(_items(element)))
    elif element.tag == f"{_TABLE}table":
        outline.add_text("\n".join(line for line in map(row_line, _rows(element)) if line))
    else:
        _add_all(element, outline)


def _add_slide(page: etree._Element, outline: Outline, number: int) -> None:
    outline.add_place(f"slide={number}")
    outline.leave(1)
    for element in list(page):
        if element.get(f"{_PRESENTATION}class") == "title":
            outline.add_heading(1, " ".join(map(_text_of, element.iter(f"{_TEXT}p"))))
            page.remove(element)
    _add_all(page, outline)


def _add_sheet(table: etree._Element, outline: Outline) -> None:
    name = table.get(f"{_TABLE}name", "")
    outline.leave(1)
    lines = "\n".join(sheet_lines(_rows(table)))
    if lines:
        outline.add_place(f"sheet={quote(name)}")
        outline.add_heading(1, name)
        outline.add_text(lines)


def _rows(table: etree._Element) -> Iterator[list[str]]:
    for row in table.iter(f"{_TABLE}table-row"):
        # A table inside a cell is read with the cell.
        if next(row.iterancestors(f"{_TABLE}table"), None) is not table:
            continue
        cells: list[str] = []
        for cell in row:
            if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                cells.extend([_cell_text(cell)] * _repeated(cell, "columns"))
        if any(cells):
            yield from [cells] * _repeated(row, "rows")


def _repeated(element: etree._Element, what: str) -> int:
    times = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return min(int(times), _MAX_REPEATED) if times.isdecimal() and len(times) < 9 else 1


def _cell_text(cell: etree._Element) -> str:
    paragraphs = (p for p in cell.iter(f"{_TEXT}p", f"{_TEXT}h") if not _is_annotation(p))
    return " ".join(text for text in map(_text_of, paragraphs) if text)


def _is_annotation(element: etree._Element) -> bool:
    return next(element.iterancestors(f"{_OFFICE}annotation"), None) is not None


def _items(items: etree._Element, indent: str = "") -> Iterator[str]:
    for item in items:
        for block in item:
            if block.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                text = _text_of(block)
                if text:
                    yield f"{indent}- {text}"
            elif block.tag == f"{_TEXT}list":
                yield from _items(block, indent + "  ")


def _level(heading: etree._Element) -> int:
    level = heading.get(f"{_TEXT}outline-level", "1")
    return int(level) if level.isdecimal() and len(level) < 3 else 1


def _text_of(element: etree._Element) -> str:
    return "".join(_pieces(element)).strip()


def _pieces(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        if inner.tag == f"{_TEXT}s":
            count = inner.get(f"{_TEXT}c", "1")
            yield " " * min(int(count) if count.isdecimal() else 1, _MAX_SPACES)
        elif inner.tag == f"{_TEXT}tab":
            yield "\t"
        elif inner.tag == f"{_TEXT}line-break":
            yield "\n"
        elif inner.tag == f"{_TEXT}note":
            yield f" [{' '.join(map(_text_of, inner.iter(f'{_TEXT}p')))}]"
        elif inner.tag not in _LEFT_OUT and inner.tag != f"{_DRAW}frame":
            yield from _pieces(inner)
        yield inner.tail or ""


def _properties(archive: ZipFile) -> tuple[str, tuple[Dated, ...]]:
    """The title, and the dates: last change first, as with other office formats."""
    try:
        root = xml_of(archive.read("meta.xml"))
    except DAMAGE:
        return "", ()
    dates = (date_of(text) for text in values_of(root, "date", "creation-date"))
    title = " ".join(next(iter(values_of(root, "title")), "").split())
    return title, tuple(dated for dated in dates if dated is not None)

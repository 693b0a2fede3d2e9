"""Word documents: paragraphs and tables in reading order."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.table import Table, _Cell

from ingest.dates import from_office
from ingest.outline import Outline
from ingest.parsers.office import DAMAGE, opened
from ingest.parsers.tables import row_line
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document: headings as sections, table rows as `| cell | cell |` lines.

    Raises:
        ParseError: If the file is no Word document, is damaged, or has no text.
    """
    with opened(path, what="Word document", parts=["word/document.xml"]):
        pass
    try:
        with path.open("rb") as file:
            word = docx.Document(file)
        outline = _read(word)
        text, sections = outline.finish()
        properties = word.core_properties
        title, dates = properties.title, _dates(word)
    except (OpcError, *DAMAGE) as e:
        raise ParseError("damaged Word document") from e
    if not text:
        raise ParseError("no text in the Word document")
    yield Parsed(text=text, title=" ".join((title or "").split()), sections=sections, dates=dates)


def _read(word: WordDocument) -> Outline:
    outline = Outline()
    for block in word.iter_inner_content():
        if isinstance(block, Table):
            outline.add_text("\n".join(_rows(block)))
            continue
        style = block.style.name if block.style is not None else None
        heading = _HEADING.match(style or "")
        if heading:
            outline.add_heading(int(heading[1]), block.text)
        elif style == "Title" and block.text.strip():
            outline.add_heading(0, block.text)
        else:
            outline.add_text(block.text)
    return outline


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        cells: list[str] = []
        previous = None
        for cell in row.cells:
            # A merged cell is listed once for every column it spans.
            if cell._tc is not previous:  # noqa: SLF001  (the only way to tell)
                cells.append(_cell_text(cell))
            previous = cell._tc  # noqa: SLF001
        if line := row_line(cells):
            yield line


def _cell_text(cell: _Cell) -> str:
    """What a cell says; the rows of a table inside it follow each other."""
    blocks = cell.iter_inner_content()
    return " ".join(" ".join(_rows(b)) if isinstance(b, Table) else b.text for b in blocks)


def _dates(word: WordDocument) -> tuple[Dated, ...]:
    """Last change first: the date of creation is often that of a template."""
    properties = word.core_properties
    read = (from_office(properties.modified), from_office(properties.created))
    return tuple(dated for dated in read if dated is not None)

"""Word documents: paragraphs and tables in reading order."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile, is_zipfile

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.table import Table
from lxml import etree

from ingest.dates import from_office
from ingest.outline import Outline
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, Section

_MAX_UNPACKED_BYTES = 500_000_000
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document: headings as sections, table rows as `| cell | cell |` lines.

    Raises:
        ParseError: If the file is no Word document, is damaged, or has no text.
    """
    _check(path)
    try:
        word = docx.Document(str(path))
        text, sections = _read(word)
        properties = word.core_properties
        title, dates = properties.title, _dates(word)
    # python-docx lets whatever is wrong inside the parts through as what it happens to cause.
    except (OpcError, BadZipFile, etree.LxmlError, KeyError, ValueError, AttributeError,
            TypeError, IndexError, NotImplementedError, EOFError) as e:  # fmt: skip
        raise ParseError("damaged Word document") from e
    if not text:
        raise ParseError("no text in the Word document")
    yield Parsed(text=text, title=" ".join((title or "").split()), sections=sections, dates=dates)


def _check(path: Path) -> None:
    if not path.stat().st_size:
        raise ParseError("empty file")
    if not is_zipfile(path):
        raise ParseError("not a Word document (.docx)")
    try:
        with ZipFile(path) as archive:
            infos = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError) as e:
        raise ParseError("damaged Word document") from e
    if "word/document.xml" not in {info.filename for info in infos}:
        raise ParseError("not a Word document (.docx)")
    if sum(info.file_size for info in infos) > _MAX_UNPACKED_BYTES:
        raise ParseError(f"unpacks to more than {_MAX_UNPACKED_BYTES // 1_000_000} MB")


def _read(word: WordDocument) -> tuple[str, tuple[Section, ...]]:
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
    return outline.finish()


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        cells: list[str] = []
        previous = None
        for cell in row.cells:
            # A merged cell is listed once for every column it spans.
            if cell._tc is not previous:  # noqa: SLF001  (the only way to tell)
                cells.append(" ".join(cell.text.split()))
            previous = cell._tc  # noqa: SLF001
        if any(cells):
            yield f"| {' | '.join(cells)} |"


def _dates(word: WordDocument) -> tuple[Dated, ...]:
    """Last change first: the date of creation is often that of a template."""
    properties = word.core_properties
    read = (from_office(properties.modified), from_office(properties.created))
    return tuple(dated for dated in read if dated is not None)

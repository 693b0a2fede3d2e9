"""Old Excel workbooks (.xls) by xlrd.

calamine, which reads the new ones, sets aside as much memory as the file says it needs, and one
wrong byte there ends the process; nothing that Python code does can.
"""

from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path, PurePath
from urllib.parse import quote

import olefile
import xlrd
from xlrd.sheet import Cell, Sheet

from ingest.outline import Outline
from ingest.parsers.ole import ole_properties
from ingest.parsers.spreadsheet import shown
from ingest.parsers.tables import sheet_lines
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the workbook, its sheets as sections.

    Raises:
        ParseError: If the file is no workbook, is damaged, or has no text.
    """
    if not path.stat().st_size:
        raise ParseError("empty file")
    if not olefile.isOleFile(path):
        raise ParseError("not an old Excel workbook (.xls)")
    outline = Outline(keep_empty_headings=False)
    try:
        with xlrd.open_workbook(
            str(path), logfile=StringIO(), on_demand=True, ragged_rows=True
        ) as book:
            for sheet_name in book.sheet_names():
                _add_sheet(outline, book.sheet_by_name(sheet_name), book.datemode)
                book.unload_sheet(sheet_name)
        text, sections = outline.finish()
    except ParseError:
        raise
    # xlrd lets whatever is wrong inside the file through as what it happens to cause.
    except Exception as e:
        raise ParseError("damaged Excel workbook") from e
    if not text:
        raise ParseError("no text in the Excel workbook")
    title, dates = ole_properties(path)
    yield Parsed(text=text, title=title, sections=sections, locators=outline.locators, dates=dates)


def _add_sheet(outline: Outline, sheet: Sheet, datemode: int) -> None:
    outline.add_place(f"sheet={quote(sheet.name)}")
    outline.add_heading(1, sheet.name)
    rows = ([_shown(cell, datemode) for cell in sheet.row(n)] for n in range(sheet.nrows))
    outline.add_text("\n".join(sheet_lines(rows)))


def _shown(cell: Cell, datemode: int) -> str:
    value = cell.value
    if cell.ctype == xlrd.XL_CELL_DATE:
        # A number may stand in a date's clothes.
        with suppress(ValueError, OverflowError):
            value = xlrd.xldate_as_datetime(value, datemode)
    elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
        value = bool(value)
    elif cell.ctype == xlrd.XL_CELL_ERROR:
        value = xlrd.error_text_from_code.get(value, "")
    return shown(value)

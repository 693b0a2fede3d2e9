"""Excel workbooks (.xlsx) by calamine: each sheet a section of `| cell | cell |` lines.

calamine lays a sheet out as one rectangle, and one cell in the last corner makes that more than any
memory, which ends the whole process. So the corners are looked up first.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path, PurePath
from urllib.parse import quote
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from ingest.outline import Outline
from ingest.parsers.office import core_properties, opened
from ingest.parsers.tables import sheet_lines
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed

_MAX_CELLS = 20_000_000
_MAX_COLUMNS = 16_384
_BLOCK = 1 << 20
_OVERLAP = 256
_CELL = re.compile(rb"""[\s"']r\s*=\s*["']([A-Za-z]{0,3})(\d{1,10})["']""")
_CELL_START = re.compile(rb"<(?:\w+:)?c[\s/>]")
_WHAT = "Excel workbook"


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the workbook, its sheets as sections.

    Raises:
        ParseError: If the file is no workbook, is damaged, has no text, or a sheet is too wide.
    """
    with opened(path, what=_WHAT, parts=["xl/workbook.xml"]) as archive:
        _check(archive)
        title, dates = core_properties(archive)
    outline = _read(path)
    text, sections = outline.finish()
    if not text:
        raise ParseError("no text in the Excel workbook")
    yield Parsed(text=text, title=title, sections=sections, locators=outline.locators, dates=dates)


def _read(path: Path) -> Outline:
    outline = Outline(keep_empty_headings=False)
    try:
        with CalamineWorkbook.from_path(path) as book:
            kinds = {sheet.name: sheet.typ for sheet in book.sheets_metadata}
            for sheet_name in book.sheet_names:
                if kinds.get(sheet_name) in (None, SheetTypeEnum.WorkSheet):
                    _add_sheet(outline, book.get_sheet_by_name(sheet_name))
    except (CalamineError, OSError, ValueError, OverflowError) as e:
        raise ParseError(f"damaged {_WHAT}") from e
    # A panic of the Rust below comes up as this, which is no Exception.
    except BaseException as e:
        if type(e).__name__ != "PanicException":
            raise
        raise ParseError(f"damaged {_WHAT}") from e
    return outline


def _add_sheet(outline: Outline, sheet: CalamineSheet) -> None:
    outline.add_place(f"sheet={quote(sheet.name)}")
    outline.add_heading(1, sheet.name)
    rows = ([shown(cell) for cell in row] for row in sheet.iter_rows())
    outline.add_text("\n".join(sheet_lines(rows)))


def shown(cell: object) -> str:
    """Return a cell as a person would write it: no zeros that only a computer stores.

    >>> shown(2015.0), shown(True), shown(0.1 + 0.2)
    ('2015', 'TRUE', '0.3')
    """
    match cell:
        case bool():
            return str(cell).upper()
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
        case datetime():
            is_day = cell.time() == time()
            return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


def _check(archive: ZipFile) -> None:
    """Refuse sheets of too many cells; every part is looked at, since any may be a sheet."""
    for info in archive.infolist():
        # What is said of the size is what may be read: calamine would read on.
        n_read = 0
        corner = _Corner()
        with archive.open(info) as part:
            rest = b""
            while block := part.read(_BLOCK):
                n_read += len(block)
                if n_read == len(block) and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise ParseError(f"damaged {_WHAT}")
                if info.filename.lower().endswith((".png", ".jpeg", ".jpg", ".gif", ".emf")):
                    continue
                corner.see(rest + block, len(rest))
                rest = block[-_OVERLAP:]
        corner.check()


class _Corner:
    """The last row and column that the cells seen so far name."""

    def __init__(self) -> None:
        self.row = self.column = self.n_cells = self.n_named = 0

    def see(self, block: bytes, n_seen: int) -> None:
        for match in _CELL.finditer(block):
            if match.end() <= n_seen:
                continue
            self.row = max(self.row, int(match[2]))
            if match[1]:
                self.n_named += 1
                self.column = max(self.column, _column(match[1]))
        self.n_cells += sum(match.end() > n_seen for match in _CELL_START.finditer(block))

    def check(self) -> None:
        # Cells that name no place follow the one before them.
        unnamed = max(0, self.n_cells - self.n_named)
        width = self.column + min(unnamed, _MAX_COLUMNS)
        _check_size(self.row + (unnamed if not self.row else 0), width)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _check_size(n_rows: int, n_columns: int) -> None:
    if n_rows * n_columns > _MAX_CELLS:
        raise ParseError(f"a sheet of {n_rows} × {n_columns} cells: more than {_MAX_CELLS}")

"""Tables as text: CSV and its like, the first row naming the columns.

A row alone says nothing ("France; 2019; 67"), so every row is written with the names of its
columns: `Country: France; Year: 2019; Population: 67`. Read a row at a time, whatever its size.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import NamedTuple
from zlib import crc32

from ingest.dates import is_day_first
from ingest.names import readable_stem
from ingest.parsers.records import (
    KEY_FIELDS,
    TITLE_FIELDS,
    Keys,
    date_fields,
    find_field,
    record_date,
)
from ingest.parsers.tables import named_line
from ingest.text import MAX_LINE_CHARS, read_lines
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Locator

_DELIMITERS = {".tsv": "\t", ".psv": "|"}
_SNIFFED_CHARS = 16_384
_JUDGED_ROWS = 50
# A table without dates is one document up to here, and then parts that end at rows which a hash
# chooses, so that a row more or less leaves the other parts as they were.
_PART_CHARS = 500_000
_PART_ROWS = 64

# The csv module's own limit on a cell is 128 KiB, less than an article; this holds for the process.
csv.field_size_limit(MAX_LINE_CHARS)

Row = dict[str, str]


class DateColumn(NamedTuple):
    """The column that dates the rows, and whether its 05/07/2015 have the day first, if known."""

    name: str
    day_first: bool | None


class _Record(NamedTuple):
    number: int
    row: Row


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield each row as a document of its own date, or the whole table where rows have none.

    Raises:
        ParseError: If the file is empty, is no text, or its quoting is broken.
    """
    lines = read_lines(path)
    head = list(islice(_at_most(lines, _SNIFFED_CHARS), _JUDGED_ROWS))
    try:
        rows = csv.reader(chain(head, lines), _dialect("".join(head), name), strict=True)
        yield from _documents(rows, name)
    except csv.Error as e:
        raise ParseError(f"broken table: {e}") from e


def _at_most(lines: Iterator[str], n_chars: int) -> Iterator[str]:
    """Lines until they are so many characters."""
    while n_chars > 0 and (line := next(lines, None)) is not None:
        n_chars -= len(line)
        yield line


def _documents(rows: Iterator[list[str]], name: PurePath) -> Iterator[Parsed]:
    # RFC 7111 counts rows from one, the header among them.
    numbered = enumerate(rows, start=1)
    filled = ((number, row) for number, row in numbered if any(cell.strip() for cell in row))
    _, header = next(filled, (0, None))
    if header is None:
        raise ParseError("empty table")
    names = _unique(header)
    records: Iterator[_Record] = (_Record(number, _named(names, row)) for number, row in filled)
    sample = list(islice(records, _JUDGED_ROWS))
    if not sample:
        yield Parsed(text="; ".join(cell.strip() for cell in header if cell.strip()))
        return
    records = chain(sample, records)
    column = _date_column(names, [record.row for record in sample])
    if column is not None:
        yield from _dated_rows(records, names, column, readable_stem(name))
    else:
        yield from _parts(records)


def _parts(records: Iterable[_Record]) -> Iterator[Parsed]:
    """The rows as one document, or as several where they are many; a part is named by its start."""
    keys = Keys()
    lines: list[str] = []
    locators: list[Locator] = []
    n_chars = 0
    is_split = False

    def part() -> Iterator[Parsed]:
        text = "\n".join(lines)
        start = sha256(lines[0].encode()).hexdigest()[:16]
        key = keys.key(start, text) if is_split else ""
        if key is not None:  # it is no repetition of another part
            yield Parsed(text=text, key=key, locators=tuple(locators))

    for record in records:
        line = _line(record.row)
        is_chosen = crc32(line.encode()) % _PART_ROWS == 0
        if n_chars >= 2 * _PART_CHARS or (n_chars >= _PART_CHARS and is_chosen):
            is_split = True
            yield from part()
            lines, locators, n_chars = [], [], 0
        locators.append(Locator(n_chars, f"row={record.number}"))
        lines.append(line)
        n_chars += len(line) + 1
    yield from part()


def _dated_rows(
    records: Iterable[_Record], names: Sequence[str], column: DateColumn, stem: str
) -> Iterator[Parsed]:
    key_field = find_field(names, KEY_FIELDS)
    title_field = find_field(names, TITLE_FIELDS)
    keys = Keys()
    for _, row in records:
        line = _line(row)
        key = keys.key(row.get(key_field, "") if key_field else "", line)
        if key is None:
            continue
        title = row.get(title_field, "") if title_field else ""
        date = record_date(row, [column.name], day_first=column.day_first)
        yield Parsed(
            text=line,
            title=f"{stem}: {title}" if title else stem,
            key=key,
            dates=() if date is None else (date,),
        )


def _date_column(names: Sequence[str], sample: Sequence[Row]) -> DateColumn | None:
    """The column named like a date whose values are dates: `time` may as well hold seconds."""
    for name in date_fields(names):
        values = [record[name] for record in sample if record.get(name)]
        column = DateColumn(name, is_day_first(values))
        read = [record_date({name: v}, [name], day_first=column.day_first) for v in values]
        if values and sum(dated is not None for dated in read) >= 0.8 * len(values):
            return column
    return None


def _unique(header: Sequence[str]) -> list[str]:
    """The names of the columns, each its own: a row is a mapping of them."""
    names: dict[str, None] = {}
    for number, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"column {number}"
        names[name if name not in names else f"{name} (column {number})"] = None
    return list(names)


def _named(names: Sequence[str], row: Sequence[str]) -> Row:
    cells = [" ".join(cell.split()) for cell in row]
    record = dict(zip(names, cells, strict=False))
    for number, cell in enumerate(cells[len(names) :], start=len(names) + 1):
        record[f"column {number}"] = cell
    return record


def _line(record: Row) -> str:
    return named_line(list(record), list(record.values()))


def _dialect(text: str, file_name: PurePath) -> type[csv.Dialect] | csv.Dialect:
    class Simple(csv.excel):
        delimiter = _DELIMITERS.get(file_name.suffix.lower(), ",")

    if file_name.suffix.lower() in _DELIMITERS:
        return Simple
    try:
        sniffed = csv.Sniffer().sniff(text[:_SNIFFED_CHARS], delimiters=",;\t|")
    except csv.Error:
        return Simple
    # The delimiter is what is worth guessing: a guessed quoting breaks more files than it reads.
    Simple.delimiter = sniffed.delimiter
    return Simple

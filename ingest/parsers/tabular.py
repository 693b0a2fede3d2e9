"""Tables as text: CSV and its like, the first row naming the columns.

A row alone says nothing ("France; 2019; 67"), so every row is written with the names of its
columns: `Country: France; Year: 2019; Population: 67`.
"""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import NamedTuple

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
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed

_DELIMITERS = {".tsv": "\t", ".psv": "|"}
_SNIFFED_CHARS = 16_384
_JUDGED_ROWS = 50

Row = dict[str, str]


class DateColumn(NamedTuple):
    """The column that dates the rows, and whether its 05/07/2015 have the day first, if known."""

    name: str
    day_first: bool | None


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield each row as a document of its own date, or the whole table where rows have none.

    Raises:
        ParseError: If the file is empty, is no text, or its quoting is broken.
    """
    text = read_text(path)
    try:
        rows = csv.reader(StringIO(text, newline=""), _dialect(text, name), strict=True)
        yield from _documents(rows, name)
    except csv.Error as e:
        raise ParseError(f"broken table: {e}") from e


def _documents(rows: Iterator[list[str]], name: PurePath) -> Iterator[Parsed]:
    filled = (row for row in rows if any(cell.strip() for cell in row))
    first = next(filled, None)
    if first is None:
        raise ParseError("empty table")
    header = [cell.strip() for cell in first]
    names = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    records: Iterator[Row] = (_record(names, row) for row in filled)
    sample = list(islice(records, _JUDGED_ROWS))
    if not sample:
        yield Parsed(text="; ".join(cell for cell in header if cell))
        return
    records = chain(sample, records)
    column = _date_column(names, sample)
    if column is not None:
        yield from _dated_rows(records, names, column, readable_stem(name))
    else:
        yield Parsed(text="\n".join(_line(record) for record in records))


def _dated_rows(
    records: Iterator[Row], names: Sequence[str], column: DateColumn, stem: str
) -> Iterator[Parsed]:
    key_field = find_field(names, KEY_FIELDS)
    title_field = find_field(names, TITLE_FIELDS)
    keys = Keys()
    for record in records:
        line = _line(record)
        key = keys.key(record.get(key_field, "") if key_field else "", line)
        if key is None:
            continue
        title = record.get(title_field, "") if title_field else ""
        date = record_date(record, [column.name], day_first=column.day_first)
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


def _record(names: Sequence[str], row: Sequence[str]) -> Row:
    cells = [" ".join(cell.split()) for cell in row]
    record = dict(zip(names, cells, strict=False))
    for number, cell in enumerate(cells[len(names) :], start=len(names) + 1):
        record[f"column {number}"] = cell
    return record


def _line(record: Row) -> str:
    return "; ".join(f"{name}: {cell}" for name, cell in record.items() if cell)


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

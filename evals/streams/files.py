"""Reading the files that benchmarks are published in, with errors that name file and line."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO, TypeVar, overload

from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, parse_when

_GZIP_MAGIC = b"\x1f\x8b"
_LONGEST_FIELD = 1 << 24
"""Longest csv field that is read, in characters; the csv module's own limit of 131,072 is too short
for a field that holds a page."""

T = TypeVar("T")


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that is not blank, of plain or gzipped text.

    Raises:
        EvalError: If the file cannot be read, or a line is not a JSON object.
    """
    with _reading(path) as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except ValueError as error:
                raise EvalError(f"{at(path, line)}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise EvalError(f"{at(path, line)}: not a JSON object: {text.strip()[:60]}")
            yield line, row


def read_json(path: Path) -> Any:
    """What a plain or gzipped JSON file holds.

    Raises:
        EvalError: If the file cannot be read, or is not JSON.
    """
    with _reading(path) as file:
        try:
            return json.load(file)
        except json.JSONDecodeError as error:
            raise EvalError(f"{at(path, error.lineno)}: not JSON: {error.msg}") from error


def read_csv(path: Path, *, skip: int = 0) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number (of its last line) and fields of each row, of plain or gzipped text.

    Args:
        path: A csv file; the first line after those skipped names its columns.
        skip: How many lines precede the names of the columns.

    Raises:
        EvalError: If the file cannot be read, or a row has not as many fields as there are columns.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    with _reading(path) as file:
        for _ in range(skip):
            file.readline()
        rows = csv.reader(file, strict=True)
        try:
            columns = next(rows, [])
            for fields in rows:
                line = skip + rows.line_num
                if len(fields) != len(columns) and fields:
                    raise EvalError(f"{at(path, line)}: {len(fields)} fields, not {len(columns)}")
                if fields:
                    yield line, dict(zip(columns, fields, strict=True))
        except csv.Error as error:
            raise EvalError(f"{at(path, skip + rows.line_num)}: not csv: {error}") from error


@overload
def required(row: Mapping[str, Any], key: str, where: str) -> str: ...
@overload
def required(row: Mapping[str, Any], key: str, where: str, kind: type[T]) -> T: ...
def required(row: Mapping[str, Any], key: str, where: str, kind: type[Any] = str) -> Any:
    """The value of a key that a row must have.

    Args:
        row: What was read.
        key: The name of the field.
        where: File and line, as `at` writes them.
        kind: What type the value must be of; a truth value is no `int`.

    Raises:
        EvalError: If the row has no such key, or a value of another type.
    """
    if key not in row:
        raise EvalError(f"{where}: no {key!r}", hint=f"it has {', '.join(map(repr, row))}")
    value = row[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        found = type(value).__name__
        raise EvalError(f"{where}: {key!r} must be {kind.__name__}, not {found}: {value!r:.60}")
    return value


def required_texts(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A list of texts that a row must have, each once, in order.

    Raises:
        EvalError: If the row has no such key, or something else there.
    """
    texts = required(row, key, where, list)
    if not all(isinstance(text, str) for text in texts):
        raise EvalError(f"{where}: {key!r} must be a list of texts: {texts!r:.60}")
    return tuple(dict.fromkeys(texts))


def required_date(row: Mapping[str, Any], key: str, where: str) -> Interval:
    """The interval that an ISO date (`2019`, `2019-06`, `2019-06-01`, an instant) names.

    Raises:
        EvalError: If the row has no such key, or what is there is not a date.
    """
    try:
        return parse_when(required(row, key, where))[0]
    except ValueError as error:
        raise EvalError(f"{where}: {key!r}: {error}") from error


def at(path: Path, line: int) -> str:
    """How a place in a file is named in errors.

    >>> at(Path("docs.jsonl"), 3)
    'docs.jsonl:3'
    """
    return f"{path}:{line}"


@contextmanager
def _reading(path: Path) -> Iterator[TextIO]:
    """The text of a file, unpacked if it is gzipped, whatever its name (`.gz`, `.gzip`, none)."""
    try:
        with ExitStack() as opened:
            raw = opened.enter_context(path.open("rb"))
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            data = opened.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
            # A csv file may start with a byte-order mark, and its fields may hold line ends.
            yield opened.enter_context(TextIOWrapper(data, encoding="utf-8-sig", newline=""))
    except UnicodeDecodeError as error:
        raise EvalError(f"{path}: not UTF-8 text: {error.reason}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise EvalError(f"{path}: cannot be read: {error}") from error

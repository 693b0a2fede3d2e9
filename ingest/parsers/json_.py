"""JSON: a list of records, an object that holds one, a single record, or a record a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath

from ingest.parsers.records import (
    KEY_FIELDS,
    TITLE_FIELDS,
    Keys,
    date_fields,
    find_field,
    record_date,
)
from ingest.text import read_lines, read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed

_TEXT_FIELDS = (
    "text", "body", "content", "article", "full_text", "abstract", "summary", "description",
    "passage", "document",
)  # fmt: skip

Record = Mapping[str, object]


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the records of a JSON file.

    Raises:
        ParseError: If the file is empty, is no JSON, or holds no text.
    """
    value = load_json(read_text(path))
    records = _records(value)
    if records is None:
        yield _single(value)
    else:
        yield from _keyed(records)


def parse_lines(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the records of a file with one JSON value a line.

    Raises:
        ParseError: If the file is empty or a line is no JSON; the lines before it were yielded.
    """
    lines = enumerate(read_lines(path), start=1)
    yield from _keyed(load_json(line, number) for number, line in lines if line.strip())


def load_json(text: str, line: int | None = None) -> object:
    """Return the value of JSON, which is all of a file or its line of this number.

    Raises:
        ParseError: If it is broken.
    """
    try:
        return json.loads(text)
    except RecursionError as e:
        raise ParseError("broken JSON: nested too deeply") from e
    except ValueError as e:  # JSONDecodeError, and integers of more digits than Python reads
        at = line if line is not None else getattr(e, "lineno", 1)
        raise ParseError(f"broken JSON at line {at}") from e


def _records(value: object) -> list[object] | None:
    """The list a file is about: itself, or the one list of objects in an object of little else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and find_field(value, _TEXT_FIELDS) is None:
        lists = [v for v in value.values() if isinstance(v, list) and v]
        lists = [v for v in lists if all(isinstance(item, dict) for item in v)]
        if len(lists) == 1 and len(value) <= 5:
            return lists[0]
    return None


def _single(value: object) -> Parsed:
    parsed = _parsed(value, key="")
    if not parsed.text:
        raise ParseError("no text in the JSON file")
    return parsed


def _keyed(records: Iterable[object]) -> Iterator[Parsed]:
    keys = Keys()
    n_texts = 0
    for record in records:
        parsed = _parsed(record, key="")
        if not parsed.text:
            continue
        n_texts += 1
        key = keys.key(_own_key(record), f"{parsed.title}\n{parsed.text}\n{parsed.dates}")
        if key is not None:
            yield Parsed(text=parsed.text, title=parsed.title, key=key, dates=parsed.dates)
    if not n_texts:
        raise ParseError("no text in the JSON file")


def _own_key(record: object) -> str:
    if not isinstance(record, dict):
        return ""
    field = find_field(record, KEY_FIELDS)
    value = record.get(field) if field else None
    return str(value) if isinstance(value, str | int) else ""


def _parsed(value: object, *, key: str) -> Parsed:
    if not isinstance(value, dict):
        return Parsed(text="\n".join(_lines(value, "")), key=key)
    title_field = find_field(value, TITLE_FIELDS)
    title = value.get(title_field) if title_field else None
    date = record_date(value, date_fields(value))
    return Parsed(
        text=_text(value),
        title=" ".join(title.split()) if isinstance(title, str) else "",
        key=key,
        dates=() if date is None else (date,),
    )


def _text(record: Record) -> str:
    field = find_field(record, _TEXT_FIELDS)
    text = record.get(field) if field else None
    if isinstance(text, str) and text.strip():
        return text.replace("\r\n", "\n").replace("\x00", "").strip()
    return "\n".join(_lines(record, ""))


def _lines(value: object, name: str) -> Iterator[str]:
    """`key: value` lines; a key inside another is written `outer inner`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, f"{name} {key}".strip())
    elif isinstance(value, list):
        if all(isinstance(item, str | int | float) for item in value):
            yield from _lines(", ".join(str(item) for item in value), name)
        else:
            for item in value:
                yield from _lines(item, name)
    elif value is not None and str(value).strip():
        text = " ".join(str(value).replace("\x00", "").split())
        yield f"{name}: {text}" if name else text

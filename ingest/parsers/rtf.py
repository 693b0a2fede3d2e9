"""Rich text (.rtf) by striprtf."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath

from striprtf.striprtf import rtf_to_text

from ingest.dates import from_office
from ingest.parsers.tables import row_line
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated

_MAX_BYTES = 10_000_000  # striprtf reads some 2 MB a second
_PICTURE = re.compile(r"[0-9A-Fa-f\s]{512,}")
_TIME = r"\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})(?:\\hr(\d{1,2}))?(?:\\min(\d{1,2}))?"
_TITLE = re.compile(r"\{\\title ([^{}]*)\}")


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document; its headings are no more than text in another size.

    Raises:
        ParseError: If the file is no RTF, is damaged, is too large, or has no text.
    """
    source = path.read_bytes().decode("latin-1")
    if not source.strip():
        raise ParseError("empty file")
    if not source.lstrip().startswith("{\\rtf"):
        raise ParseError("not an RTF file")
    # Pictures are hexadecimal digits, and most of what a large file is.
    source = _PICTURE.sub("", source)
    if len(source) > _MAX_BYTES:
        raise ParseError(f"RTF of more than {_MAX_BYTES // 1_000_000} MB without pictures")
    text = _text(source)
    if not text:
        raise ParseError("no text in the RTF file")
    title = _TITLE.search(source)
    yield Parsed(
        text=text, title=" ".join(_text(title[1]).split()) if title else "", dates=_dates(source)
    )


def _text(source: str) -> str:
    try:
        text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    # striprtf says nothing of what it raises; a wrong number or code page comes up as it is.
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as e:
        raise ParseError("damaged RTF file") from e
    # Characters beyond the first 65,536 are written as two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    return "\n".join(_line(line) for line in text.split("\n")).strip()


def _line(line: str) -> str:
    """A line; a row of a table has each of its cells ended by a bar."""
    return row_line(line.split("|")) if line.endswith("|") else line.rstrip()


def _dates(source: str) -> tuple[Dated, ...]:
    """Last change first, as with other office formats."""
    moments = []
    for word in ("revtim", "creatim"):
        if match := re.search(rf"\\{word}{_TIME}", source):
            try:
                year, month, day, hour, minute = (int(part or 0) for part in match.groups())
                moments.append(datetime(year, month, day, hour, minute, tzinfo=UTC))
            except ValueError:
                continue
    read = (from_office(moment) for moment in moments)
    return tuple(dated for dated in read if dated is not None)

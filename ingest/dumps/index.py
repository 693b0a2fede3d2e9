"""The index of a multistream dump: which pages stand in which stream."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.dumps.compression import blocks, compression_of
from rag_lifelong.errors import ParseError

_DUMP = re.compile(r"(?P<start>.*-multistream)(?P<part>\d*)\.xml(?P<range>-p\d+p\d+)?\.bz2")
_MAX_LINE_BYTES = 10_000
_MAX_DIGITS = 20


@dataclass(frozen=True, slots=True)
class IndexLine:
    """A page and the offset of its stream."""

    offset: int
    page_id: str
    title: str


def index_of(dump: Path) -> Path | None:
    """Return where the index of a dump lies, if it has one.

    `X-multistream.xml.bz2` has `X-multistream-index.txt.bz2` beside it, and its first part
    `X-multistream1.xml-p1p9.bz2` has `X-multistream-index1.txt-p1p9.bz2`.
    """
    found = _DUMP.fullmatch(dump.name)
    if found is None:
        return None
    stem = f"{found['start']}-index{found['part']}.txt{found['range'] or ''}"
    places = (dump.with_name(f"{stem}.bz2"), dump.with_name(stem))
    return next((place for place in places if place.is_file()), None)


def is_stream(dump: Path, index: Path, position: int) -> bool:
    """Whether a stream of pages starts at a position, by the file and by an index that is sound."""
    is_listed = False
    try:
        with dump.open("rb") as file:
            file.seek(max(0, position))
            starts = compression_of(file.read(3)) == "bz2"
        for line in read_index(index):
            is_listed = is_listed or line.offset == position
    except (ParseError, OSError):
        return False
    return starts and is_listed


def read_index(path: Path) -> Iterator[IndexLine]:
    """Yield the lines of an index.

    Raises:
        ParseError: If it is damaged or no index.
        OSError: If it cannot be read.
    """
    rest = b""
    with closing(blocks(path)) as found:
        for block in found:
            *lines, rest = (rest + block.data).split(b"\n")
            if len(rest) > _MAX_LINE_BYTES:
                raise ParseError("not the index of a dump")
            yield from map(_line, lines)
    if rest:
        yield _line(rest)


def _line(line: bytes) -> IndexLine:
    offset, _, page = line.decode("utf-8", errors="replace").partition(":")
    page_id, _, title = page.partition(":")
    if not (_is_number(offset) and _is_number(page_id)):
        raise ParseError("not the index of a dump")
    return IndexLine(int(offset), page_id, title)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS

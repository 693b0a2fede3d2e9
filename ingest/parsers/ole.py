"""The title and dates of the old office formats: properties in an OLE file.

Three of them are read, and no more: olefile's own reader takes the file's word for how many values
a property has, and one wrong byte there costs it minutes.
"""

import codecs
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import olefile

from ingest.dates import from_office
from rag_lifelong.types import Dated

_STREAM = "\x05SummaryInformation"
_MAX_BYTES = 1_000_000
_MAX_PROPERTIES = 100
_SECTION_AT = 44  # after 28 bytes of header and the 16 of the section's name (MS-OLEPS 2.21)
_CODE_PAGE, _TITLE, _CREATED, _SAVED = 1, 2, 12, 13
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_UTF8 = 65001


def ole_properties(path: Path) -> tuple[str, tuple[Dated, ...]]:
    """Return the title and the dates, last change first, of what can be read of them."""
    try:
        with olefile.OleFileIO(path) as ole:
            data = ole.openstream(_STREAM).read(_MAX_BYTES) if ole.exists(_STREAM) else b""
        found = dict(_values(data))
    # olefile lets whatever is wrong inside a file through; its properties are not worth a file.
    except Exception:  # noqa: BLE001
        return "", ()
    moments = (found.get(_SAVED), found.get(_CREATED))
    dates = (from_office(moment) for moment in moments if isinstance(moment, datetime))
    title = found.get(_TITLE)
    if isinstance(title, bytes):
        title = title.decode(_encoding(found.get(_CODE_PAGE)), errors="replace")
    text = title if isinstance(title, str) else ""
    return (
        " ".join(text.replace("\x00", " ").split()),
        tuple(dated for dated in dates if dated is not None),
    )


def _values(data: bytes) -> Iterator[tuple[int, object]]:
    if len(data) < _SECTION_AT + 4:
        return
    (start,) = struct.unpack_from("<I", data, _SECTION_AT)
    _, count = struct.unpack_from("<II", data, start)
    for number in range(min(count, _MAX_PROPERTIES)):
        name, offset = struct.unpack_from("<II", data, start + 8 + 8 * number)
        if name in (_CODE_PAGE, _TITLE, _CREATED, _SAVED):
            yield name, _value(data, start + offset)


def _value(data: bytes, at: int) -> object:
    kind, length = struct.unpack_from("<II", data, at)
    match kind:
        case 0x40:  # FILETIME: tenths of a microsecond
            (ticks,) = struct.unpack_from("<Q", data, at + 4)
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        case 0x1E:  # a string in the code page
            return data[at + 8 : at + 8 + length]
        case 0x1F:  # a string in UTF-16
            return data[at + 8 : at + 8 + 2 * length].decode("utf-16-le", errors="replace")
        case 0x02:  # a short integer
            return length & 0xFFFF
        case _:
            return None


def _encoding(code_page: object) -> str:
    name = f"cp{code_page}" if code_page != _UTF8 else "utf-8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "utf-8"

"""Which pages a dump holds, and what its name says: its wiki, its date, whether it is a part."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_CHUNK_BITS = 1 << 15
_MAX_PAGE_ID = 1 << 31
_NAME = re.compile(r"(?P<wiki>.+?)-(?P<date>\d{8}|latest)-")
_PART = re.compile(
    r"(?:pages-(?:articles|meta-current|meta-history)|multistream|history)\d|-p\d+p\d+"
)


class PageSet:
    """A growing set of page numbers: 8 MB for sixty million of them, as dense as a wiki's are."""

    def __init__(self) -> None:
        self._chunks: dict[int, bytearray] = {}
        self.n_strange = 0
        """Pages whose id is no number a wiki gives; the set does not know them."""

    def add(self, page_id: str) -> None:
        """Add a page by its id, as the dump writes it."""
        number = _number(page_id)
        if number is None:
            self.n_strange += 1
            return
        chunk, bit = divmod(number, _CHUNK_BITS)
        bits = self._chunks.get(chunk)
        if bits is None:
            bits = self._chunks[chunk] = bytearray(_CHUNK_BITS // 8)
        bits[bit >> 3] |= 1 << (bit & 7)

    def __contains__(self, page_id: str) -> bool:
        number = _number(page_id)
        if number is None:
            return False
        chunk, bit = divmod(number, _CHUNK_BITS)
        bits = self._chunks.get(chunk)
        return bits is not None and bool(bits[bit >> 3] & 1 << (bit & 7))


def _number(page_id: str) -> int | None:
    if not (page_id.isascii() and page_id.isdigit() and len(page_id) <= 10):
        return None
    number = int(page_id)
    return number if number < _MAX_PAGE_ID else None


@dataclass(frozen=True, slots=True)
class DumpName:
    """What the name of a dump says."""

    wiki: str
    """Database name of its wiki, or what stands before the suffixes."""
    made_at: datetime | None
    is_part: bool
    """Whether it is one of several files that hold the wiki together."""


def read_name(name: str) -> DumpName:
    """Read the name of a dump file.

    >>> read_name("enwiki-20260101-pages-articles1.xml-p1p41242.bz2").is_part
    True
    >>> read_name("bgwiki-latest-pages-articles.xml.bz2").wiki
    'bgwiki'
    """
    found = _NAME.match(name)
    if found is None:
        return DumpName(name.split(".")[0], None, bool(_PART.search(name)))
    return DumpName(found["wiki"], _day(found["date"]), bool(_PART.search(name)))


def _day(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None

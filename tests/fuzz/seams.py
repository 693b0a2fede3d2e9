"""What is fuzzed: each seam takes bytes and may end in a `ParseError`, in nothing else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePath

from ingest import dates
from ingest.chunking import split
from ingest.contents import ContentRules, read_contents
from ingest.documents import DateRules, File
from ingest.parsers import PARSERS, parse
from ingest.sources.wikipedia import WikipediaSource
from ingest.wikitext import clean
from rag_lifelong.errors import ParseError
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import Dated, DateSource, Document, RevisionOrder, Section
from tests.ingest.fakes import FakeKnown

Seam = Callable[[bytes], None]

ZIPPED = (".docx", ".pptx", ".xlsx", ".ods", ".odt", ".odp", ".epub", ".zip")
_UNPACKED = (".zip", ".tar", ".tar.gz", ".txt.gz", ".txt.bz2", ".txt.xz", ".txt.zst")
_DUMPS = (".xml", ".xml.bz2", ".xml.gz", ".xml.zst", ".xml.7z")
_RULES = ContentRules(
    dates=DateRules(now=lambda: datetime(2026, 1, 1, tzinfo=UTC)), max_bytes=1_000_000
)
_FOLDER = Path(tempfile.mkdtemp(prefix="rag-lifelong-fuzz-", dir="/dev/shm"))


def seams() -> dict[str, Seam]:
    """Every seam by name: one for each parser, and what is not a parser."""
    found: dict[str, Seam] = {"dump": _dump}
    entries: dict[str, str] = {}
    for suffix, entry in PARSERS.items():
        entries.setdefault(entry, suffix)
    found.update({suffix: _parser(suffix) for suffix in entries.values()})
    found["unpacking"] = _unpacking
    found["wikitext"] = lambda data: _discard(clean(data.decode(errors="replace")))
    found["dates"] = _dates
    found["chunking"] = _chunking
    return found


def suffixes_of(seam: str) -> tuple[str, ...]:
    """Suffixes of files that are good to begin from."""
    if seam == "dump":
        return _DUMPS
    if seam == "unpacking":
        return _UNPACKED
    if seam in PARSERS:
        return tuple(suffix for suffix, entry in PARSERS.items() if entry == PARSERS[seam])
    return (".txt", ".md")


def _parser(suffix: str) -> Seam:
    def run(data: bytes) -> None:
        path = _written(data, "content")
        for parsed in parse(path, name=PurePath(f"2015-05-07 name{suffix}")):
            parsed.text.encode(errors="surrogatepass")

    return _expecting(run)


def _dump(data: bytes) -> None:
    kinds = ((b"BZh", ".bz2"), (b"\x1f\x8b", ".gz"), (b"\x28\xb5\x2f\xfd", ".zst"), (b"7z", ".7z"))
    suffix = next((name for magic, name in kinds if data.startswith(magic)), "")
    path = _written(data, f"aawiki-20260101-pages-articles.xml{suffix}")
    for _ in WikipediaSource(path, namespaces=None).scan(FakeKnown()):
        pass


def _unpacking(data: bytes) -> None:
    magics = (
        (b"PK", ".zip"), (b"\x1f\x8b", ".tar.gz"), (b"BZh", ".txt.bz2"), (b"\xfd7z", ".txt.xz"),
        (b"\x28\xb5", ".txt.zst"),
    )  # fmt: skip
    suffix = next((name for magic, name in magics if data.startswith(magic)), ".tar")
    path = _written(data, f"content{suffix}")
    file = File(path=path, name=path, origin="o", uri="file:///x", doc_id="id")
    _expecting(lambda _: _discard(*read_contents(file, _RULES)))(data)


def _dates(data: bytes) -> None:
    text = data.decode(errors="replace")
    dates.from_text(text)
    dates.from_value(text[:100], DateSource.RECORD_FIELD)
    dates.from_pdf(text[:100])
    dates.from_filename(PurePath(text[:200].replace("\x00", "") or "x"))


def _chunking(data: bytes) -> None:
    text = data.decode(errors="replace")
    document = Document(
        doc_id="d", revision_id="1", origin="o", uri="o", title=text[:20], text=text,
        date=Dated(*parse_when("2020"), DateSource.MTIME), order=RevisionOrder.ARRIVAL,
        sections=tuple(Section(at, (text[at : at + 5],)) for at in range(0, len(text), 97)),
    )  # fmt: skip
    covered = 0
    for chunk in split(document, size=100):
        if text[chunk.start : chunk.end] != chunk.text or chunk.start < covered:
            raise AssertionError(f"chunk {chunk} is not where it says")
        covered = chunk.end


def _expecting(run: Seam) -> Seam:
    def expecting(data: bytes) -> None:
        # Too deep nesting is told by the source that reads the file.
        with suppress(ParseError, RecursionError):
            run(data)

    return expecting


def _written(data: bytes, name: str) -> Path:
    path = _FOLDER / f"{os.getpid()} {name}"
    path.write_bytes(data)
    return path


def _discard(*_: object) -> None:
    pass

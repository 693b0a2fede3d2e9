"""The documents of a file, be it a document, an archive of them, or compressed."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from urllib.parse import quote

from ingest import dates, unpacking
from ingest.documents import DateRules, File, read_documents
from ingest.parsers import parser_for
from ingest.parsers.sniffing import sniff
from ingest.unpacking import Limits, Member
from rag_lifelong.errors import ParseError
from rag_lifelong.types import Document, Skipped

logger = logging.getLogger(__name__)

MAX_BYTES = 100_000_000
_MAX_UNPACKED = 20
"""An archive may unpack to so many times the largest file."""
_STREAMED = frozenset({".jsonl", ".ndjson", ".csv", ".tsv", ".psv", ".mbox"})
"""Formats read a record at a time, whatever their size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRules:
    """How files are read."""

    dates: DateRules
    max_bytes: int = MAX_BYTES
    """Larger files are left out, unless their format is read a record at a time."""
    include_hidden: bool = False
    """Whether members of archives whose name begins with a dot are read."""


def full_name(path: Path, name: PurePath) -> PurePath:
    """What a file is called, with the suffix of what it holds if it has none of its own.

    Raises:
        OSError: If it cannot be read.
    """
    if name.suffix:
        return name
    return name.with_name(name.name + (sniff(path) or ""))


def check_readable(name: PurePath, size: int, rules: ContentRules) -> None:
    """Raise for what is not read by its name or its size, before anything of it is.

    Raises:
        ParseError: If the format is not read, or the file is too large.
    """
    if unpacking.is_archive(name):
        return
    inner = unpacking.inner_name(name)
    suffix = (name if inner is None else inner).suffix.lower()
    if parser_for(suffix) is None:
        outer = "" if inner is None else name.suffix.lower()
        raise ParseError(f"unsupported format {suffix + outer or '(no suffix)'}")
    if size > rules.max_bytes and suffix not in _STREAMED:
        raise ParseError(f"too large: {size} bytes, the limit is {rules.max_bytes}")


def read_contents(file: File, rules: ContentRules) -> Iterator[Document | Skipped]:
    """Yield the documents of a file; of an archive also the members that could not be read.

    Raises:
        ParseError: If the format is not read, or the file is damaged, or too large.
        OSError: If it cannot be read.
    """
    file = replace(file, name=full_name(file.path, file.name))
    check_readable(file.name, file.path.stat().st_size, rules)
    inner = unpacking.inner_name(file.name)
    if unpacking.is_archive(file.name):
        limits = Limits(rules.max_bytes, rules.max_bytes * _MAX_UNPACKED)
        for member in unpacking.members(file.path, file.name, limits):
            yield from _member(member, file, rules)
    elif inner is None:
        yield from read_documents(file, rules.dates)
    else:
        with unpacking.decompressed(file.path, file.name, limit=rules.max_bytes) as content:
            yield from read_documents(replace(file, path=content, name=inner), rules.dates)


def _member(member: Member, archive: File, rules: ContentRules) -> Iterator[Document | Skipped]:
    """The documents of one file of an archive; what is wrong with it is told of it alone."""
    name = PurePath(member.name)
    if not rules.include_hidden and any(_is_hidden(part) for part in name.parts):
        return
    inside = f"!/{quote(os.fsencode(member.name).lstrip(b'/'))}"
    uri = archive.uri + inside
    if member.path is None:
        yield Skipped(uri, member.problem)
        return
    if unpacking.is_archive(name):
        yield Skipped(uri, "an archive inside an archive")
        return
    written = None if member.mtime_ns is None else dates.from_mtime(member.mtime_ns)
    file = File(
        path=member.path,
        name=archive.name.parent / name,
        origin=archive.origin,
        uri=uri,
        doc_id=archive.doc_id + inside,
        outer_dates=() if written is None else (written,),
    )
    try:
        yield from read_contents(file, rules)
    except OSError:
        raise  # of the archive, or of the disk
    # One member must not stop the others, not even by a fault of ours.
    except Exception as e:  # noqa: BLE001
        yield skipped(uri, e)


def skipped(uri: str, error: Exception) -> Skipped:
    """The named skip that an error is told as; for one that nobody foresaw, the log has more."""
    match error:
        case ParseError():
            return Skipped(uri, str(error))
        case OSError():
            return Skipped(uri, (error.strerror or "cannot be read").lower())
        case RecursionError():
            return Skipped(uri, "nested too deeply")
        case _:
            logger.error("reading %s failed", uri, exc_info=error)
            kind = type(error).__name__
            return Skipped(uri, f"reading it failed unexpectedly: {kind}: {error}")


def _is_hidden(part: str) -> bool:
    return part == "__MACOSX" or (part.startswith(".") and part not in (".", ".."))

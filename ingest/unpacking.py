"""Archives as folders, and compressed files as the files they are.

A member is copied to a temporary file, one at a time; its name is only ever a name, never a path
to write to. What unpacks to too much is cut off, so that a bomb costs its limit and no more.
"""

import bz2
import gzip
import lzma
import os
import struct
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import IO, Any, BinaryIO, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from rag_lifelong.errors import ParseError

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
_ZIPS = (".zip",)
_TARS = (".tar", ".tgz", ".tbz2", ".txz", *(f".tar{suffix}" for suffix in COMPRESSIONS))
_SHORT = {".tgz": ".gz", ".tbz2": ".bz2", ".txz": ".xz"}
_BLOCK = 1 << 16
_MAX_MEMBERS = 100_000
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, zstd.ZstdError, EOFError,
    NotImplementedError, ValueError, OverflowError,
    # What zipfile and tarfile let through of headers that make no sense.
    IndexError, KeyError, TypeError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive."""

    name: str
    path: Path | None
    """Where its bytes are until the next member is asked for; None if it could not be read."""
    mtime_ns: int | None = None
    problem: str = ""
    """Why it could not be read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be unpacked, in bytes."""

    member: int
    total: int


def is_archive(name: PurePath) -> bool:
    """Whether a file's name is that of an archive."""
    return name.name.lower().endswith((*_ZIPS, *_TARS))


def inner_name(name: PurePath) -> PurePath | None:
    """The name of what a compressed single file holds; None if the name is of none.

    >>> inner_name(PurePath("notes.txt.gz"))
    PurePosixPath('notes.txt')
    """
    return name.with_suffix("") if name.suffix.lower() in COMPRESSIONS else None


@contextmanager
def decompressed(path: Path, name: PurePath, *, limit: int) -> Iterator[Path]:
    """Give a temporary file with what a compressed file holds.

    Raises:
        ParseError: If it is damaged, or unpacks to more than `limit` bytes.
        OSError: If it cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
        target = Path(folder) / "content"
        try:
            with path.open("rb") as raw, _decompressing(raw, name.suffix.lower()) as file:
                _copy(file, target, limit)
        except _DAMAGE as e:
            raise ParseError(f"damaged {name.suffix.lower()} file") from e
        except OSError as e:
            raise _damage_or(e, f"damaged {name.suffix.lower()} file") from e
        yield target


def members(path: Path, name: PurePath, limits: Limits) -> Iterator[Member]:
    """Yield the regular files of an archive in its order.

    Raises:
        ParseError: If it is no archive, is damaged, or unpacks to more than the limits; members
            before the damage were yielded.
        OSError: If it cannot be read.
    """
    unpack = _zip_members if name.suffix.lower() in _ZIPS else _tar_members
    with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
        try:
            for count, member in enumerate(unpack(path, name, Path(folder) / "member", limits)):
                if count >= _MAX_MEMBERS:
                    raise ParseError(f"more than {_MAX_MEMBERS} files in the archive")
                yield member
        except _DAMAGE as e:
            raise ParseError("damaged archive") from e
        except OSError as e:
            raise _damage_or(e, "damaged archive") from e


def _zip_members(path: Path, _: PurePath, target: Path, limits: Limits) -> Iterator[Member]:
    left = limits.total
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.filename or info.is_dir() or _is_link(info):
                continue
            if info.flag_bits & 1:
                yield Member(info.filename, None, problem="needs a password")
                continue
            try:
                with archive.open(info) as file:
                    left -= _copy(file, target, min(limits.member, left))
            except (ParseError, *_DAMAGE, RuntimeError, OSError) as e:
                if left <= limits.member:
                    raise ParseError(_too_much(limits.total)) from e
                left -= limits.member  # what a failed member took is not known: count it in full
                reason = str(e) if isinstance(e, ParseError) else "damaged in the archive"
                yield Member(info.filename, None, problem=reason)
                continue
            yield Member(info.filename, target, _dos_time(info))


def _is_link(info: zipfile.ZipInfo) -> bool:
    return (info.external_attr >> 16) & 0o170000 == 0o120000


def _dos_time(info: zipfile.ZipInfo) -> int | None:
    """The member's time; a zip has no zone, so it is right to a day or so."""
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp()) * 1_000_000_000
    except ValueError:
        return None


def _tar_members(path: Path, name: PurePath, target: Path, limits: Limits) -> Iterator[Member]:
    suffix = _SHORT.get(name.suffix.lower(), name.suffix.lower())
    with path.open("rb") as raw, _decompressing(raw, suffix) as plain:
        bounded = _Bounded(plain, limits.total)
        # A stream, because a compressed file can only be read forward.
        with tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r|") as archive:
            for info in archive:
                if not info.isreg():
                    continue
                file = archive.extractfile(info)
                if file is None:
                    continue
                try:
                    _copy(file, target, limits.member)
                except ParseError as e:
                    if bounded.is_spent:
                        raise
                    yield Member(info.name, None, problem=str(e))
                    continue
                yield Member(info.name, target, int(info.mtime * 1_000_000_000))


class _Bounded:
    """A stream that ends in an error after so many bytes, whatever they are read for."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._left = limit

    @property
    def is_spent(self) -> bool:
        """Whether the limit was passed."""
        return self._left < 0

    def read(self, size: int = -1) -> bytes:
        """Read at most `size` bytes."""
        block = self._file.read(_BLOCK if size < 0 else size)
        self._left -= len(block)
        if self.is_spent:
            raise ParseError(_too_much(self._limit))
        return block


@contextmanager
def _decompressing(raw: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    openers: dict[str, Callable[..., Any]] = {
        ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".zst": zstd.open
    }  # fmt: skip
    if suffix not in openers:
        yield raw
        return
    with openers[suffix](raw, "rb") as file:
        yield file


def _copy(file: IO[bytes], target: Path, limit: int) -> int:
    """Copy to a file; return how many bytes it has.

    Raises:
        ParseError: If they are more than the limit.
    """
    total = 0
    with target.open("wb") as out:
        while block := file.read(_BLOCK):
            total += len(block)
            if total > limit:
                raise ParseError(_too_much(limit))
            out.write(block)
    return total


def _too_much(limit: int) -> str:
    return f"unpacks to more than {limit} bytes"


def _damage_or(error: OSError, reason: str) -> OSError | ParseError:
    """Decompressors raise OSError without a number for damaged data."""
    return (
        ParseError(reason)
        if error.errno is None
        else OSError(error.errno, os.strerror(error.errno))
    )

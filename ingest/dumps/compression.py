"""The bytes of a dump, whatever it is compressed with, block by block in constant memory.

The format is told from the first bytes. Everything sound before a damage is yielded before the
damage is raised, which the readers of the standard library do not promise.
"""

import io
import lzma
import os
import sys
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from pathlib import Path

from ingest.dumps.ahead import Put, ahead
from ingest.dumps.blocks import BLOCK_BYTES, DAMAGE, Block, Decompressor, decompressed
from ingest.dumps.multistream import streams
from rag_lifelong.errors import ParseError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAGIC_BYTES = 6
_MAGICS = {
    b"BZh": "bz2",
    b"\x1f\x8b": "gz",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
_AHEAD_BLOCKS = 16
_MAX_THREADS = 4
"""Four decompress 60 MB/s of XML: more than sixteen cores clean."""
_XZ_MEMORY = 1 << 28
"""A dictionary of `xz -9` takes 64 MiB."""


def compression_of(head: bytes) -> str:
    """Name what a file is compressed with from its first bytes; empty if it is not.

    >>> compression_of(b"BZh91AY"), compression_of(b"<mediawiki")
    ('bz2', '')
    """
    return next((name for magic, name in _MAGICS.items() if head.startswith(magic)), "")


def blocks(path: Path, *, start: int = 0) -> Generator[Block, None, None]:
    """Yield what a file holds, decompressed in threads while it is used.

    `start` is where a stream of a bzip2 file starts, as `Block.next_stream` told.

    Raises:
        ParseError: If the file is truncated or damaged, after what stands before that.
        OSError: If it cannot be opened or read.
    """
    with path.open("rb") as file:
        kind = compression_of(file.read(_MAGIC_BYTES))
        file.seek(0)
        if not kind:
            while data := file.read(BLOCK_BYTES):
                yield Block(data)
            return
        produce = partial(_produce, file, kind, start)
        with closing(ahead(produce, limit=_AHEAD_BLOCKS)) as found:
            yield from found


def head_of(path: Path, size: int) -> tuple[bytes, str]:
    """Return the first bytes of what a file holds and what it is compressed with.

    There are fewer of them if it holds less, or is damaged before.

    Raises:
        OSError: If it cannot be opened.
    """
    head = b""
    with path.open("rb") as file:
        kind = compression_of(file.read(_MAGIC_BYTES))
    with closing(blocks(path)) as found:
        try:
            for block in found:
                head += block.data
                if len(head) >= size:
                    break
        except ParseError:
            pass
    return head[:size], kind


def n_cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _produce(file: io.BufferedReader, kind: str, start: int, put: Put[Block]) -> None:
    if kind == "7z":
        # A third of a second of import, for a format that few files have.
        from ingest.dumps.sevenzip import unpack  # noqa: PLC0415

        unpack(file, lambda data: put(Block(data)))
        return
    if kind == "bz2":
        found = streams(file, start=start, n_threads=min(_MAX_THREADS, n_cores()))
    else:
        found = _streams(file, kind)
    with closing(found):
        for block in found:
            put(block)


def _streams(file: io.BufferedReader, kind: str) -> Generator[Block, None, None]:
    """Yield the blocks of all streams, one after the other."""
    rest = file.read(BLOCK_BYTES)
    is_first = True
    while rest:
        if not is_first and not rest.strip(b"\0"):
            rest = file.read(BLOCK_BYTES)  # padding
            continue
        decompressor = _NEW[kind]()
        is_first = False
        while not decompressor.eof:
            if not rest:
                raise ParseError(f"truncated {kind}")
            try:
                for data in decompressed(decompressor, rest):
                    yield Block(data)
            except DAMAGE as e:
                raise ParseError(f"damaged {kind}: {e}") from e
            rest = decompressor.unused_data or file.read(BLOCK_BYTES)


class _Gunzip:
    """zlib's decompressor, dressed as the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


_NEW: dict[str, Callable[[], Decompressor]] = {
    "gz": _Gunzip,
    "xz": partial(lzma.LZMADecompressor, memlimit=_XZ_MEMORY),
    "zst": zstd.ZstdDecompressor,
}

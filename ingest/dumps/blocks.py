"""Blocks of a dump's bytes, and how a decompressor is made to give them in constant memory."""

import lzma
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK_BYTES = 1 << 18

DAMAGE = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, zstd.ZstdError, MemoryError)
"""What decompressors raise on bytes that are not theirs."""


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of the XML."""

    data: bytes
    next_stream: int | None = None
    """Where in the file the next stream starts, if the block is the last of its stream."""


class Decompressor(Protocol):
    """What bz2, lzma and zstd offer for one stream."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more input."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most so many bytes more."""
        ...


def decompressed(decompressor: Decompressor, data: bytes) -> Iterator[bytes]:
    """Yield what a decompressor makes of more input, a block at a time."""
    while True:
        block = decompressor.decompress(data, BLOCK_BYTES)
        data = b""
        if block:
            yield block
        if decompressor.eof or (decompressor.needs_input and not block):
            return

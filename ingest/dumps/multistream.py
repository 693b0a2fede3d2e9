"""Decompresses the streams of a bzip2 file in threads, which hold no lock while they do.

A multistream dump is thousands of bzip2 streams of a hundred pages each, one after the other, and
each begins with ten bytes that stand nowhere else but by chance. So the file is cut where they
stand; a stream that does not end at the next cut (it was chance, or the stream is long) goes on
with the pieces after it. A file of one stream is decompressed in one thread, ahead of its reader.
"""

import bz2
import io
import re
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ingest.dumps.blocks import BLOCK_BYTES, DAMAGE, Block, decompressed
from rag_lifelong.errors import ParseError

# A stream's first block, or the end of an empty stream.
_START = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_START_BYTES = 10
_MAX_PIECE_BYTES = 1 << 22
_MAX_AHEAD_BYTES = 1 << 24
"""What a thread decompresses of a piece; what is beyond, its reader does."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the file: from one start to the next, or as much of it as is taken at once."""

    offset: int
    data: bytes
    is_start: bool


class _Stream:
    """One stream, decompressed as far as its piece and the bound go."""

    def __init__(self) -> None:
        self.bz2 = bz2.BZ2Decompressor()
        self.blocks: list[bytes] = []
        self.error: Exception | None = None
        self._n_bytes = 0

    def begin(self, data: bytes) -> "_Stream":
        """Decompress the start of the stream; an error is kept."""
        try:
            for block in decompressed(self.bz2, data):
                self.blocks.append(block)
                self._n_bytes += len(block)
                if self._n_bytes >= _MAX_AHEAD_BYTES:
                    break
        except DAMAGE as e:
            self.error = e
        return self

    def go_on(self, data: bytes) -> Iterator[bytes]:
        """Yield what is left of the start, then what more input gives."""
        yield from self.blocks
        self.blocks.clear()
        if self.error is not None:
            raise ParseError(f"damaged bz2: {self.error}") from self.error
        try:
            if not self.bz2.eof:
                yield from decompressed(self.bz2, data)
        except DAMAGE as e:
            raise ParseError(f"damaged bz2: {e}") from e


def streams(
    file: io.BufferedReader, *, start: int = 0, n_threads: int = 1
) -> Generator[Block, None, None]:
    """Yield the blocks of a bzip2 file in order, from the stream that starts at `start`.

    Raises:
        ParseError: If the file is truncated or damaged, after what stands before that.
        OSError: If it cannot be read.
    """
    file.seek(start)
    stream: _Stream | None = None
    for piece, begun in _begun(_pieces(file, start), n_threads):
        more = piece.data
        if stream is None or stream.bz2.eof:
            if begun is None:
                _refuse_all_but_padding(piece.data)
                continue
            stream, more = begun.result(), b""
        for data in stream.go_on(more):
            yield Block(data)
        if stream.bz2.eof:
            _refuse_all_but_padding(stream.bz2.unused_data)
            yield Block(b"", piece.offset + len(piece.data))
    if not start if stream is None else not stream.bz2.eof:
        raise ParseError("truncated bz2")


def _refuse_all_but_padding(data: bytes) -> None:
    if data.strip(b"\0"):
        raise ParseError("damaged bz2: no stream where one should start")


def _begun(
    pieces: Iterator[_Piece], n_threads: int
) -> Iterator[tuple[_Piece, "Future[_Stream] | None"]]:
    """Yield pieces with their streams, a few of which are decompressed meanwhile."""
    waiting: deque[tuple[_Piece, Future[_Stream] | None]] = deque()
    with ThreadPoolExecutor(n_threads, thread_name_prefix="bz2") as threads:
        try:
            for piece in pieces:
                begun = threads.submit(_Stream().begin, piece.data) if piece.is_start else None
                waiting.append((piece, begun))
                if len(waiting) > n_threads + 1:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


def _pieces(file: io.BufferedReader, offset: int) -> Iterator[_Piece]:
    """Yield the file cut where streams may start, and where a piece grows too long."""
    held = file.read(BLOCK_BYTES)
    is_start = bool(_START.match(held))
    while held:
        found = _START.search(held, 1)
        more = b""
        if found is None and len(held) < _MAX_PIECE_BYTES:
            more = file.read(BLOCK_BYTES)
        if more:
            held += more
            continue
        if found is not None:
            end = found.start()
        else:
            # A start may lie across the cut.
            end = max(1, len(held) - _START_BYTES) if len(held) >= _MAX_PIECE_BYTES else len(held)
        yield _Piece(offset, held[:end], is_start)
        held, offset, is_start = held[end:], offset + end, found is not None

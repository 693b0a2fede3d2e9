"""Reads a MediaWiki dump as a stream of revisions: the file, its compression and its XML."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ingest.dumps.compression import blocks, head_of
from ingest.dumps.export import Event, ExportParser, StreamEnd

_HEAD_BYTES = 4096


def is_dump(path: Path) -> bool:
    """Whether a file, compressed or not, starts like a MediaWiki dump.

    One that is named as XML and is too damaged to start counts as one, so that reading it tells
    what is wrong.

    Raises:
        OSError: If it cannot be opened.
    """
    head, compression = head_of(path, _HEAD_BYTES)
    if compression and not head:
        return ".xml" in path.name.lower()
    # Dropping the zeros reads UTF-16 well enough for this.
    return b"<mediawiki" in head.replace(b"\x00", b"")


def read_dump(
    path: Path, *, namespaces: frozenset[int] | None = None, start: int = 0
) -> Iterator[Event]:
    """Yield the site once, then of each page its revisions as they stand and an end.

    Pages outside `namespaces` (None: all) are passed over, and those before `start`, which is the
    position of an earlier `StreamEnd`.

    Raises:
        ParseError: If the file is no dump, or ends or breaks before its end; what was yielded until
            then is sound.
        OSError: If it cannot be opened.
    """
    parser = ExportParser(namespaces)
    if start:
        yield from _fed(parser, path, 0, only_first=True)
    yield from _fed(parser, path, start)
    parser.feed(b"", is_last=True)
    yield from parser.take()
    parser.check()


def _fed(
    parser: ExportParser, path: Path, start: int, *, only_first: bool = False
) -> Iterator[Event]:
    """Yield what is found from a position on; in the first stream alone, if that is all."""
    with closing(blocks(path, start=start)) as found:
        for block in found:
            parser.feed(block.data, is_last=False)
            yield from parser.take()
            parser.check()
            if block.next_stream is None:
                continue
            if only_first:
                return
            if parser.is_between_pages:
                yield StreamEnd(block.next_stream)

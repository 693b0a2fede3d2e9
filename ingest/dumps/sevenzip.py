"""Unpacks a 7z archive in constant memory. py7zr pushes what it unpacks into a writer."""

import io
import lzma
from collections.abc import Callable

from py7zr import Py7zIO, SevenZipFile, WriterFactory
from py7zr.exceptions import ArchiveError, PasswordRequired, UnsupportedCompressionMethodError

from rag_lifelong.errors import ParseError

_MAX_HEADER_BYTES = 1 << 24
_READ_BYTES = 1 << 15
"""Read at a time: py7zr keeps all that this unpacks to, up to 128 MB."""
_PIECE_BYTES = 1 << 18


def unpack(file: io.BufferedReader, write: Callable[[bytes], None]) -> None:
    """Write what an archive's first file holds, piece by piece.

    Raises:
        ParseError: If it is truncated or damaged, or needs a password.
    """
    if int.from_bytes(file.read(32)[20:28], "little") > _MAX_HEADER_BYTES:
        raise ParseError("damaged 7z: its list of files is too long")
    file.seek(0)
    try:
        with SevenZipFile(file, blocksize=_READ_BYTES) as archive:
            names = [entry.filename for entry in archive.list() if entry.is_file]
            archive.extract(targets=names[:1], factory=_Writers(write))
    except (PasswordRequired, UnsupportedCompressionMethodError) as e:
        raise ParseError("7z with a password or an unknown method") from e
    except (ArchiveError, lzma.LZMAError, EOFError) as e:
        raise ParseError(f"truncated or damaged 7z: {e}") from e
    except Exception as e:  # its reader of headers trusts what it reads
        raise ParseError(f"damaged 7z: {type(e).__name__}") from e


class _Writers(WriterFactory):
    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def create(self, filename: str) -> Py7zIO:
        return _Pipe(self._write)


class _Pipe(Py7zIO):
    """Takes what is unpacked and passes it on."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._size = 0

    def write(self, s: bytes | bytearray) -> int:
        self._size += len(s)
        for start in range(0, len(s), _PIECE_BYTES):
            self._write(bytes(s[start : start + _PIECE_BYTES]))
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._size

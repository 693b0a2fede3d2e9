"""Compresses as dumps are, one function a format."""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from io import BytesIO

import py7zr

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def sevenzip(content: bytes) -> bytes:
    packed = BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.writef(BytesIO(content), "townwiki-20260101-pages-meta-history.xml")
    return packed.getvalue()


def multistream(*parts: bytes) -> bytes:
    return b"".join(bz2.compress(part) for part in parts)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "bz2": bz2.compress,
    "gz": gzip.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
    "7z": sevenzip,
}
STREAMED = ("bz2", "gz", "xz", "zst")
"""Formats of which several may stand one after the other."""

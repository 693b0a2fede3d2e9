"""What format a file without a suffix is of, by how its bytes begin."""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

import olefile

from ingest.text import decode
from rag_lifelong.errors import ParseError

_HEAD_BYTES = 4096
_BY_HEAD = (
    (b"{\\rtf", ".rtf"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
)
_BY_PART = (
    ("word/document.xml", ".docx"),
    ("ppt/presentation.xml", ".pptx"),
    ("xl/workbook.xml", ".xlsx"),
    ("META-INF/container.xml", ".epub"),
)
_BY_STREAM = (("__properties_version1.0", ".msg"), ("Workbook", ".xls"), ("Book", ".xls"))
_BY_MIMETYPE = {
    b"application/vnd.oasis.opendocument.text": ".odt",
    b"application/vnd.oasis.opendocument.presentation": ".odp",
    b"application/vnd.oasis.opendocument.spreadsheet": ".ods",
}


def sniff(path: Path) -> str | None:
    """Return the suffix that a file should have, `.txt` for any text; None if it cannot be told.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_suffix(path)
    if head.startswith(olefile.MAGIC):
        return _ole_suffix(path)
    suffix = next((suffix for start, suffix in _BY_HEAD if head.startswith(start)), None)
    return suffix or _text_suffix(head)


def _zip_suffix(path: Path) -> str | None:
    try:
        with ZipFile(path) as archive:
            names = frozenset(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < _HEAD_BYTES:
                suffix = _BY_MIMETYPE.get(archive.read("mimetype").strip())
                if suffix:
                    return suffix
    except (BadZipFile, ValueError, NotImplementedError, EOFError, RuntimeError):
        return None
    return next((suffix for part, suffix in _BY_PART if part in names), None)


def _ole_suffix(path: Path) -> str | None:
    try:
        with olefile.OleFileIO(path) as ole:
            return next((suffix for stream, suffix in _BY_STREAM if ole.exists(stream)), None)
    # As in the parsers: what is wrong inside comes up as what it happens to cause.
    except Exception:  # noqa: BLE001
        return None


def _text_suffix(head: bytes) -> str | None:
    # The last character of the head may be cut in two.
    start = head[: max(1, len(head) - 4)] if len(head) == _HEAD_BYTES else head
    try:
        text = decode(start).lstrip().lower()
    except ParseError:
        return None
    return ".html" if text.startswith(("<!doctype html", "<html")) else ".txt"

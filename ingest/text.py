"""Bytes of a text file to clean text. Knows nothing about any markup."""

import re
from pathlib import Path

from charset_normalizer import from_bytes

from rag_lifelong.errors import ParseError

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# Guessing reads this much: more does not change the guess, only its time.
_SAMPLE_BYTES = 32_768
_MAX_CONTROL_SHARE = 0.02
# A few bad bytes among many good ones are damage in a UTF-8 file, not another encoding.
_MAX_DAMAGED_SHARE = 0.1
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff]")


def read_text(path: Path) -> str:
    """Return a file's text in whatever encoding it is, lines ended by a line feed.

    Raises:
        ParseError: If the file is empty or is no text.
    """
    return decode(path.read_bytes())


def decode(data: bytes) -> str:
    """Return bytes as text: by their byte order mark, else UTF-8, else the likeliest encoding.

    Raises:
        ParseError: If the bytes are empty or are no text.
    """
    if not data.strip():
        raise ParseError("empty file")
    text = _decoded(data)
    controls = sum(1 for _ in _CONTROLS.finditer(text[:_SAMPLE_BYTES]))
    if controls > _MAX_CONTROL_SHARE * min(len(text), _SAMPLE_BYTES) + 1:
        raise ParseError("not text: binary data")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    text = _CONTROLS.sub("", text)
    if not text.strip():
        raise ParseError("empty file")
    return text


def _decoded(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data[len(bom) if encoding == "utf-8" else 0 :].decode(encoding)
            except UnicodeDecodeError as e:
                raise ParseError(f"not text: damaged {encoding}") from e
    if b"\x00" in data:
        raise ParseError("not text: binary data")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        mostly = data.decode("utf-8", errors="replace")
    n_foreign = sum(1 for _ in _NON_ASCII.finditer(mostly))
    if mostly.count("\ufffd") < _MAX_DAMAGED_SHARE * n_foreign:
        return mostly
    guess = from_bytes(data[:_SAMPLE_BYTES]).best()
    if guess is None:
        raise ParseError("not text: unknown encoding")
    # The sample decoded; a stray byte later must not cost the whole file.
    return data.decode(guess.encoding, errors="replace")

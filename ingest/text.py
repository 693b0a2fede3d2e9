"""Bytes of a text file to clean text, whole or a line at a time. Knows nothing about any markup."""

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from rag_lifelong.errors import ParseError

MAX_LINE_CHARS = 16_000_000
"""A line longer than this is no line, and holding it would cost what streaming saves."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK_BYTES = 1 << 20
# Guessing reads this much, from shortly before the first byte that is not UTF-8: more does not
# change the guess, only its time.
_SAMPLE_BYTES = 32_768
_BEFORE_SAMPLE_BYTES = 2_048
_MAX_CONTROL_SHARE = 0.02
# A few bad bytes among many good ones are damage in a UTF-8 file, not another encoding.
_MAX_DAMAGED_SHARE = 0.1
_REPLACED = "\ufffd".encode()
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff]")


class _Encoding(NamedTuple):
    name: str
    errors: str


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
    encoding = _encoding_of([data])
    try:
        text = data.decode(encoding.name, encoding.errors)
    except UnicodeDecodeError as e:
        raise ParseError(f"not text: damaged {encoding.name}") from e
    _check_is_text(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    text = _CONTROLS.sub("", text)
    if not text.strip():
        raise ParseError("empty file")
    return text


def read_lines(path: Path, *, max_chars: int = MAX_LINE_CHARS) -> Iterator[str]:
    """Yield a file's lines as `read_text` would give them, in constant memory.

    Each ends with a line feed, but perhaps the last. The file is read twice: its encoding can only
    be told from all of it.

    Raises:
        ParseError: If the file is empty or is no text, or a line is longer than `max_chars`; lines
            before that were yielded.
    """
    with path.open("rb") as binary:
        encoding = _encoding_of(_blocks(binary))
    is_empty = True
    with path.open("r", encoding=encoding.name, errors=encoding.errors) as file:
        try:
            _check_is_text(file.read(_SAMPLE_BYTES))
            file.seek(0)
            number = 0
            while line := file.readline(max_chars + 1):
                number += 1
                if len(line) > max_chars:
                    raise ParseError(f"line {number} is longer than {max_chars} characters")
                line = _CONTROLS.sub("", line).replace("\f", " ")
                is_empty = is_empty and not line.strip()
                yield line
        except UnicodeDecodeError as e:
            raise ParseError(f"not text: damaged {encoding.name}") from e
    if is_empty:
        raise ParseError("empty file")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK_BYTES):
        yield block


def _check_is_text(text: str) -> None:
    sample = text[:_SAMPLE_BYTES]
    controls = sum(1 for _ in _CONTROLS.finditer(sample))
    if controls > _MAX_CONTROL_SHARE * len(sample) + 1:
        raise ParseError("not text: binary data")


def _encoding_of(blocks: Iterable[bytes]) -> _Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    n_damaged = n_foreign = 0
    sample = b""
    for number, block in enumerate(blocks):
        if number == 0 and (name := _marked(block)):
            return _Encoding(name, "strict")
        if b"\x00" in block:
            raise ParseError("not text: binary data")
        text = decoder.decode(block)
        if not text.isascii():
            n_foreign += sum(1 for _ in _NON_ASCII.finditer(text))
            n_here = text.count("\ufffd") - block.count(_REPLACED)
            sample = sample or (_sample(block) if n_here else b"")
            n_damaged += n_here
    if n_damaged <= 0 or n_damaged < _MAX_DAMAGED_SHARE * n_foreign:
        return _Encoding("utf-8", "replace")
    guess = from_bytes(sample).best()
    if guess is None:
        raise ParseError("not text: unknown encoding")
    # The sample decoded; a stray byte later must not cost the whole file.
    return _Encoding(guess.encoding, "replace")


def _sample(block: bytes) -> bytes:
    """The part of a block that is not UTF-8, and what is around it."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as e:
        start = max(0, e.start - _BEFORE_SAMPLE_BYTES)
        return block[start : start + _SAMPLE_BYTES]
    return block[-_SAMPLE_BYTES:]  # the damage was at the end of the block before


def _marked(head: bytes) -> str | None:
    return next((name for bom, name in _BOMS if head.startswith(bom)), None)

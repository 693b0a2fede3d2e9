"""Bytes to text: encodings, and refusing what is no text."""

from pathlib import Path

import pytest

from ingest.text import decode, read_text
from rag_lifelong.errors import ParseError

_GERMAN = "Über die Brücke fließt täglich früher Verkehr, größer als im März und schöner. " * 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(_GERMAN.encode(encoding))
    assert read_text(file) == _GERMAN


def test_line_ends_become_one_kind() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("data", [b"", b"  \n\t ", b"\xef\xbb\xbf", b"\x0b\x0c"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="empty file"):
        decode(data)


@pytest.mark.parametrize(
    "data", [b"abc\x00def", bytes(range(1, 32)) * 20, b"\xff\xfe\x00\xd8\x00\xd8a", b"\x1f\x8b\x00"]
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="not text"):
        decode(data)


def test_a_stray_byte_after_the_sample_does_not_cost_the_file() -> None:
    text = decode((_GERMAN * 200).encode("cp1252") + b"\x81\x8d")
    assert text.startswith("Über die Brücke")


def test_one_bad_byte_in_utf8_stays_one_bad_character() -> None:
    text = decode(_GERMAN.encode() + b"\xfc" + _GERMAN.encode())
    assert text == f"{_GERMAN}\ufffd{_GERMAN}"

"""Bytes to text: encodings, and refusing what is no text."""

from pathlib import Path

import pytest

from ingest.text import decode, read_lines, read_text
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_lines_are_those_of_the_text(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(f"{_GERMAN}\r\n\rzwei\u00fc\n{_GERMAN}".encode(encoding))
    assert "".join(read_lines(file)) == read_text(file)


def test_what_comes_after_a_megabyte_of_ascii_tells_the_encoding_too(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"plain words\n" * 100_000 + _GERMAN.encode("cp1252"))
    assert list(read_lines(file))[-1] == _GERMAN


def test_a_line_without_end_is_refused_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"one\n" + b"x" * 1001 + b"\n")
    lines = read_lines(file, max_chars=1000)
    assert next(lines) == "one\n"
    with pytest.raises(ParseError, match="line 2 is longer than 1000 characters"):
        next(lines)


@pytest.mark.parametrize(("data", "message"), [(b"", "empty file"), (b"a\x00b", "not text")])
def test_lines_of_no_text_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(ParseError, match=message):
        list(read_lines(tmp_path / "a.txt"))

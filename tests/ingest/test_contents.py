"""Archives are folders, compressed files are what they hold, and bombs cost their limit."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backports import zstd

from ingest.contents import ContentRules, read_contents
from ingest.documents import DateRules, File
from rag_lifelong.errors import ParseError
from rag_lifelong.types import DateSource, Document, Skipped

_RULES = ContentRules(
    dates=DateRules(now=lambda: datetime(2024, 6, 1, tzinfo=UTC)), max_bytes=200_000
)


def _read(path: Path, rules: ContentRules = _RULES) -> list[Document | Skipped]:
    file = File(path=path, name=path, origin="o", uri="file:///x", doc_id="id")
    return list(read_contents(file, rules))


def _texts(items: list[Document | Skipped]) -> dict[str, str]:
    return {i.doc_id: i.text for i in items if isinstance(i, Document)}


def _reasons(items: list[Document | Skipped]) -> dict[str, str]:
    return {i.uri: i.reason for i in items if isinstance(i, Skipped)}


def _zip(path: Path, members: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _tar(path: Path, members: dict[str, bytes], mode: str) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_551_398_400  # 2019-03-01
            archive.addfile(info, io.BytesIO(content))
    return path


def _zst(path: Path, members: dict[str, bytes]) -> Path:
    plain = _tar(path.with_name("plain.tar"), members, "w")
    path.write_bytes(zstd.compress(plain.read_bytes()))
    return path


_MEMBERS = {"a.txt": b"one", "deep/b.md": b"# T\ntwo", "d/2015-05-07 c.txt": b"three"}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("x.zip", lambda p: _zip(p, _MEMBERS, compression=zipfile.ZIP_DEFLATED)),
        ("x.tar", lambda p: _tar(p, _MEMBERS, "w")),
        ("x.tgz", lambda p: _tar(p, _MEMBERS, "w:gz")),
        ("x.tar.bz2", lambda p: _tar(p, _MEMBERS, "w:bz2")),
        ("X.TAR.XZ", lambda p: _tar(p, _MEMBERS, "w:xz")),
        ("x.tar.zst", lambda p: _zst(p, _MEMBERS)),
    ],
)
def test_an_archive_is_a_folder(tmp_path: Path, name: str, make: Callable[[Path], Path]) -> None:
    items = _read(make(tmp_path / name))
    assert _texts(items) == {
        "id!/a.txt": "one", "id!/deep/b.md": "two", "id!/d/2015-05-07%20c.txt": "three"
    }  # fmt: skip
    documents = [item for item in items if isinstance(item, Document)]
    assert documents[0].uri == "file:///x!/a.txt"
    assert documents[0].title == "a"
    assert documents[2].date.source is DateSource.FILENAME
    assert {document.origin for document in documents} == {"o"}


def test_a_tar_tells_when_its_members_were_written(tmp_path: Path) -> None:
    [document] = _read(_tar(tmp_path / "x.tar", {"a.txt": b"one"}, "w"))
    assert isinstance(document, Document)
    assert (str(document.date)[:10], document.date.source) == ("2019-03-01", DateSource.MTIME)


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress),
        (".zst", zstd.compress),
    ],
)  # fmt: skip
def test_a_compressed_file_is_what_it_holds(
    tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"2015-05-07 note.md{suffix}"
    path.write_bytes(compress(b"# Title\nThe text."))
    [document] = _read(path)
    assert isinstance(document, Document)
    assert (document.doc_id, document.title, document.text) == ("id", "Title", "The text.")
    assert str(document.date) == "2015-05-07"
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(ParseError, match=rf"damaged \{suffix} file"):
        _read(path)
    path.write_bytes(compress(b"x" * 300_000))
    with pytest.raises(ParseError, match="unpacks to more than 200000 bytes"):
        _read(path)


def test_what_is_wrong_with_a_member_is_told_of_it_alone(tmp_path: Path) -> None:
    items = _read(_zip(tmp_path / "x.zip", {
        "a.txt": b"one", "b.pdf": b"no pdf", "c.zip": b"PK", "d.exe": b"MZ", "e.txt": b"\x00\x01",
        "__MACOSX/a.txt": b"x", ".hidden/a.txt": b"x", "f.txt": b"y" * 300_000, "z.txt": b"last",
    }))  # fmt: skip
    assert _texts(items) == {"id!/a.txt": "one", "id!/z.txt": "last"}
    assert _reasons(items) == {
        "file:///x!/b.pdf": "not a PDF file",
        "file:///x!/c.zip": "an archive inside an archive",
        "file:///x!/d.exe": "unsupported format .exe",
        "file:///x!/e.txt": "not text: binary data",
        "file:///x!/f.txt": "unpacks to more than 200000 bytes",
    }


_HOSTILE = ["../../escape.txt", "/etc/escape.txt", "a/../../../escape.txt", "C:\\escape.txt"]


@pytest.mark.parametrize("name", _HOSTILE)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_is_never_a_path_to_write_to(tmp_path: Path, name: str, kind: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    members = {name: b"text"}
    path = folder / f"x.{kind}"
    made = _zip(path, members) if kind == "zip" else _tar(path, members, "w")
    [document] = _read(made)
    assert isinstance(document, Document)
    assert document.uri.startswith("file:///x!/")
    assert not list(tmp_path.rglob("escape*"))


def test_links_and_devices_in_a_tar_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"l{kind!r}.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert _read(path) == []


def test_a_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert _read(path) == []


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tar.zst", "x.tgz"])
def test_no_archive_at_all(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (b"", b"no archive at all", os.urandom(2000)):
        path.write_bytes(content)
        with pytest.raises(ParseError, match="damaged archive"):
            _read(path)


def test_members_before_the_damage_are_read(tmp_path: Path) -> None:
    path = _tar(tmp_path / "x.tar", {f"{n}.txt": b"%d" % n * 600 for n in range(40)}, "w")
    path.write_bytes(path.read_bytes()[:20_000])
    file = File(path=path, name=path, origin="o", uri="u", doc_id="id")
    found: list[Document | Skipped] = []

    def collect(items: Iterator[Document | Skipped]) -> None:
        found.extend(items)

    with pytest.raises(ParseError, match="damaged archive"):
        collect(read_contents(file, _RULES))
    assert len(found) > 5


def test_a_bomb_costs_its_limit(tmp_path: Path) -> None:
    # 400 MB of zeros, in members each below the limit of one file.
    zeros = b"\0" * 190_000
    many = {f"{n}.bin": zeros for n in range(60)}
    for path in (
        _zip(tmp_path / "x.zip", many, compression=zipfile.ZIP_DEFLATED),
        _tar(tmp_path / "x.tar.bz2", many, "w:bz2"),
    ):
        with pytest.raises(ParseError, match="unpacks to more than 4000000 bytes"):
            _read(path)


def test_a_zip_that_needs_a_password_says_so(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"a.txt": b"one"})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag of encryption, in the member's header and in the directory
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    assert _reasons(_read(path)) == {"file:///x!/a.txt": "needs a password"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.exe", "unsupported format .exe"),
     ("a.bin.gz", "unsupported format .bin.gz"), ("a.gz", "unsupported format .gz")],
)  # fmt: skip
def test_what_is_not_read_is_named(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(ParseError) as caught:
        _read(path)
    assert str(caught.value) == reason


def test_a_file_without_a_suffix_is_what_it_begins_like(tmp_path: Path) -> None:
    path = tmp_path / "2015-05-07 README"
    path.write_text("Read me.")
    [document] = _read(path)
    assert isinstance(document, Document)
    assert (document.text, document.title) == ("Read me.", "2015-05-07 README")
    assert str(document.date) == "2015-05-07"
    path.write_bytes(b"\x7fELF\x00\x01")
    with pytest.raises(ParseError, match=r"unsupported format \(no suffix\)"):
        _read(path)


def test_large_files_are_left_out_but_those_read_by_record(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 200_001)
    with pytest.raises(ParseError, match="too large: 200001 bytes"):
        _read(path)
    records = tmp_path / "a.jsonl"
    records.write_text("\n".join(f'{{"id": {n}, "text": "{"t" * 900}"}}' for n in range(300)))
    assert len(_read(records)) == 300


def test_a_member_without_a_name_is_left_out(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"a.txt": b"one", "b.txt": b"two"})
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 46] = 0  # the name's first byte: nothing is left of it
    content[content.index(b"a.txt")] = 0
    path.write_bytes(bytes(content))
    assert _texts(_read(path)) == {"id!/b.txt": "two"}

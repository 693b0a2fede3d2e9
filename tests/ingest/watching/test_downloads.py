"""A dump is read when it is whole, and not while it is on its way."""

from __future__ import annotations

import bz2
import hashlib
import math
from pathlib import Path

import pytest

from ingest.watching.downloads import Downloads, is_unfinished
from ingest.watching.settling import Settling

_NAME = "tinywiki-20260101-pages-articles.xml.bz2"
_DUMP = bz2.compress(b"<mediawiki><page><title>Rome</title></page></mediawiki>")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / _NAME
    path.write_bytes(_DUMP)
    return path


def test_a_dump_is_waited_for_longer_than_a_note(dump: Path) -> None:
    note = dump.with_name("a.txt")
    note.write_text("one")
    feed = dump.with_name("feed.xml")
    feed.write_text("<rss/>")
    downloads = Downloads(60)
    assert downloads.wait_s(note, 0) == downloads.wait_s(feed, 0) == 0
    assert downloads.wait_s(dump, 10) == 50
    assert downloads.wait_s(dump, 60) == 0


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("tinywiki-20260101-md5sums.txt", "{md5}  {name}"),
        ("tinywiki-20260101-sha1sums.txt", "{sha1} *{name}"),
        ("SHA256SUMS", "{sha256}  ./{name}"),
        (f"{_NAME}.sha256", "{sha256}"),
        (f"{_NAME}.md5", "{md5}  {name}"),
    ],
)
def test_what_a_checksum_vouches_for_is_whole_at_once(dump: Path, name: str, line: str) -> None:
    sums = {one: hashlib.new(one, _DUMP).hexdigest() for one in ("md5", "sha1", "sha256")}
    dump.with_name(name).write_text(f"00  other.txt\n{line.format(name=_NAME, **sums)}\n")
    assert Downloads(60).wait_s(dump, 0) == 0
    dump.write_bytes(_DUMP[:-1])
    assert Downloads(60).wait_s(dump, 0) == 60


def test_a_checksum_is_computed_once_for_each_state(
    dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump.with_name(f"{_NAME}.md5").write_text("0" * 32)
    downloads = Downloads(60)
    assert downloads.wait_s(dump, 0) == 60
    monkeypatch.setattr(Downloads, "_matches", lambda *_: pytest.fail("computed again"))
    assert downloads.wait_s(dump, 5) == 55


@pytest.mark.parametrize("name", ["a.xml.bz2.part", "a.pdf.crdownload", "b.TMP", "c.aria2"])
def test_names_of_downloads_under_way(name: str) -> None:
    assert is_unfinished(Path(name))
    assert not is_unfinished(Path(name).with_suffix(".txt"))


def test_what_a_downloader_keeps_a_file_beside_is_never_at_rest(dump: Path) -> None:
    beside = Path(f"{dump}.aria2")
    beside.write_bytes(b"")
    downloads = Downloads(60)
    assert downloads.wait_s(dump, 1_000_000) == math.inf
    beside.unlink()
    assert downloads.wait_s(dump, 1_000_000) == 0


def test_a_dump_settles_when_its_checksum_arrives_or_after_a_long_quiet(dump: Path) -> None:
    settling = Settling(settle_s=2, wait_for=Downloads(60).wait_s)
    settling.touch(dump, 0.0)
    assert settling.take(3.0) == []
    assert settling.due_s(3.0) == 5.0
    assert settling.take(50.0) == []
    assert settling.take(60.5) == [dump]
    settling.touch(dump, 100.0)
    assert settling.take(103.0) == []
    checksum = hashlib.md5(_DUMP, usedforsecurity=False).hexdigest()
    dump.with_name("tinywiki-md5sums.txt").write_text(f"{checksum}  {_NAME}\n")
    assert settling.take(108.0) == [dump]
    assert len(settling) == 0

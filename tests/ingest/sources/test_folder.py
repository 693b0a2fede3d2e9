"""Folders: only what changed is opened, and every bad file is a named skip."""

import bz2
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import NoReturn

import pytest

from ingest import documents as documents_module
from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.names import file_uri
from ingest.sources import walk as walk_module
from ingest.sources.folder import FolderSource
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import (
    Completed,
    DateSource,
    Document,
    Gone,
    RevisionOrder,
    ScanItem,
    Settled,
    Skipped,
    Unchanged,
)
from tests.ingest.fakes import FakeKnown

_NOW = datetime(2024, 6, 1, tzinfo=UTC)
_MTIME = 1_600_000_000


def _write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (_MTIME, _MTIME))
    return path


def _scan(root: Path, known: FakeKnown | None = None, *, max_bytes: int = 10_000) -> list[ScanItem]:
    rules = ContentRules(dates=DateRules(now=lambda: _NOW), max_bytes=max_bytes)
    return list(FolderSource(root, rules).scan(known or FakeKnown()))


def _known_after(items: list[ScanItem]) -> FakeKnown:
    completed = [item for item in items if isinstance(item, Completed)]
    return FakeKnown(fingerprints={item.origin: item.fingerprint for item in completed})


def _documents(items: list[ScanItem]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def _reasons(items: list[ScanItem]) -> dict[str, str]:
    return {i.uri.rpartition("/")[2]: i.reason for i in items if isinstance(i, Skipped)}


def test_a_file_is_a_document_then_completed(tmp_path: Path) -> None:
    path = _write(tmp_path / "city_notes.txt", "The bridge is open.")
    document, completed = _scan(tmp_path)
    assert isinstance(document, Document)
    assert document.doc_id == document.origin == document.uri == file_uri(path)
    assert document.title == "city notes"
    assert document.text == "The bridge is open."
    assert document.order is RevisionOrder.ARRIVAL
    assert document.date.source is DateSource.MTIME
    assert str(document.date) == "2020-09-13T12:26:40Z"
    assert len(document.revision_id) == 16
    assert isinstance(completed, Completed)
    assert completed.origin == document.origin
    assert completed.doc_ids == {document.doc_id}


def test_the_walk_is_sorted_and_leaves_out_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/.git/x.txt", ".hidden.txt", "c/d/e.txt", "a.txt"):
        _write(tmp_path / name, name)
    assert [document.text for document in _documents(_scan(tmp_path))] == [
        "a.txt", "b.txt", "a/z.txt", "c/d/e.txt"
    ]  # fmt: skip


def test_an_unchanged_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("opened"))
    monkeypatch.setattr(Path, "read_bytes", lambda *_: pytest.fail("opened"))
    assert _scan(tmp_path, known) == [Unchanged(file_uri(path))]


def test_an_edit_changes_the_revision_and_not_the_document(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.txt", "one")
    first = _scan(tmp_path)
    path.write_text("two")
    second = _scan(tmp_path, _known_after(first))
    (one,), (two,) = _documents(first), _documents(second)
    assert one.doc_id == two.doc_id
    assert one.revision_id != two.revision_id


def test_a_touched_file_is_the_same_revision_when_it_dates_itself(tmp_path: Path) -> None:
    path = _write(tmp_path / "2015-05-07.txt", "one")
    first = _scan(tmp_path)
    os.utime(path, (_MTIME + 5, _MTIME + 5))
    second = _scan(tmp_path, _known_after(first))
    assert _documents(first) == _documents(second)


def test_metadata_dates_a_file_before_its_name_does(tmp_path: Path) -> None:
    _write(tmp_path / "2015-05-07-a.md", "---\ndate: 2012-03\n---\ntext")
    _write(tmp_path / "2015-05-07-b.md", "---\ndate: 2031-01-01\n---\ntext")
    dates = [(str(d.date), d.date.source) for d in _documents(_scan(tmp_path))]
    assert dates == [("2012-03", DateSource.FRONT_MATTER), ("2015-05-07", DateSource.FILENAME)]


def test_records_are_documents_inside_their_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "towers.csv", "id,year,height\na,2010,80\nb,2011,90\n")
    first, second, completed = _scan(tmp_path)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert first.doc_id == first.uri == f"{file_uri(path)}#a"
    assert first.origin == file_uri(path)
    assert str(second.date) == "2011"
    assert isinstance(completed, Completed)
    assert completed.doc_ids == {first.doc_id, second.doc_id}


def test_a_deleted_file_is_gone(tmp_path: Path) -> None:
    path = _write(tmp_path / "a" / "a.txt", "one")
    kept = _write(tmp_path / "b.txt", "two")
    known = _known_after(_scan(tmp_path))
    path.unlink()
    assert _scan(tmp_path, known) == [Unchanged(file_uri(kept)), Gone(file_uri(path))]


def test_what_lies_beside_the_root_is_not_gone(tmp_path: Path) -> None:
    _write(tmp_path / "docs" / "a.txt", "one")
    other = file_uri(tmp_path / "docs2" / "b.txt")
    known = FakeKnown(fingerprints={other: "x"})
    assert Gone(other) not in _scan(tmp_path / "docs", known)


def test_a_file_that_is_skipped_now_is_not_gone(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.pdf", "no pdf")
    items = _scan(tmp_path, FakeKnown(fingerprints={file_uri(path): "old"}))
    assert items == [Skipped(file_uri(path), "not a PDF file")]


def test_one_file_can_be_the_root(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.txt", "one")
    sibling = file_uri(tmp_path / "a.txt2")
    items = _scan(path, FakeKnown(fingerprints={sibling: "x"}))
    assert [type(item) for item in items] == [Document, Completed]


def test_bad_files_are_skipped_with_a_reason_and_nothing_stops(tmp_path: Path) -> None:
    _write(tmp_path / "empty.txt", "")
    _write(tmp_path / "binary.txt", b"a\x00b")
    _write(tmp_path / "broken.json", '{"a": ')
    _write(tmp_path / "fake.docx", "no zip")
    _write(tmp_path / "movie.xyz", "x")
    _write(tmp_path / "noextension", b"\x7fELF\x00\x01")
    _write(tmp_path / "huge.txt", "x" * 20_000)
    _write(tmp_path / "zz.txt", "good")
    items = _scan(tmp_path)
    assert [document.text for document in _documents(items)] == ["good"]
    assert _reasons(items) == {
        "empty.txt": "empty file",
        "binary.txt": "not text: binary data",
        "broken.json": "broken JSON at line 1",
        "fake.docx": "not a Word document",
        "movie.xyz": "unsupported format .xyz",
        "noextension": "unsupported format (no suffix)",
        "huge.txt": "too large: 20000 bytes, the limit is 10000",
    }
    assert sum(isinstance(item, Completed) for item in items) == 1


def test_links_are_not_followed(tmp_path: Path) -> None:
    _write(tmp_path / "outside.txt", "outside")
    root = tmp_path / "root"
    _write(root / "a.txt", "inside")
    (root / "loop").symlink_to(root)
    (root / "again.txt").symlink_to(root / "a.txt")
    (root / "out.txt").symlink_to(tmp_path / "outside.txt")
    (root / "dangling.txt").symlink_to(root / "nothing")
    assert [document.text for document in _documents(_scan(root))] == ["inside"]


def test_a_pipe_is_skipped_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert _reasons(_scan(tmp_path)) == {"pipe.txt": "not a regular file"}


def test_names_that_are_not_utf8_are_read(tmp_path: Path) -> None:
    _write(tmp_path / os.fsdecode(b"caf\xe9.txt"), "coffee")
    (document,) = _documents(_scan(tmp_path))
    assert document.doc_id.endswith("/caf%E9.txt")
    document.title.encode("utf-8")


def test_a_file_that_may_not_be_read_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "a.txt", "one")

    def refuse(_self: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert _reasons(_scan(tmp_path)) == {"a.txt": "permission denied"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_skipped(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "one").chmod(0)
    assert _reasons(_scan(tmp_path)) == {"a.txt": "permission denied"}


def test_what_lies_in_a_folder_that_cannot_be_listed_is_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = _write(tmp_path / "locked" / "a.txt", "one")
    kept = _write(tmp_path / "b.txt", "two")
    known = _known_after(_scan(tmp_path))
    scandir = os.scandir

    def refuse(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(walk_module.os, "scandir", refuse)
    assert _scan(tmp_path, known) == [
        Unchanged(file_uri(kept)),
        Skipped(file_uri(locked.parent), "folder cannot be listed: permission denied"),
    ]


def test_a_file_that_changes_while_it_is_read_is_not_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "a.txt", "one")

    def parse_slowly(read: Path, *, name: PurePath) -> Iterator[Parsed]:
        yield Parsed(text=read.read_text())
        read.write_text("another text")

    monkeypatch.setattr(documents_module, "parse", parse_slowly)
    assert _scan(tmp_path) == [Skipped(file_uri(path), "changed while it was read")]


def test_a_parser_that_fails_unexpectedly_costs_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _write(tmp_path / "a.txt", "one")
    _write(tmp_path / "b.md", "two")

    def fail_on_text(read: Path, *, name: PurePath) -> Iterator[Parsed]:
        if name.suffix == ".txt":
            raise ZeroDivisionError("by zero")
        yield Parsed(text=read.read_text())

    monkeypatch.setattr(documents_module, "parse", fail_on_text)
    items = _scan(tmp_path)
    assert _reasons(items) == {
        "a.txt": "reading it failed unexpectedly: ZeroDivisionError: by zero"
    }
    assert [document.text for document in _documents(items)] == ["two"]
    assert "ZeroDivisionError" in caplog.text


def test_records_before_the_damage_are_yielded_and_nothing_is_completed(tmp_path: Path) -> None:
    lines = [f'{{"id": {n}, "text": "t{n}"}}' for n in range(3)]
    _write(tmp_path / "a.jsonl", "\n".join([*lines, "{broken"]))
    items = _scan(tmp_path)
    assert len(_documents(items)) >= 2
    assert _reasons(items) == {"a.jsonl": "broken JSON at line 4"}
    assert not any(isinstance(item, Completed) for item in items)


def test_a_dump_among_the_files_is_read_as_wikipedia(tmp_path: Path) -> None:
    xml = (
        "<mediawiki><siteinfo><dbname>w</dbname></siteinfo><page><title>A</title><id>1</id>"
        "<revision><id>2</id><timestamp>2010-01-01T00:00:00Z</timestamp><text>x</text></revision>"
        "</page></mediawiki>"
    )
    _write(tmp_path / "dump.xml.bz2", bz2.compress(xml.encode()))
    document, completed = _scan(tmp_path, max_bytes=10)
    assert isinstance(document, Document)
    assert document.doc_id == "wiki:w:1"
    assert isinstance(completed, Completed)
    assert completed.doc_ids is None


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no such file or folder: .*nothing") as caught:
        _scan(tmp_path / "nothing")
    assert caught.value.hint


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for suffix in ("txt", "md", "html", "pdf", "docx", "csv", "json", "jsonl", "xml"):
        _write(tmp_path / f"a.{suffix}", b"%PDF-1.4 broken")
        _write(tmp_path / f"b.{suffix}", "<p>x")
    _scan(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_scan_within_looks_at_some_places_alone(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "x/c.txt", "x/y/d.txt"):
        _write(tmp_path / name, name)
    known = FakeKnown()
    for item in _scan(tmp_path):
        if isinstance(item, Completed):
            known.fingerprints[item.origin] = item.fingerprint
    for name in ("a.txt", "b.txt", "x/c.txt"):
        (tmp_path / name).unlink()
    _write(tmp_path / "x/e.txt", "new")
    source = FolderSource(tmp_path, ContentRules(dates=DateRules(now=lambda: _NOW)))

    def told(*places: str) -> list[tuple[str, str]]:
        items = source.scan_within(known, [tmp_path / place for place in places])
        return [
            (type(item).__name__, item.origin.removeprefix(f"{file_uri(tmp_path)}/"))
            for item in items
            if isinstance(item, Gone | Completed | Unchanged)
        ]

    assert told("a.txt") == [("Gone", "a.txt")]
    assert told("x") == [("Completed", "x/e.txt"), ("Unchanged", "x/y/d.txt"), ("Gone", "x/c.txt")]
    assert told("x/e.txt", "b.txt") == [("Completed", "x/e.txt"), ("Gone", "b.txt")]
    assert told("nowhere") == []
    assert told("x/e.txt", "x") == told("x")


def test_what_failed_is_passed_over_while_it_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "a.pdf", "no pdf")
    [failed] = _scan(tmp_path)
    assert isinstance(failed, Skipped)
    assert (failed.is_transient, failed.is_noted) == (False, True)
    known = FakeKnown(failures={failed.uri: (failed.fingerprint, failed.reason)})
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda *_: pytest.fail("opened"))
        [passed_over] = _scan(tmp_path, known)
    assert passed_over == failed
    assert not passed_over.is_noted  # it is already
    path.write_text("no pdf either")
    [again] = _scan(tmp_path, known)
    assert again.is_noted
    path.unlink()
    assert _scan(tmp_path, known) == [Settled(failed.uri)]


def test_what_is_not_read_by_its_name_or_size_is_not_noted(tmp_path: Path) -> None:
    _write(tmp_path / "movie.xyz", "x")
    _write(tmp_path / "huge.txt", "x" * 20_000)
    assert [item.is_noted for item in _scan(tmp_path)] == [False, False]


def test_a_failing_disk_is_told_as_what_may_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "a.txt", "one")

    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(documents_module, "parse", fail)
    [failed] = _scan(tmp_path)
    assert failed == Skipped(file_uri(path), "input/output error")
    assert failed.is_transient


def test_a_file_in_a_folder_that_nobody_may_look_into_is_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _write(tmp_path / "locked" / "a.txt", "one")
    known = _known_after(_scan(tmp_path))
    stat = Path.stat

    def refuse(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == place:
            raise PermissionError(13, "Permission denied")
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    source = FolderSource(tmp_path, ContentRules(dates=DateRules(now=lambda: _NOW)))
    [skipped] = source.scan_within(known, [place])
    assert skipped == Skipped(file_uri(place), "permission denied")
    assert skipped.is_transient

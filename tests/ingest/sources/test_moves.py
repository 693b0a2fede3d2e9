"""Moved files are found again, by what they are and by what they hold."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.names import file_uri
from ingest.sources.folder import FolderSource
from rag_lifelong.types import Completed, Document, Gone, Moved, ScanItem, Unchanged
from tests.ingest.fakes import FakeKnown
from tests.ingest.sources.test_folder import _scan, _write


def _known_after(items: list[ScanItem]) -> FakeKnown:
    known = FakeKnown()
    for item in items:
        if isinstance(item, Completed):
            known.fingerprints[item.origin] = item.fingerprint
            known.contents[item.origin] = item.content
    return known


def test_a_renamed_file_is_not_read(tmp_path: Path) -> None:
    old = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    new = old.rename(tmp_path / "b.txt")
    [moved] = _scan(tmp_path, known)
    assert isinstance(moved, Moved)
    assert (moved.origin, moved.to) == (file_uri(old), file_uri(new))


def test_a_renamed_folder_moves_its_files(tmp_path: Path) -> None:
    for name in ("x/a.txt", "x/y/b.txt", "c.txt"):
        _write(tmp_path / name, name)
    known = _known_after(_scan(tmp_path))
    (tmp_path / "x").rename(tmp_path / "z")
    items = _scan(tmp_path, known)
    assert [type(item) for item in items] == [Unchanged, Moved, Moved]
    places = [item.to for item in items if isinstance(item, Moved)]
    assert places == [file_uri(tmp_path / "z/a.txt"), file_uri(tmp_path / "z/y/b.txt")]


def test_a_file_moved_by_way_of_a_copy_is_known_by_what_it_holds(tmp_path: Path) -> None:
    old = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    new = Path(shutil.copyfile(old, tmp_path / "b.txt"))
    old.unlink()
    [moved] = _scan(tmp_path, known)
    assert isinstance(moved, Moved)
    assert moved.fingerprint != known.fingerprints[moved.origin]
    assert moved.to == file_uri(new)


def test_a_file_not_at_rest_may_have_moved_but_is_not_read(tmp_path: Path) -> None:
    old = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    old.rename(tmp_path / "b.txt")
    _write(tmp_path / "c.txt", "new")
    rules = ContentRules(dates=DateRules(now=lambda: datetime(2024, 6, 1, tzinfo=UTC)))
    source = FolderSource(tmp_path, rules)
    items = source.scan_within(known, [tmp_path], is_at_rest=lambda _path, _status: False)
    assert [type(item) for item in items] == [Moved]


def test_a_copy_is_no_move(tmp_path: Path) -> None:
    old = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    shutil.copy2(old, tmp_path / "b.txt")
    os.link(old, tmp_path / "c.txt")
    items = _scan(tmp_path, known)
    kinds = [type(item) for item in items]
    assert kinds == [Unchanged, Document, Completed, Document, Completed]


def test_of_two_copies_of_what_was_moved_one_is_it(tmp_path: Path) -> None:
    old = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    shutil.copy2(old, tmp_path / "b.txt")
    old.rename(tmp_path / "c.txt")
    kinds = [type(item) for item in _scan(tmp_path, known)]
    assert kinds == [Moved, Document, Completed]


def test_files_that_change_places_are_edits(tmp_path: Path) -> None:
    one, two = _write(tmp_path / "a.txt", "one"), _write(tmp_path / "b.txt", "two")
    known = _known_after(_scan(tmp_path))
    one.rename(tmp_path / "c")
    two.rename(one)
    (tmp_path / "c").rename(two)
    items = _scan(tmp_path, known)
    assert [i.text for i in items if isinstance(i, Document)] == ["two", "one"]
    assert not [i for i in items if isinstance(i, Moved | Gone)]


def test_a_file_that_gets_a_date_by_its_new_name_is_the_same_document_revised(
    tmp_path: Path,
) -> None:
    old = _write(tmp_path / "a.txt", "text")
    known = _known_after(_scan(tmp_path))
    old.rename(tmp_path / "2019-03-01 a.txt")
    moved, document, completed = _scan(tmp_path, known)
    assert isinstance(moved, Moved)
    assert isinstance(document, Document)
    assert document.doc_id == file_uri(old)
    assert str(document.date) == "2019-03-01"
    assert isinstance(completed, Completed)
    assert completed.content == known.contents[file_uri(old)]


def test_what_moved_keeps_the_base_of_its_ids(tmp_path: Path) -> None:
    path = _write(tmp_path / "b.txt", "edited")
    known = FakeKnown(fingerprints={file_uri(path): "old"}, bases={file_uri(path): "file:///a"})
    document, completed = _scan(tmp_path, known)
    assert isinstance(document, Document)
    assert isinstance(completed, Completed)
    assert document.doc_id == "file:///a"
    assert document.uri == document.origin == file_uri(path)
    assert completed.doc_ids == {"file:///a"}

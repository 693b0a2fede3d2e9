"""Damage of every kind is found and comes with the command that mends it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from indexes import head, rows, schema
from indexes.backup import backup, restore
from indexes.snapshot import StoreSnapshot
from indexes.verify import COMPACT, RESTORE, verify
from indexes.writer import StoreWriter
from rag_lifelong.errors import CorruptIndexError, IndexStoreError
from rag_lifelong.types import RevisionOrder
from tests.indexes.conftest import TinyStore, document, time_filter, vector


@pytest.fixture
def full(store: TinyStore) -> TinyStore:
    for n in range(5):
        store.add(
            *(document(f"d{d}", f"{2000 + n}", f"{d} in {n}", order=RevisionOrder.VALID_TIME)
              for d in range(4))
        )  # fmt: skip
    return store


def test_a_sound_store_has_no_problems_and_says_what_was_looked_at(full: TinyStore):
    found = verify(full.path)
    assert found.problems == []
    assert found.checked["revisions"] == found.checked["vectors"] == 20


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE texts SET text = 'tampered' WHERE text_no = 3",
        "UPDATE revisions SET valid_from = valid_from + 1 WHERE rev_no = 3",
        "UPDATE revisions SET title = 'x' WHERE rev_no = 3",
        "UPDATE closings SET valid_to = valid_to + 1 WHERE closing_no = 3",
        "UPDATE chunks SET text_no = 1 WHERE chunk_no = 3",
        "UPDATE documents SET doc_id = 'x' WHERE doc_no = 1",
        "UPDATE generations SET dim = 15",
        "UPDATE columns SET rows = rows - 1 WHERE name = 'revisions'",
        "UPDATE meta SET value = 1 WHERE key = 'commits'",
        "DELETE FROM revisions WHERE rev_no = 3",
        "DELETE FROM chunks WHERE chunk_no = 3",
        "DELETE FROM texts WHERE text_no = 3",
        "DELETE FROM closings WHERE closing_no = 3",
        "DELETE FROM postings WHERE term = 'in'",
        "DELETE FROM postings_segments",
        "DELETE FROM blocks",
        "DELETE FROM meta WHERE key = 'commits'",
    ],
)
def test_a_row_that_was_changed_or_lost_is_found(full: TinyStore, statement: str):
    db = sqlite3.connect(full.path / schema.DATABASE)
    db.execute(statement)
    db.commit()
    db.close()
    problems = verify(full.path).problems
    assert problems
    assert all(problem.fix in (RESTORE, COMPACT) for problem in problems)


@pytest.mark.parametrize("name", ["revisions", "closings", "chunks", "texts", "vectors-0"])
@pytest.mark.parametrize("how", ["flipped", "cut", "missing"])
def test_a_damaged_column_is_found(full: TinyStore, name: str, how: str):
    path = full.path / f"{name}.column"
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[len(data) // 2] ^= 1
    path.unlink()
    if how != "missing":
        path.write_bytes(data[:-1] if how == "cut" else data)
    assert any(name in problem.what for problem in verify(full.path).problems)


def test_a_log_that_lost_its_end_is_found_by_readers_writers_and_verify(
    full: TinyStore, tmp_path: Path
):
    """SQLite takes the first damaged frame of its log for the end: commits vanish in silence."""
    copy = TinyStore(tmp_path / "copy")
    with StoreWriter(full.path, now=full.clock) as writer:
        full.commit(writer, document("late", "2020", "one"))
        full.commit(writer, document("later", "2020", "two"))
        shutil.copytree(full.path, copy.path)
    log = copy.path / f"{schema.DATABASE}-wal"
    data = bytearray(log.read_bytes())
    data[len(data) * 3 // 4] ^= 8
    log.write_bytes(data)
    (copy.path / f"{schema.DATABASE}-shm").unlink()
    assert any("acknowledged" in problem.what for problem in verify(copy.path).problems)
    with pytest.raises(CorruptIndexError, match="acknowledged"):
        StoreSnapshot(copy.path)
    with pytest.raises(CorruptIndexError, match="acknowledged"):
        StoreWriter(copy.path, now=copy.clock)


def test_a_store_without_a_head_is_sound(full: TinyStore):
    (full.path / head.NAME).unlink()
    assert not verify(full.path).problems
    full.add(document("x", "2020", "more"))
    assert head.read(full.path) == 6


def test_a_text_that_does_not_match_its_checksum_is_not_cited(full: TinyStore):
    db = schema.connect(full.path / schema.DATABASE, write=True)
    db.execute("UPDATE texts SET text = 'tampered' WHERE text_no = 0")
    db.close()
    with (
        StoreSnapshot(full.path) as snapshot,
        pytest.raises(CorruptIndexError, match="checksum"),
    ):
        snapshot.chunks([0], None)


def test_no_store_at_all_is_an_error(tmp_path: Path):
    with pytest.raises(IndexStoreError, match="no store at"):
        verify(tmp_path / "nowhere")


def test_a_backup_is_a_store_that_answers_alike(full: TinyStore, tmp_path: Path):
    with StoreWriter(full.path, now=full.clock) as writer:
        full.commit(writer, document("late", "2020", "written while the store is open"))
        assert backup(full.path, tmp_path / "backup") > 0
        full.commit(writer, document("later", "2020", "after the backup"))
    restore(tmp_path / "backup", tmp_path / "restored")
    restored = TinyStore(tmp_path / "restored")
    restored.clock.time = full.clock.time
    assert full.texts() - restored.texts() == {"after the backup"}
    time = time_filter(as_of="2003", known_at="2026-01-05T12:00:00")
    answers = []
    for path in (full.path, tmp_path / "backup", restored.path):
        with StoreSnapshot(path) as snapshot:
            answers.append(
                [snapshot.search_dense(vector("q"), time, 9),
                 snapshot.search_lexical("1 in 2", time, 9)]
            )  # fmt: skip
    assert answers[0] == answers[1] == answers[2]
    restored.add(document("d1", "2030", "goes on"))
    assert not verify(restored.path).problems


def test_a_backup_goes_nowhere_that_is_in_use(full: TinyStore, tmp_path: Path):
    with pytest.raises(IndexStoreError, match="not empty"):
        backup(full.path, full.path)
    backup(full.path, tmp_path / "backup")
    with pytest.raises(IndexStoreError, match="not empty"):
        restore(tmp_path / "backup", full.path)


def test_a_damaged_store_is_neither_backed_up_nor_restored(full: TinyStore, tmp_path: Path):
    backup(full.path, tmp_path / "backup")
    for path in (full.path, tmp_path / "backup"):
        column = path / "vectors-0.column"
        column.write_bytes(column.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(CorruptIndexError, match="not backed up"):
        backup(full.path, tmp_path / "again")
    with pytest.raises(CorruptIndexError, match="not restored"):
        restore(tmp_path / "backup", tmp_path / "restored")
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(("again", "restored"))]


def test_a_checksum_tells_types_apart():
    assert rows.checksum(1) != rows.checksum("1") != rows.checksum(b"1") != rows.checksum(1.0)

"""Batches are all or nothing, readers are not disturbed, damage is named."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from indexes import schema
from indexes.columns import CHUNKS, column
from indexes.files import FilePoisonedError, Files
from indexes.rows import transaction
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.errors import (
    CorruptIndexError,
    EmbedderMismatchError,
    IndexLockedError,
    IndexStoreError,
)
from rag_lifelong.ports import EmbeddingModel
from tests.indexes.conftest import TinyStore, document


class FailingFiles(Files):
    """Raises an OSError at the nth write or fsync."""

    def __init__(self, *, write: int = 0, fsync: int = 0) -> None:
        super().__init__()
        self.left = {"write": write, "fsync": fsync}

    def note(self, path: Path, data: bytes) -> None:
        """The head, whose loss is no one's."""

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        self._maybe_fail("write")
        super().write(descriptor, data, offset)

    def fsync(self, descriptor: int) -> None:
        self._maybe_fail("fsync")
        super().fsync(descriptor)

    def _maybe_fail(self, call: str) -> None:
        self.left[call] -= 1
        if self.left[call] == 0:
            raise OSError(28, "No space left on device")


@pytest.mark.parametrize("nth", range(1, 5))
def test_a_failed_write_stores_nothing_and_leaves_the_store_usable(store: TinyStore, nth: int):
    store.add(document("a", "2015", "kept"))
    with StoreWriter(store.path, now=store.clock, files=FailingFiles(write=nth)) as writer:
        with pytest.raises(IndexStoreError, match="No space left"):
            store.commit(writer, document("b", "2015", "lost"), document("a", "2016", "closes"))
        assert store.texts() == {"kept"}
        store.commit(writer, document("c", "2015", "after"))
    assert store.texts() == {"kept", "after"}


@pytest.mark.parametrize("nth", range(1, 5))
def test_a_failed_fsync_is_never_retried_nor_acknowledged(store: TinyStore, nth: int):
    store.add(document("a", "2015", "kept"))
    with StoreWriter(store.path, now=store.clock, files=FailingFiles(fsync=nth)) as writer:
        for _ in range(2):
            with pytest.raises(FilePoisonedError, match="fsync"):
                store.commit(writer, document("a", "2016", "lost"))
    assert store.texts() == {"kept"}
    store.add(document("b", "2015", "after reopening"))
    assert store.texts() == {"kept", "after reopening"}


def test_rows_beyond_the_committed_count_are_overwritten(store: TinyStore):
    store.add(document("a", "2015", "kept"))
    for file in store.path.glob("*.column"):
        file.write_bytes(file.read_bytes() + b"\xff" * 100)
    assert store.texts() == {"kept"}
    store.add(document("b", "2015", "more"))
    assert store.texts() == {"kept", "more"}


def test_what_a_crash_left_is_reclaimed_at_the_next_opening(store: TinyStore):
    store.add(document("a", "2015", "kept"))
    sizes = {file.name: file.stat().st_size for file in store.path.glob("*.column")}
    for file in store.path.glob("*.column"):
        file.write_bytes(file.read_bytes() + b"\xff" * 100)
    for name in ("codes-0-0-9.sq8", "times-1-1-1.index", "vectors-7.column", "x.index.tmp"):
        (store.path / name).write_bytes(b"left")
    (store.path / "mine.txt").write_text("not the store's")
    StoreWriter(store.path, now=store.clock).close()
    assert {file.name: file.stat().st_size for file in store.path.glob("*.column")} == sizes
    assert not [*store.path.glob("*.sq8"), *store.path.glob("*.index"), *store.path.glob("*.tmp")]
    assert (store.path / "mine.txt").exists()


def test_a_reader_keeps_its_snapshot_while_others_write(store: TinyStore):
    store.add(document("a", "2015", "first"))
    with StoreSnapshot(store.path) as snapshot:
        before = snapshot.status()
        store.add(document("b", "2015", "second"))
        after = snapshot.status()
        assert (after.documents, after.vectors) == (before.documents, before.vectors) == (1, 1)
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.status().documents == 2


def test_a_second_writer_is_told_who_holds_the_lock(store: TinyStore):
    with (
        StoreWriter(store.path, now=store.clock),
        pytest.raises(IndexLockedError, match=f"process {os.getpid()} on host"),
    ):
        StoreWriter(store.path, now=store.clock)


def _write_until_killed(path: Path, ready) -> None:
    store = TinyStore(path)
    with StoreWriter(path, now=store.clock) as writer:
        for n in range(100_000):
            store.commit(writer, document(f"d{n}", "2015", f"text {n}", f"more {n}"))
            ready.send(n)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 3, 7, 12])
def test_what_was_acknowledged_survives_kill_9_and_the_lock_is_taken_over(
    store: TinyStore, after: int
):
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_write_until_killed, args=(store.path, theirs))
    process.start()
    theirs.close()
    acknowledged = -1
    while acknowledged < after:
        acknowledged = mine.recv()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while mine.poll():
        try:
            acknowledged = mine.recv()
        except EOFError:
            break
    with StoreSnapshot(store.path) as snapshot:
        status = snapshot.status()
    assert status.documents >= acknowledged + 1
    assert status.chunks == status.vectors == 2 * status.documents
    store.add(document("after", "2015", "the kill"))


def test_an_empty_database_file_is_called_by_name(store: TinyStore):
    store.add(document("a", "2015", "x"))
    for file in store.path.glob("store.sqlite3*"):
        file.unlink()
    (store.path / schema.DATABASE).touch()
    with pytest.raises(CorruptIndexError, match=r"store\.sqlite3 is empty \(0 bytes\)"):
        StoreSnapshot(store.path)
    with pytest.raises(CorruptIndexError, match=r"store\.sqlite3 is empty \(0 bytes\)"):
        StoreWriter(store.path, now=store.clock)


def test_a_lost_database_beside_its_columns_is_not_replaced_by_an_empty_one(store: TinyStore):
    store.add(document("a", "2015", "x"))
    for file in store.path.glob("store.sqlite3*"):
        file.unlink()
    with pytest.raises(CorruptIndexError, match="missing beside its columns"):
        StoreWriter(store.path, now=store.clock)


@pytest.mark.parametrize("name", ["vectors-0", "chunks", "revisions", "texts"])
def test_an_emptied_column_is_called_by_name(store: TinyStore, name: str):
    store.add(document("a", "2015", "x"))
    (store.path / f"{name}.column").write_bytes(b"")
    with pytest.raises(CorruptIndexError, match=rf"{name}\.column has 0 bytes"):
        store.texts()


def test_something_else_than_a_store_is_refused(tmp_path: Path, store: TinyStore):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(IndexStoreError, match="holds other files"):
        StoreWriter(tmp_path, now=store.clock)
    (tmp_path / schema.DATABASE).write_bytes(b"not a database" * 1000)
    with pytest.raises(CorruptIndexError, match="not a readable store"):
        StoreSnapshot(tmp_path)
    with pytest.raises(IndexStoreError, match="no store at"):
        StoreSnapshot(tmp_path / "nowhere")


def test_another_embedding_model_is_refused_by_both_names(store: TinyStore):
    store.add(document("a", "2015", "x"))
    other = EmbeddingModel("other", "2", "float32", 16)
    with pytest.raises(EmbedderMismatchError, match=r"fake@1 .* other@2"):
        store.add(document("b", "2015", "y"), model=other)
    assert store.texts() == {"x"}


def test_a_store_of_a_newer_program_is_left_alone(store: TinyStore):
    import sqlite3

    store.add(document("a", "2015", "x"))
    db = sqlite3.connect(store.path / schema.DATABASE)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(IndexStoreError, match="schema 99"):
        store.texts()


def test_a_column_reads_back_what_was_appended(store: TinyStore):
    store.add(document("a", "2015", "x"))
    db = schema.connect(store.path / schema.DATABASE, write=True)
    rows = np.array([(1, 2), (3, 4)], CHUNKS)
    chunks = column(store.path, "chunks", CHUNKS)
    with transaction(db):
        chunks.append(Files(), db, rows)
        chunks.append(Files(), db, rows)
    assert chunks.read(5).tolist() == [(0, 0), (1, 2), (3, 4), (1, 2), (3, 4)]
    assert not chunks.read(5).flags.writeable
    assert not list(chunks.damaged_blocks(db))
    db.close()

"""Stores of every schema there ever was open with the program of today and answer as they did."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from pathlib import Path

import pytest

from indexes import postings, schema
from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.errors import IndexStoreError
from tests.indexes.conftest import TinyStore, document
from tests.indexes.stores.make import HERE, answers

ARCHIVES = sorted(HERE.glob("*.tar.xz"))


@pytest.fixture(params=ARCHIVES, ids=lambda path: path.name.split(".")[0])
def archive(request: pytest.FixtureRequest) -> Path:
    return request.param


def unpack(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def test_there_is_an_archive_of_every_schema():
    assert len(ARCHIVES) == len(schema.MIGRATIONS)


def test_an_old_store_answers_as_it_did(archive: Path, tmp_path: Path):
    store = TinyStore(unpack(archive, tmp_path / "store"))
    with StoreWriter(store.path, now=store.clock):
        pass
    expected = json.loads((HERE / archive.name.replace(".tar.xz", ".json")).read_text())
    found = answers(store.path)
    for now, then in zip(found, expected, strict=True):
        assert [no for no, _ in now["dense"]] == [no for no, _ in then["dense"]]
        assert [s for _, s in now["dense"]] == pytest.approx([s for _, s in then["dense"]])
        assert now["lexical"] == then["lexical"]
    assert not verify(store.path).problems
    store.add(document("new", "2020", "added later"))
    assert "added later" in store.texts()
    assert not verify(store.path).problems


def test_a_reader_of_an_old_store_is_told_what_to_do(tmp_path: Path):
    store = unpack(ARCHIVES[0], tmp_path / "store")
    with pytest.raises(IndexStoreError, match="schema 1") as caught:
        StoreSnapshot(store)
    assert "rag-lifelong compact" in caught.value.hint


def test_a_migration_cut_short_leaves_the_old_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = TinyStore(unpack(ARCHIVES[0], tmp_path / "store"))

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(postings, "add", fail)
        with pytest.raises(IndexStoreError, match="full"):
            StoreWriter(store.path, now=store.clock)
    db = sqlite3.connect(store.path / schema.DATABASE)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM texts_fts").fetchone()[0]
    db.close()
    test_an_old_store_answers_as_it_did(ARCHIVES[0], tmp_path / "again")

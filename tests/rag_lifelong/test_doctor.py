"""The doctor names what is wrong, how bad it is, and the fix."""

from __future__ import annotations

import json
import os
import shutil
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexes import schema
from indexes.writer import StoreWriter
from rag_lifelong import doctor
from rag_lifelong.config import load_config
from rag_lifelong.doctor import Check, Level, examine
from rag_lifelong.models import weights_fingerprint
from rag_lifelong.system import System
from rag_lifelong.testing import HashingEmbedder
from tests.rag_lifelong.conftest import House

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def clinic(house: House) -> House:
    """A healthy store, of models that are there."""
    models = house.notes.parent / "models"
    (models / "hashing").mkdir(parents=True)
    (models / "hashing" / "model.safetensors").write_bytes(b"weights")
    (models / "reader.gguf").write_bytes(b"reader")
    house.embedder = HashingEmbedder(dim=256, version=weights_fingerprint(models / "hashing"))
    config = load_config(
        flags={
            "store": house.system.config.store,
            "embedder": {"model": str(models / "hashing")},
            "reader": {"model": str(models / "reader.gguf")},
            "models": {"cache_dir": models / "cache"},
        }
    )
    house.system = System(config, now=house.clock, embedder=house.embedder)
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.write("b.md", "The bridge is open.", "2011")
    house.ingest()
    return house


def look(house: House, **settings) -> dict[str, Check]:
    """The checks by name, made of the settings alone."""
    config = house.system.config.model_copy(update=settings)
    return {check.name: check for check in examine(config, now=house.clock())}


def test_a_healthy_store_has_nothing_to_fix(clinic: House):
    checks = look(clinic)
    assert list(checks) == [
        "store", "commits", "forgetting", "vectors", "clock", "dates", "lock", "disk",
        "embedder", "reader",
    ]  # fmt: skip
    assert {check.level for check in checks.values()} == {Level.OK}
    assert not any(check.fix for check in checks.values())
    assert "2 documents, 2 revisions" in checks["store"].detail
    assert "rag-lifelong verify" in checks["store"].detail


def test_it_changes_nothing(clinic: House):
    def contents() -> dict[str, bytes]:
        # SQLite makes and removes its log and shared memory for readers too.
        files = clinic.system.config.store.iterdir()
        return {f.name: f.read_bytes() for f in files if not f.name.endswith(("-wal", "-shm"))}

    before = contents()
    look(clinic)
    assert contents() == before


def test_no_store_is_a_failure_and_the_rest_is_looked_at(clinic: House, tmp_path: Path):
    checks = look(clinic, store=tmp_path / "nowhere")
    assert list(checks) == ["store", "embedder", "reader"]
    assert checks["store"].level is Level.FAILURE
    assert "no store at" in checks["store"].detail
    assert "rag-lifelong ingest" in checks["store"].fix
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("file", ["vectors-0.column", "store.sqlite3"])
def test_a_file_that_was_cut_is_a_failure(clinic: House, file: str):
    with (clinic.system.config.store / file).open("r+b") as opened:
        opened.truncate(100)
    found = look(clinic)["store"]
    assert found.level is Level.FAILURE
    assert file in found.detail
    assert found.fix


def test_lost_commits_are_a_failure(clinic: House, tmp_path: Path):
    store = clinic.system.config.store
    shutil.copytree(store, tmp_path / "old")
    clinic.write("c.md", "The mill is closed.", "2012")
    clinic.ingest()
    shutil.copy(store / "head", tmp_path / "old" / "head")
    found = look(clinic, store=tmp_path / "old")["store"]
    assert found.level is Level.FAILURE
    assert "1 commits, but 2 were acknowledged" in found.detail


def test_a_head_that_cannot_be_read_is_a_warning_with_a_fix_that_works(clinic: House):
    head = clinic.system.config.store / "head"
    head.write_bytes(b"nothing of use " * 9)
    found = look(clinic)["commits"]
    assert (found.level, found.fix.startswith(f"remove {head}")) == (Level.WARNING, True)
    head.unlink()
    clinic.write("c.md", "The mill is closed.", "2012")
    clinic.ingest()
    assert look(clinic)["commits"].level is Level.OK


def test_another_embedder_is_a_failure_that_names_both(clinic: House, tmp_path: Path):
    (tmp_path / "minilm").mkdir()
    (tmp_path / "minilm" / "model.safetensors").write_bytes(b"others")
    other = clinic.system.config.embedder.model_copy(update={"model": str(tmp_path / "minilm")})
    found = look(clinic, embedder=other)["vectors"]
    assert found.level is Level.FAILURE
    assert f"from hashing@{clinic.embedder.model.version}" in found.detail
    assert f"is minilm@{weights_fingerprint(tmp_path / 'minilm')}" in found.detail
    assert "rag-lifelong reembed" in found.fix


@pytest.mark.parametrize("changed", ["weights", "dtype"])
def test_the_same_name_with_other_weights_or_numbers_is_another_embedder(
    clinic: House, changed: str
):
    embedder = clinic.system.config.embedder
    if changed == "weights":
        (Path(embedder.model) / "model.safetensors").write_bytes(b"newer weights")
    else:
        embedder = embedder.model_copy(update={"dtype": "bfloat16"})
    assert look(clinic, embedder=embedder)["vectors"].level is Level.FAILURE


def test_the_embedder_a_system_was_given_is_the_one_compared(clinic: House):
    given = {check.name: check for check in clinic.system.doctor()}
    assert given["vectors"].level is Level.OK
    other = System(clinic.system.config, now=clinic.clock, embedder=HashingEmbedder(version="9"))
    assert {check.name: check for check in other.doctor()}["vectors"].level is Level.FAILURE


def test_models_that_are_missing_are_failures(clinic: House):
    config = clinic.system.config
    checks = look(
        clinic,
        embedder=config.embedder.model_copy(update={"model": "./nowhere"}),
        reader=config.reader.model_copy(update={"model": "./nowhere.gguf"}),
    )
    for name in ("embedder", "reader"):
        assert checks[name].level is Level.FAILURE
        assert f"no {name} at ./nowhere" in checks[name].detail
        assert f"set {name}.model" in checks[name].fix


def test_a_reranker_is_looked_for_where_one_is_named(clinic: House):
    assert "reranker" not in look(clinic)
    retrieval = clinic.system.config.retrieval.model_copy(update={"reranker": "./nowhere"})
    found = look(clinic, retrieval=retrieval)["reranker"]
    assert found.level is Level.FAILURE
    assert "set retrieval.reranker" in found.fix


def test_the_model_of_a_server_is_not_looked_for(clinic: House):
    reader = clinic.system.config.reader.model_copy(update={"kind": "openai", "model": "big"})
    found = look(clinic, reader=reader)["reader"]
    assert (found.level, "big at http" in found.detail) == (Level.OK, True)


@pytest.mark.parametrize(
    ("back", "level"), [(0.0, Level.OK), (0.5, Level.WARNING), (2.0, Level.FAILURE)]
)
def test_a_clock_before_the_last_record_went_back(clinic: House, back: float, level: Level):
    clinic.clock.advance(days=-back)
    found = look(clinic)["clock"]
    assert found.level is level
    if back:
        assert "2026-01-02T00:00:00Z" in found.detail
        assert "clock" in found.fix


def test_the_lock_tells_who_writes(clinic: House):
    with StoreWriter(clinic.system.config.store, now=clinic.clock):
        assert f"held by process {os.getpid()}" in look(clinic)["lock"].detail
    assert "nothing is writing" in look(clinic)["lock"].detail


def test_the_lock_of_a_dead_writer_is_free(clinic: House):
    left = json.dumps({"pid": 4_194_304, "host": "elsewhere"})
    (clinic.system.config.store / "writer.lock").write_text(left)
    found = look(clinic)["lock"]
    assert found.level is Level.OK
    assert "process 4194304 on host elsewhere died" in found.detail
    clinic.write("c.md", "The mill is closed.", "2012")
    assert clinic.ingest().added == 1


@pytest.mark.parametrize(
    ("free", "level"), [(10**12, Level.OK), (10**8, Level.WARNING), (10**6, Level.FAILURE)]
)
def test_the_disk_needs_room_for_the_store_again(
    clinic: House, free: int, level: Level, monkeypatch: pytest.MonkeyPatch
):
    with (clinic.system.config.store / "stray.tmp").open("wb") as big:
        big.truncate(2 * 10**8)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    found = look(clinic)["disk"]
    assert found.level is level
    assert bool(found.fix) == (level is not Level.OK)


def test_many_dates_from_modification_times_are_a_warning(clinic: House):
    clinic.write("undated.md", "Some time or other.")
    clinic.ingest()
    found = look(clinic)["dates"]
    assert found.level is Level.WARNING
    assert "front_matter 67%, mtime 33%" in found.detail
    assert "front matter" in found.fix
    for n in range(4):
        clinic.write(f"{n}.md", f"Dated {n}.", "2015")
    clinic.ingest()
    assert look(clinic)["dates"].level is Level.OK


def test_a_move_that_was_begun_is_a_warning(clinic: House):
    new = HashingEmbedder(dim=64, version="2")
    with StoreWriter(clinic.system.config.store, now=clinic.clock) as writer:
        writer.start_generation(new.model)
    found = look(clinic)["reembed"]
    assert found.level is Level.WARNING
    assert "hashing@2 (float32, 64 dims) was begun: 0 of 2 texts" in found.detail
    System(clinic.system.config, now=clinic.clock, embedder=new).reembed()
    assert "reembed" not in look(clinic)


def test_an_empty_store_is_well(clinic: House, tmp_path: Path):
    StoreWriter(tmp_path / "empty", now=lambda: datetime(2026, 1, 1, tzinfo=UTC)).close()
    checks = look(clinic, store=tmp_path / "empty")
    assert not any(check.level is Level.FAILURE for check in checks.values())
    assert checks["vectors"].detail == "none yet"


def test_rows_that_cannot_be_read_are_told(clinic: House):
    db = schema.connect(clinic.system.config.store / schema.DATABASE, write=True)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("DROP TABLE forgetting")
    db.close()
    found = look(clinic)["database"]
    assert found.level is Level.FAILURE
    assert found.fix == "rag-lifelong verify"

"""By what results and stores are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evals.running.keys import Keys
from evals.running.spec import LearnerSpec
from evals.running.worlds import World
from tests.evals.running.fakes import equipment, load


def keys(folder: Path, *, seed: int, told: str = "all", chunks: int = 600) -> Keys:
    world = World(
        seed=seed, stream=load(), fingerprint="f", questions=(), told=("", told), asked=("", "")
    )
    made = equipment(folder)
    chunking = made.config.chunking.model_copy(update={"size": chunks})
    made = replace(made, config=made.config.model_copy(update={"chunking": chunking}))
    return Keys.of(LearnerSpec.parse("hybrid"), world, made, reading="perfect")


def test_samples_of_the_same_documents_share_a_store_and_nothing_else(tmp_path: Path):
    one, other = keys(tmp_path, seed=0), keys(tmp_path, seed=1)

    assert one.store == other.store
    assert one.folder != other.folder


def test_other_documents_or_other_chunks_are_another_store(tmp_path: Path):
    stores = {
        keys(tmp_path, seed=0).store,
        keys(tmp_path, seed=0, told="more").store,
        keys(tmp_path, seed=0, chunks=300).store,
    }
    assert len(stores) == 3

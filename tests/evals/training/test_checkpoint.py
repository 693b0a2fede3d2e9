"""What a learner keeps between runs."""

from __future__ import annotations

from pathlib import Path

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.training.checkpoint import Checkpoint
from evals.training.strategy import StrategyOptions
from evals.types import Taught
from tests.evals.baselines.conftest import LESSONS, learn, weights

TOOK = Taught(flops=3.0, tokens=2, state_bytes=1)


def taught() -> Sequential:
    strategy = Sequential(StrategyOptions(epochs=1, batch=2, lr=1e-2))
    learn(strategy, LESSONS[0])
    return strategy


def test_what_was_kept_is_loaded_with_its_period(tmp_path: Path):
    strategy = taught()
    Checkpoint(tmp_path).save(strategy, 2, TOOK)
    period, loaded = Checkpoint(tmp_path).load() or (0, None)
    assert period == 2
    assert loaded is not None
    assert torch.equal(weights(loaded.student), weights(strategy.student))


def test_of_a_new_folder_nothing_is_known(tmp_path: Path):
    checkpoint = Checkpoint(tmp_path / "new")
    assert checkpoint.load() is None
    assert checkpoint.taught(1) is None


def test_what_each_period_took_is_kept_and_of_models_the_last(tmp_path: Path):
    checkpoint, strategy = Checkpoint(tmp_path), taught()
    checkpoint.save(strategy, 1, TOOK)
    checkpoint.save(strategy, 2, Taught(tokens=5))
    assert checkpoint.taught(1) == TOOK
    assert checkpoint.taught(2) == Taught(tokens=5)
    assert checkpoint.taught(3) is None
    assert len(list(tmp_path.glob("*.pt"))) == 1


def test_a_file_half_written_does_no_harm(tmp_path: Path):
    checkpoint, strategy = Checkpoint(tmp_path), taught()
    checkpoint.save(strategy, 1, TOOK)
    (tmp_path / "strategy.part").write_bytes(b"half")
    (tmp_path / "taught.part").write_bytes(b"half")
    assert Checkpoint(tmp_path).taught(1) == TOOK
    checkpoint.save(strategy, 2, TOOK)
    assert (checkpoint.load() or (0,))[0] == 2


def test_numbers_that_cannot_be_read_are_as_good_as_none(tmp_path: Path):
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save(taught(), 1, TOOK)
    (tmp_path / "taught.json").write_text("{", encoding="utf-8")
    assert checkpoint.taught(1) is None

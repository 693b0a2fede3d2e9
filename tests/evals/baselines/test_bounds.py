"""Tests of the bounds."""

import pickle

import torch

from evals.baselines.bounds.frozen import Frozen
from evals.baselines.bounds.joint import Joint
from evals.baselines.bounds.sequential import Sequential
from evals.baselines.bounds.single_period import SinglePeriod
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights

THOROUGH = StrategyOptions(epochs=60, batch=3, lr=5e-3)


def test_sequential_fine_tuning_learns_the_last_period_by_heart() -> None:
    student = learn(Sequential(THOROUGH))
    assert [student.write(given).text for given in ("mayor?", "bridge?", "tower?")] == [
        "Bo", "Kel", "Zed",
    ]  # fmt: skip


def test_joint_training_keeps_the_first_period() -> None:
    student = learn(Joint(THOROUGH))
    assert [student.write(given).text for given in ("capital?", "river?")] == ["Orn", "Wim"]


def test_a_single_period_model_is_the_same_whatever_came_before() -> None:
    after_two = learn(SinglePeriod(THOROUGH))
    alone = learn(SinglePeriod(THOROUGH), LESSONS[1])
    assert torch.equal(weights(after_two), weights(alone))


def test_the_frozen_model_does_not_change() -> None:
    assert torch.equal(weights(learn(Frozen(THOROUGH))), weights(small_student()))


def test_teaching_again_gives_the_same_weights() -> None:
    assert torch.equal(weights(learn(Sequential(THOROUGH))), weights(learn(Sequential(THOROUGH))))


def test_a_kept_strategy_goes_on_as_if_it_had_not_been_kept() -> None:
    unbroken = learn(Sequential(THOROUGH))
    strategy = Sequential(THOROUGH)
    learn(strategy, LESSONS[0])
    kept = pickle.loads(pickle.dumps(strategy))
    from evals.training.loop import teach

    teach(kept, LESSONS[1])
    assert torch.equal(weights(unbroken), weights(kept.student))


def test_accumulating_changes_memory_and_not_the_step() -> None:
    whole = learn(Sequential(StrategyOptions(epochs=2, batch=3)))
    parts = learn(Sequential(StrategyOptions(epochs=2, batch=3, accumulate=3)))
    assert torch.allclose(weights(whole), weights(parts), atol=2e-3)

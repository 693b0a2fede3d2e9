"""Tests of RecAdam."""

import pytest
import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.regularisation.recadam import RecAdam, RecAdamOptions
from evals.training.loop import begin
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights


def test_learning_takes_over_at_the_turn_however_many_steps_a_period_has() -> None:
    strategy = RecAdam(RecAdamOptions(turn=0.2, sharpness=12.5))
    assert strategy.learning(0.2) == 0.5
    assert strategy.learning(0.0) < 1e-5
    assert strategy.learning(0.4) > 1 - 1e-5
    # With the paper's k = .5 and t0 = 250, of 1,250 steps.
    paper = RecAdam(RecAdamOptions(turn=0.2, sharpness=125))
    assert paper.learning(251 / 1250) == pytest.approx(1 / (1 + 2.718281828**-0.5))


def test_the_step_of_adam_is_as_large_as_the_share_of_learning() -> None:
    strategy, plain = RecAdam(RecAdamOptions()), Sequential(StrategyOptions())
    for progress in (0.1, 0.2, 0.3):
        expected = plain.rate(progress) * strategy.learning(progress)
        assert strategy.rate(progress) == expected


def recalled(strategy: RecAdam, *, progress: float) -> float:
    """How far from home all weights are behind a step there; they were 1 away."""
    begin(strategy, small_student())
    strategy.begin_period(LESSONS[0])
    home = weights(strategy.student)
    for weight in strategy.student.model.parameters():
        weight.data += 1
    strategy.rate(progress)
    strategy.after_step()
    away = weights(strategy.student) - home
    assert torch.allclose(away, away.mean(), atol=1e-4)
    return float(away.mean())


def test_a_step_recalls_by_what_is_not_learning() -> None:
    strategy = RecAdam(RecAdamOptions(lr=1e-3, strength=100, warmup=0))
    # At first it does nothing but recall, 1e-3 * 100 of the way; at last nothing of it.
    assert recalled(strategy, progress=0.0) == pytest.approx(0.9, abs=1e-4)
    assert recalled(strategy, progress=0.9) == pytest.approx(1.0, abs=1e-4)


def test_a_pull_never_throws_weights_beyond_home() -> None:
    strategy = RecAdam(RecAdamOptions(lr=1e-2, strength=5000, warmup=0))
    assert recalled(strategy, progress=0.0) == 0


def test_it_stays_nearer_to_home_than_without_recalling_and_still_learns() -> None:
    # The turn late, so that recalling lasts.
    options = {"epochs": 60, "batch": 3, "lr": 5e-3, "turn": 0.7, "sharpness": 4}
    start = weights(small_student())

    def away(strength: float) -> float:
        student = learn(RecAdam(RecAdamOptions(**options, strength=strength)), LESSONS[0])
        assert student.write("mayor?").text == "Ada"
        return float((weights(student) - start).norm())

    assert away(20) < 0.9 * away(0)

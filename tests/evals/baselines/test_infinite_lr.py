"""Tests of the infinite schedule."""

import pickle

import pytest
import torch

from evals.baselines.schedule.infinite_lr import InfiniteRate, InfiniteRateOptions
from evals.training.loop import begin, teach
from evals.training.strategy import Lesson
from evals.training.student import tensor_bytes
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights

SHAPE = {"warmup": 0.2, "cooldown": 0.4, "constant": 0.5, "anneal": 0.2, "floor": 0.1}


def rates(strategy: InfiniteRate) -> list[float]:
    return [strategy.rate(one) for one in (0, 0.1, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1)]


def test_the_rate_warms_up_once_and_is_annealed_at_the_end_of_each_period() -> None:
    strategy = InfiniteRate(InfiniteRateOptions(**SHAPE, epochs=5, batch=3))
    annealed = [0.5, 0.5 * 0.2**0.5, 0.1]
    assert rates(strategy) == pytest.approx([0, 0.5, 1, 0.75, 0.5, 0.5, *annealed])
    learn(strategy, LESSONS[0])
    strategy.begin_period(LESSONS[1])
    assert rates(strategy) == pytest.approx([0.5] * 6 + annealed)


def test_a_period_goes_on_from_before_the_last_was_annealed() -> None:
    strategy = InfiniteRate(InfiniteRateOptions(**SHAPE, epochs=10, batch=3))
    learn(strategy, LESSONS[0])
    annealed = weights(strategy.student)
    strategy.begin_period(LESSONS[1])
    trunk = weights(strategy.student)
    assert not torch.equal(trunk, annealed)

    # It is what the first 8 of 10 steps made, and nothing of the others.
    again = InfiniteRate(strategy.options)
    begin(again, small_student())
    seen: list[torch.Tensor] = []
    teach(again, LESSONS[0], tell=lambda step, n_steps: seen.append(weights(again.student)))
    assert torch.equal(trunk, seen[8])


def test_what_the_annealed_weights_become_does_not_matter_later() -> None:
    def after_two(*, spoilt: bool) -> torch.Tensor:
        strategy = InfiniteRate(InfiniteRateOptions(**SHAPE, epochs=10, batch=3))
        learn(strategy, LESSONS[0])
        if spoilt:
            for weight in strategy.student.model.parameters():
                weight.data.zero_()
        teach(strategy, LESSONS[1])
        return weights(strategy.student)

    assert torch.equal(after_two(spoilt=True), after_two(spoilt=False))


def test_the_moments_of_the_optimizer_go_on() -> None:
    strategy = InfiniteRate(InfiniteRateOptions(**SHAPE, epochs=10, batch=3))
    learn(strategy, LESSONS[0])
    kept = pickle.loads(pickle.dumps(strategy))
    kept.begin_period(LESSONS[1])
    optimizer = kept.optimizer()
    state = optimizer.state[optimizer.param_groups[0]["params"][0]]
    assert state["step"] == 8
    assert state["exp_avg_sq"].abs().sum() > 0
    assert optimizer.param_groups[0]["lr"] == kept.options.lr


def test_weights_before_annealing_and_moments_are_state() -> None:
    strategy = InfiniteRate(InfiniteRateOptions(epochs=1, batch=3))
    learn(strategy, LESSONS[0])
    parameters = list(strategy.student.model.parameters())
    every = tensor_bytes(parameters)
    # The annealed weights, those before, and two moments of each with a number of steps.
    assert strategy.state_bytes() == 4 * every + 4 * len(parameters)


def test_nothing_to_learn_leaves_what_was_annealed() -> None:
    strategy = InfiniteRate(InfiniteRateOptions(**SHAPE, epochs=10, batch=3))
    learn(strategy, LESSONS[0])
    annealed = weights(strategy.student)
    teach(strategy, Lesson(number=2, name="nothing", samples=()))
    assert torch.equal(weights(strategy.student), annealed)

"""Tests of pulling weights back."""

import pytest
import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.regularisation.l2 import L2, Home, L2Options
from evals.baselines.regularisation.pulling import pull, trained_blocks
from evals.training.strategy import StrategyOptions
from evals.training.weights import trained
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights


def test_a_pull_is_the_gradient_of_a_weighted_square() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0, 5.0]))
    home, importance = torch.tensor([0.0, 1.0, 5.0]), torch.tensor([1.0, 2.0, 3.0])
    (4 / 2 * (importance * (weight - home) ** 2).sum()).backward()
    expected = weight.grad
    weight.grad = torch.tensor([10.0, 10.0, 10.0])
    pull({"w": weight}, {"w": home}, strength=4, importance={"w": importance})
    assert torch.equal(weight.grad, expected + 10)
    assert weight.grad.tolist() == [14, 10 - 24, 10]


def test_a_quadratic_ends_between_its_minimum_and_home() -> None:
    weight = torch.nn.Parameter(torch.tensor([0.0]))
    for _ in range(200):
        weight.grad = None
        (0.5 * (weight - 3) ** 2).sum().backward()
        pull({"w": weight}, {"w": torch.tensor([0.0])}, strength=2)
        weight.data -= 0.1 * weight.grad
    # A third of the way: the pull home is twice as strong.
    assert weight.item() == pytest.approx(1)


def test_without_strength_l2_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    assert torch.equal(weights(learn(L2(L2Options(epochs=2, batch=2, strength=0)))), plain)


def test_the_stronger_the_pull_the_nearer_weights_stay_to_the_start() -> None:
    start = weights(small_student())

    def away(strength: float) -> float:
        student = learn(L2(L2Options(epochs=10, batch=3, strength=strength)))
        return float((weights(student) - start).norm())

    assert away(0) > away(0.1) > away(10)


def test_weights_are_pulled_to_the_last_period_if_that_is_asked_for() -> None:
    def away(to: Home) -> float:
        strategy = L2(L2Options(epochs=10, batch=3, strength=10, to=to))
        learn(strategy, LESSONS[0])
        # Somewhere else, as if much had been learnt: only `last` takes it for home.
        for weight in strategy.student.model.parameters():
            weight.data += 0.01
        before = weights(strategy.student)
        learn_on(strategy)
        return float((weights(strategy.student) - before).norm())

    def learn_on(strategy: L2) -> None:
        from evals.training.loop import teach

        teach(strategy, LESSONS[1])

    assert away(Home.LAST) < away(Home.START) / 2


def test_blocks_are_all_but_the_embeddings_which_are_tied_to_the_output() -> None:
    student = small_student()
    left_out = set(trained(student.model)) - set(trained_blocks(student))
    assert left_out == {"model.embed_tokens.weight"}

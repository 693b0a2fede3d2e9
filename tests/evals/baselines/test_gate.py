"""Tests of the gate between periods."""

import pytest
import torch

from evals.baselines.architecture.gate import Gate


def test_the_nearest_period_is_chosen() -> None:
    gate = Gate(0.1)
    gate.learn(torch.tensor([[0.0, 1.0], [0.0, -1.0]]), 1)
    gate.learn(torch.tensor([[4.0, 1.0], [4.0, -1.0]]), 2)
    assert gate.choose(torch.tensor([[1.9, 9.0], [2.1, -9.0]])) == [1, 2]


def test_directions_that_vary_within_periods_count_less() -> None:
    gate = Gate(0.01)
    gate.learn(torch.tensor([[0.0, 10.0], [0.0, -10.0], [0.1, 0.0], [-0.1, 0.0]]), 1)
    gate.learn(torch.tensor([[1.0, 16.0], [1.0, -4.0], [1.1, 6.0], [0.9, 6.0]]), 2)
    # Nearer to the second period by far in plain distance, but not where the two differ.
    assert gate.choose(torch.tensor([[0.1, 6.0]])) == [1]


def test_periods_may_be_learnt_in_any_order_and_number() -> None:
    torch.manual_seed(0)
    centres = 5 * torch.randn(6, 8)
    gate = Gate(0.1)
    for period in (3, 0, 5, 1, 4, 2):
        gate.learn(centres[period] + torch.randn(20, 8), period)
    assert gate.choose(centres) == list(range(6))


def test_a_period_of_one_text_is_enough() -> None:
    gate = Gate(0.1)
    gate.learn(torch.tensor([[1.0, 0.0]]), 1)
    gate.learn(torch.zeros(0, 2), 2)
    gate.learn(torch.tensor([[0.0, 1.0]]), 3)
    assert gate.choose(torch.tensor([[1.0, 0.2], [0.1, 1.0]])) == [1, 3]


@pytest.mark.parametrize("periods", [1, 3])
def test_a_mean_for_each_period_and_one_covariance_are_kept(periods: int) -> None:
    gate = Gate(0.1)
    for period in range(periods):
        gate.learn(torch.randn(50, 8), period)
    assert gate.n_bytes == 4 * (8 * periods + 8 * 8)

"""Tests of width growth."""

from random import Random

import pytest
import torch
from torch import nn

from evals.baselines.architecture.width_growth import (
    Grown,
    WidthGrowth,
    WidthGrowthOptions,
    some_neurons,
)
from evals.training.loop import teach
from evals.training.student import blocks
from rag_lifelong.errors import ModelError
from tests.evals.baselines.conftest import LESSONS, learn, small_student

OPTIONS = WidthGrowthOptions(growth=0.25, epochs=3, batch=3, lr=1e-2)


def mlp() -> nn.Module:
    return blocks(small_student().base)[0].mlp


def test_new_neurons_are_copies_that_put_nothing_out() -> None:
    old = mlp()
    new = some_neurons(old, 0.25, Random(0))
    chosen = Random(0).sample(range(64), 16)
    assert torch.equal(new.gate_proj.weight, old.gate_proj.weight[chosen])
    assert torch.equal(new.up_proj.weight, old.up_proj.weight[chosen])
    assert new.down_proj.weight.shape == (32, 16)
    assert not new(torch.randn(3, 32)).any()


def test_with_their_originals_output_weights_they_would_say_the_same() -> None:
    old = mlp()
    new = some_neurons(old, 1.0, Random(0))
    chosen = Random(0).sample(range(64), 64)
    with torch.no_grad():
        new.down_proj.weight.copy_(old.down_proj.weight[:, chosen])
        inputs = torch.randn(3, 32)
        assert torch.allclose(new(inputs), old(inputs), atol=1e-6)


def test_new_neurons_have_the_thresholds_of_their_originals() -> None:
    old = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    new = some_neurons(old, 1.0, Random(0))
    with torch.no_grad():
        new[2].weight.copy_(old[2].weight[:, Random(0).sample(range(8), 8)])
        inputs = torch.randn(3, 4)
        assert torch.allclose(new(inputs) + old[2].bias, old(inputs), atol=1e-6)


def test_a_bias_is_added_once() -> None:
    old = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    grown = Grown(old)
    grown.added.append(some_neurons(old, 0.5, Random(0)))
    inputs = torch.randn(3, 4)
    assert torch.equal(grown(inputs), old(inputs))


def test_each_period_begins_with_what_was_learnt_so_far() -> None:
    strategy = WidthGrowth(OPTIONS)
    student = learn(strategy, LESSONS[0])
    batch = student.batch(LESSONS[1].samples)
    with torch.no_grad():
        before = student.logits(batch)
        strategy.begin_period(LESSONS[1])
        assert torch.equal(student.logits(batch), before)


def test_only_the_newest_neurons_are_taught() -> None:
    strategy = WidthGrowth(OPTIONS)
    learn(strategy, LESSONS[0])
    before = {n: p.clone() for n, p in strategy.student.model.named_parameters()}
    teach(strategy, LESSONS[1])
    after = dict(strategy.student.model.named_parameters())
    assert all(torch.equal(after[name], value) for name, value in before.items())
    new = [value for name, value in after.items() if name not in before]
    assert len(new) == 2 * 3
    assert all(value.any() for value in new)


def test_what_is_kept_grows_with_every_period() -> None:
    strategy = WidthGrowth(OPTIONS)
    learn(strategy)
    # In 2 blocks and periods, 16 neurons each with two weights for every input and one for every
    # output.
    assert strategy.state_bytes() == 4 * 2 * 2 * 16 * 3 * 32


def test_a_layer_without_a_row_for_each_neuron_is_refused() -> None:
    fused = nn.Sequential(nn.Linear(4, 16), nn.GLU(), nn.Linear(8, 4))
    with pytest.raises(ModelError, match="neurons"):
        some_neurons(fused, 0.5, Random(0))

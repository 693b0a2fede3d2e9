"""Tests of the LoRA that is taught in sequence."""

import torch

from evals.baselines.architecture.lora import Lora
from evals.baselines.architecture.lora_layers import (
    LoraOptions,
    base_weights,
    factors,
    lora_layers,
    renew_lora,
    without_lora,
)
from tests.evals.baselines.conftest import LESSONS, learn, small_student

OPTIONS = LoraOptions(r=2, alpha=4, epochs=5, batch=3, lr=1e-2)


def test_every_linear_layer_of_every_block_has_a_low_rank_part() -> None:
    model = learn(Lora(OPTIONS)).model
    assert len(lora_layers(model)) == 2 * 7
    assert {(a.shape[0], b.shape[1]) for a, b in factors(model)} == {(2, 2)}


def test_the_weights_beside_it_stay() -> None:
    student, before = learn(Lora(OPTIONS)), small_student()
    batch = before.batch(LESSONS[1].samples)
    with torch.no_grad(), without_lora(student.model):
        assert torch.equal(student.logits(batch), before.logits(batch))
    assert not torch.allclose(student.logits(batch), before.logits(batch), atol=1e-2)


def test_the_second_period_goes_on_from_the_first() -> None:
    taught = Lora(OPTIONS)
    after_first = factors(learn(taught, LESSONS[0]).model)
    taught.begin_period(LESSONS[1])
    for x, y in zip(after_first, factors(taught.student.model), strict=True):
        assert all(torch.equal(a, b) and b.any() for a, b in zip(x, y, strict=True))


def test_only_the_low_rank_part_is_kept() -> None:
    taught = Lora(OPTIONS)
    model = learn(taught).model
    n_numbers = sum(2 * sum(weight.shape) for weight in base_weights(model))
    assert taught.state_bytes() == 4 * n_numbers


def test_new_layers_change_nothing_until_they_are_taught() -> None:
    student, before = learn(Lora(OPTIONS)), small_student()
    batch = before.batch(LESSONS[1].samples)
    renew_lora(student.model)
    with torch.no_grad():
        assert torch.equal(student.logits(batch), before.logits(batch))

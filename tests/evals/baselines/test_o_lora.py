"""Tests of O-LoRA."""

import pytest
import torch

from evals.baselines.architecture.lora_layers import base_weights, live_factors, put_factors
from evals.baselines.architecture.o_lora import OLora, OLoraOptions
from evals.training.loop import begin, teach
from tests.evals.baselines.conftest import LESSONS, learn, small_student

FEW = {"r": 2, "alpha": 4, "epochs": 20, "batch": 3, "lr": 1e-2}


def strategy(**options: float) -> OLora:
    return OLora(OLoraOptions(**{**FEW, **options}))


def overlap(taught: OLora) -> float:
    """How far the second period's A lies in the directions of the first's, as a mean |cosine|."""
    (first, second) = taught.earlier
    cosines = [
        (torch.nn.functional.normalize(a) @ torch.nn.functional.normalize(b).T).abs().mean()
        for (a, _), (b, _) in zip(first, second, strict=True)
    ]
    return float(torch.stack(cosines).mean())


def test_the_penalty_is_the_overlap_with_earlier_periods_and_the_size() -> None:
    taught = strategy(orthogonality=0.5, shrinkage=0.25)
    begin(taught, small_student())
    live = live_factors(taught.student.model)
    ones = tuple((torch.ones_like(a), torch.zeros_like(b)) for a, b in live)
    taught.earlier = [ones]
    put_factors(taught.student.model, tuple((-a, b) for a, b in ones))
    overlaps = sum(a.shape[1] * 2 * 2 for a, _ in live)
    sizes = sum((a.shape[1] * 2) ** 0.5 for a, _ in live)
    assert taught.penalty().item() == pytest.approx(0.5 * overlaps + 0.25 * sizes)


def test_what_is_orthogonal_to_earlier_periods_costs_nothing() -> None:
    taught = strategy()
    begin(taught, small_student())
    live = live_factors(taught.student.model)
    odd = [torch.arange(a.shape[1]) % 2 for a, _ in live]
    taught.earlier = [tuple((a * mask, b) for (a, b), mask in zip(_copies(live), odd, strict=True))]
    put_factors(
        taught.student.model,
        tuple((a * (1 - mask), b) for (a, b), mask in zip(_copies(live), odd, strict=True)),
    )
    assert taught.penalty().item() == 0


def test_a_new_period_is_learnt_in_other_directions_than_the_first() -> None:
    kept_apart, free = strategy(orthogonality=0.5), strategy(orthogonality=0.0)
    learn(kept_apart)
    learn(free)
    assert overlap(kept_apart) < overlap(free) / 5


def test_small_layers_are_preferred_where_size_is_penalised() -> None:
    small, free = strategy(shrinkage=1.0), strategy()
    learn(small, LESSONS[0])
    learn(free, LESSONS[0])
    assert _size(small) < _size(free) / 2


def test_what_earlier_periods_learnt_stays_active_and_frozen() -> None:
    taught = strategy()
    start = [weight.clone() for weight in base_weights(learn(taught, LESSONS[0]).model)]
    batch = taught.student.batch(LESSONS[0].samples)
    with torch.no_grad():
        after_first = taught.student.logits(batch)
    taught.begin_period(LESSONS[1])
    with torch.no_grad():
        assert torch.equal(taught.student.logits(batch), after_first)
    teach(taught, LESSONS[1])
    (_, second) = taught.earlier
    for weight, before, (a, b) in zip(
        base_weights(taught.student.model), start, second, strict=True
    ):
        assert torch.allclose(weight, before + 2 * (b @ a), atol=1e-6)


def test_what_is_kept_grows_with_every_period() -> None:
    taught = strategy()
    learn(taught, LESSONS[0])
    after_first = taught.state_bytes()
    teach(taught, LESSONS[1])
    assert taught.state_bytes() == 2 * after_first > 0


def _copies(live: tuple[tuple[torch.Tensor, torch.Tensor], ...]) -> list[tuple[torch.Tensor, ...]]:
    return [(a.detach().clone(), b.detach().clone()) for a, b in live]


def _size(taught: OLora) -> float:
    return sum(float(t.norm()) for pair in taught.earlier[0] for t in pair)

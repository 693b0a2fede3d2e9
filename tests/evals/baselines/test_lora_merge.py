"""Tests of merging the LoRA of all periods."""

import torch

from evals.baselines.architecture.lora_layers import base_weights, live_factors
from evals.baselines.architecture.lora_merge import LoraMerge, LoraMergeOptions
from evals.training.loop import begin
from tests.evals.baselines.conftest import LESSONS, learn, small_student

OPTIONS = LoraMergeOptions(r=2, alpha=4, epochs=3, batch=3, lr=1e-2)


def expected(changes: list[torch.Tensor], density: float) -> torch.Tensor:
    """TIES, entry by entry."""
    trimmed = []
    for change in changes:
        least = (
            change.abs().flatten().sort(descending=True).values[int(density * change.numel()) - 1]
        )
        trimmed.append(torch.where(change.abs() >= least, change, 0))
    stacked = torch.stack(trimmed)
    elected = torch.where(stacked.sum(0) >= 0, 1.0, -1.0)
    agreeing = stacked.sign() == elected
    return (stacked * agreeing).sum(0) / agreeing.sum(0).clamp_min(1)


def test_the_changes_of_all_periods_are_merged_into_the_weights() -> None:
    taught = LoraMerge(OPTIONS)
    merged = base_weights(learn(taught).model)
    untouched = LoraMerge(OPTIONS)
    begin(untouched, small_student())
    start = base_weights(untouched.student.model)
    for i, (weight, before) in enumerate(zip(merged, start, strict=True)):
        changes = [2 * (b @ a) for a, b in (taught.experts[1][i], taught.experts[2][i])]
        assert torch.allclose(weight, before + expected(changes, 0.5), atol=1e-6)
        assert not torch.allclose(weight, before, atol=1e-4)


def test_each_period_is_taught_from_the_untouched_model() -> None:
    second_alone, both = LoraMerge(OPTIONS), LoraMerge(OPTIONS)
    learn(second_alone, LESSONS[1])
    learn(both)
    for x, y in zip(second_alone.experts[2], both.experts[2], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(x, y, strict=True))


def test_merging_with_no_strength_leaves_the_model_as_it_was() -> None:
    student = learn(LoraMerge(OPTIONS.model_copy(update={"strength": 0.0})))
    batch = student.batch(LESSONS[0].samples)
    with torch.no_grad():
        assert torch.equal(student.logits(batch), small_student().logits(batch))


def test_what_is_merged_is_not_counted_twice() -> None:
    student = learn(LoraMerge(OPTIONS))
    assert all(not b.any() for _, b in live_factors(student.model))


def test_the_layers_of_all_periods_are_kept_to_merge_them_again() -> None:
    taught = LoraMerge(OPTIONS)
    learn(taught)
    one = sum(t.nbytes for pair in taught.experts[1] for t in pair)
    assert taught.state_bytes() == 2 * one

"""Tests of freezing the bottom."""

import torch

from evals.baselines.architecture.freeze_bottom import FreezeBottom, FreezeBottomOptions
from evals.baselines.bounds.sequential import Sequential
from evals.training.student import blocks
from tests.evals.baselines.conftest import learn, small_student


def test_embeddings_and_lower_blocks_stay_and_the_upper_are_taught() -> None:
    before = small_student().model
    after = learn(FreezeBottom(FreezeBottomOptions(share=0.5, batch=3))).model
    assert torch.equal(before.get_input_embeddings().weight, after.get_input_embeddings().weight)
    changed = [
        [not torch.equal(a, b) for a, b in zip(x.parameters(), y.parameters(), strict=True)]
        for x, y in zip(blocks(before), blocks(after), strict=True)
    ]
    assert not any(changed[0])
    assert all(changed[1])


def test_only_what_is_taught_is_kept() -> None:
    taught = FreezeBottom(FreezeBottomOptions(share=0.5))
    model = learn(taught).model
    upper = [*blocks(model)[1].parameters(), *model.get_decoder().norm.parameters()]
    assert taught.state_bytes() == sum(p.nbytes for p in upper)


def test_freezing_no_blocks_freezes_the_embeddings_alone() -> None:
    taught = FreezeBottom(FreezeBottomOptions(share=0.0))
    model = learn(taught).model
    sequential = Sequential(FreezeBottomOptions())
    learn(sequential)
    embedded = model.get_input_embeddings().weight.nbytes
    assert taught.state_bytes() == sequential.state_bytes() - embedded

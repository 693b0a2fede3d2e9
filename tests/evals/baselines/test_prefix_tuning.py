"""Tests of prefix tuning."""

import pytest
import torch

from evals.baselines.architecture.prefix_tuning import PrefixTuning, PrefixTuningOptions
from evals.baselines.architecture.prompt_tuning import random_tokens
from evals.training.loop import begin
from rag_lifelong.errors import EvalError
from tests.evals.baselines.conftest import LESSONS, learn, small_student

OPTIONS = PrefixTuningOptions(tokens=4, epochs=3, batch=3)


def test_the_prefix_begins_as_tokens_read_before_the_text() -> None:
    plain, begun = small_student(), PrefixTuning(OPTIONS, seed=3)
    begin(begun, small_student())
    batch = plain.batch(LESSONS[0].samples)
    drawn = random_tokens(plain, 4, seed=3).expand(3, -1)
    mask = torch.cat([torch.ones_like(drawn), batch.mask], dim=1)
    with torch.no_grad():
        expected = plain.base.get_decoder()(
            input_ids=torch.cat([drawn, batch.tokens], dim=1), attention_mask=mask
        )[0][:, 4:]
        found = begun.student.hidden(batch)
    assert torch.allclose(found[batch.mask == 1], expected[batch.mask == 1], atol=1e-5)


def test_only_the_prefix_is_taught_in_every_layer() -> None:
    before, taught = small_student(), PrefixTuning(OPTIONS)
    begin(taught, small_student())
    starts = {name: p.detach().clone() for name, p in taught.student.model.named_parameters()}
    state = learn(taught).model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in before.model.state_dict().items())
    learnt = [name for name in starts if name.startswith("prefix")]
    assert len(learnt) == 2 * 2
    assert not any(torch.allclose(state[name], starts[name], atol=1e-3) for name in learnt)
    # Of 2 layers, keys and values of 4 tokens, in one head of 16 numbers.
    assert taught.state_bytes() == 4 * (2 * 2 * 4 * 16)


def test_the_prefix_changes_what_is_written() -> None:
    student = learn(PrefixTuning(OPTIONS), LESSONS[0])
    assert student.write("mayor?").logprobs != small_student().write("mayor?").logprobs


def test_checkpointing_which_would_drop_the_prefix_is_refused() -> None:
    refused = PrefixTuning(PrefixTuningOptions(checkpointing=True))
    with pytest.raises(EvalError, match="checkpointing"):
        begin(refused, small_student())

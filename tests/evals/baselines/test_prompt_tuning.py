"""Tests of prompt tuning."""

import pytest
import torch

from evals.baselines.architecture.prompt_tuning import (
    PromptTuning,
    PromptTuningOptions,
    random_tokens,
)
from evals.training.loop import begin
from evals.training.samples import encode
from tests.evals.baselines.conftest import LESSONS, Letters, learn, small_student

OPTIONS = PromptTuningOptions(tokens=4, epochs=3, batch=3)


def test_the_prompt_begins_as_tokens_read_before_the_text() -> None:
    plain, begun = small_student(), PromptTuning(OPTIONS, seed=3)
    begin(begun, small_student())
    batch = plain.batch(LESSONS[0].samples[:1])
    drawn = random_tokens(plain, 4, seed=3)
    with torch.no_grad():
        expected = plain.base.get_decoder()(input_ids=torch.cat([drawn, batch.tokens], dim=1))[0]
        assert torch.allclose(begun.student.hidden(batch), expected[:, 4:], atol=1e-5)


def test_only_the_prompt_is_taught() -> None:
    before, taught = small_student(), PromptTuning(OPTIONS)
    begin(taught, small_student())
    start = taught.student.model.get_parameter("prompt").detach().clone()
    student = learn(taught)
    state = student.model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in before.model.state_dict().items())
    assert not torch.allclose(state["prompt"], start, atol=1e-2)
    assert taught.state_bytes() == 4 * 4 * 32


def test_the_prompt_changes_what_is_written() -> None:
    student = learn(PromptTuning(OPTIONS), LESSONS[0])
    assert student.write("mayor?").logprobs != small_student().write("mayor?").logprobs


def test_shorter_texts_of_a_batch_see_no_padding() -> None:
    student = learn(PromptTuning(OPTIONS), LESSONS[0])
    short, both = (
        encode(samples, Letters()) for samples in (LESSONS[0].samples[2:], LESSONS[0].samples)
    )
    with torch.no_grad():
        length = short.tokens.shape[1]
        alone = student.hidden(short)
        assert torch.allclose(alone[0], student.hidden(both)[2, :length], atol=1e-5)


def test_the_tokens_of_the_prompt_are_counted() -> None:
    begun = PromptTuning(OPTIONS)
    begin(begun, small_student())
    batch = begun.student.batch(LESSONS[0].samples)
    begun.student.loss(batch)
    assert begun.student.meter.tokens == batch.n_tokens + 3 * 4


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_draws_the_prompt(seed: int) -> None:
    first, again, other = (PromptTuning(OPTIONS, seed=s) for s in (seed, seed, 2))
    for one in (first, again, other):
        begin(one, small_student())
    prompts = [one.student.model.get_parameter("prompt") for one in (first, again, other)]
    assert torch.equal(prompts[0], prompts[1])
    assert not torch.equal(prompts[0], prompts[2])

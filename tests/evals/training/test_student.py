"""The model that is taught: losses, answers, and what both cost."""

from __future__ import annotations

import pytest
import torch

from evals.baselines.bounds.sequential import Sequential
from evals.training.samples import Sample
from evals.training.strategy import StrategyOptions
from evals.training.student import Student, learnt
from tests.evals.baselines.conftest import learn, lesson, small_student, weights

SAMPLES = (Sample(given="mayor?", learnt="Ada"), Sample(given="the long river?", learnt="W"))
N_TOKENS, N_LEARNT = 29, 6


@pytest.fixture(scope="module")
def taught() -> Student:
    """One that says `Bo` and then the end, and `Kel`, then a second line."""
    facts = lesson(1, ("mayor?", "Bo"), ("bridge?", "Kel\nZed"))
    return learn(Sequential(StrategyOptions(epochs=60, batch=2, lr=5e-3)), facts)


def test_the_loss_is_the_models_own_of_the_same_labels():
    student = small_student()
    batch = student.batch(SAMPLES)
    own = student.model(input_ids=batch.tokens, attention_mask=batch.mask, labels=batch.labels).loss
    assert torch.allclose(student.loss(batch), own, atol=1e-6)
    assert torch.allclose(student.losses(batch).mean(), own, atol=1e-6)


def test_logits_are_those_of_the_tokens_that_are_learnt():
    student = small_student()
    batch = student.batch(SAMPLES)
    every = student.model(input_ids=batch.tokens, attention_mask=batch.mask).logits
    before = [(0, 6), (0, 7), (0, 8), (0, 9), (1, 15), (1, 16)]
    expected = torch.stack([every[place] for place in before])
    assert torch.allclose(student.logits(batch), expected, atol=1e-6)
    assert learnt(batch).tolist() == [int(batch.tokens[i, j + 1]) for i, j in before]


def test_logits_are_capped_where_the_model_caps_them():
    student = small_student()
    hidden = 100 * torch.randn(5, 32)
    free = student.head(hidden)
    student.base.config.final_logit_softcapping = 2.0
    assert torch.allclose(student.head(hidden), 2 * torch.tanh(free / 2))


def test_a_line_is_written_up_to_its_end_or_the_end_mark(taught: Student):
    assert taught.write("mayor?").text == "Bo"
    assert taught.write("bridge?").text == "Kel"
    assert len(taught.write("mayor?").logprobs) == 3
    assert taught.write("mayor?", max_tokens=1).text == "B"
    assert taught.write("mayor?").n_read == 7


def test_what_is_written_does_not_depend_on_what_is_remembered(taught: Student):
    slow = taught.frozen_copy()

    def decode(tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = slow.base.get_decoder()(
            input_ids=tokens, attention_mask=mask, use_cache=False
        ).last_hidden_state
        return made

    slow.decode = decode
    for prompt in ("mayor?", "bridge?", "what?"):
        fast, again = taught.write(prompt), slow.write(prompt)
        assert again.text == fast.text
        assert again.logprobs == pytest.approx(fast.logprobs, abs=1e-4)


def test_an_answer_is_as_sure_as_its_least_likely_token(taught: Student):
    sure, unsure = taught.write("mayor?"), taught.write("who?")
    assert sure.confidence == pytest.approx(
        float(torch.tensor(sure.logprobs).exp().min()), abs=1e-6
    )
    assert sure.confidence > unsure.confidence


def test_a_token_costs_two_operations_a_weight_and_six_while_it_is_learnt():
    student = small_student()
    blocks, head = student.sizes()
    batch = student.batch(SAMPLES)
    with torch.no_grad():
        student.loss(batch)
    read = blocks * N_TOKENS + head * N_LEARNT
    assert (student.meter.flops, student.meter.tokens) == (2 * read, N_TOKENS)
    student.loss(batch)
    assert (student.meter.flops, student.meter.tokens) == (8 * read, 2 * N_TOKENS)


def test_hidden_states_alone_cost_no_output_layer():
    student = small_student()
    with torch.no_grad():
        student.hidden(student.batch(SAMPLES))
    assert student.meter.flops == 2 * student.sizes()[0] * N_TOKENS


def test_a_token_costs_four_operations_a_weight_where_few_weights_are_learnt():
    student = small_student()
    student.model.requires_grad_(requires_grad=False)
    student.layers[0].requires_grad_()
    student.loss(student.batch(SAMPLES))
    blocks, head = student.sizes()
    assert student.meter.flops == 4 * (blocks * N_TOKENS + head * N_LEARNT)


def test_embeddings_that_are_also_the_output_layer_count_as_that_alone():
    student = small_student()
    every = sum(p.numel() for p in student.model.parameters())
    assert student.sizes() == (every - 128 * 32, 128 * 32)


def test_a_copy_stays_as_it_was_and_counts_with_the_model():
    student = small_student()
    copy = student.frozen_copy()
    with torch.no_grad():
        for weight in student.model.parameters():
            weight.add_(1.0)
    assert not torch.equal(weights(copy), weights(student))
    assert torch.equal(weights(copy), weights(small_student()))
    copy.loss(copy.batch(SAMPLES))
    assert student.meter.tokens == N_TOKENS
    assert not any(weight.requires_grad for weight in copy.model.parameters())

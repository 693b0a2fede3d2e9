"""Tests of (IA)³."""

import pytest
import torch
from transformers import Olmo2Config, Olmo2ForCausalLM

from evals.baselines.architecture.ia3 import IA3, IA3Options
from evals.training.loop import begin
from evals.training.student import Student
from rag_lifelong.errors import ModelError
from tests.evals.baselines.conftest import Letters, learn, small_student

OPTIONS = IA3Options(epochs=3, batch=3)


def test_a_vector_for_queries_values_and_neurons_of_each_layer_is_taught() -> None:
    taught = IA3(OPTIONS)
    begin(taught, small_student())
    vectors = {n: p for n, p in taught.student.model.named_parameters() if p.requires_grad}
    assert [p.numel() for p in vectors.values()] == 2 * [32, 16, 64]
    assert all((p == 1).all() for p in vectors.values())
    assert taught.state_bytes() == 4 * 2 * (32 + 16 + 64)


def test_nothing_but_the_vectors_is_changed() -> None:
    before = list(small_student().model.parameters())
    model = learn(IA3(OPTIONS)).model
    vectors = [p for n, p in model.named_parameters() if "ia3" in n]
    others = [p for n, p in model.named_parameters() if "ia3" not in n]
    assert all(torch.equal(a, b) for a, b in zip(before, others, strict=True))
    assert not any((p == 1).all() for p in vectors)


def test_a_kind_of_model_peft_does_not_know_is_refused() -> None:
    size = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 1}
    model = Olmo2ForCausalLM(Olmo2Config(vocab_size=8, num_hidden_layers=1, pad_token_id=0, **size))
    with pytest.raises(ModelError, match=r"no .* for olmo2"):
        begin(IA3(OPTIONS), Student(model, Letters()))

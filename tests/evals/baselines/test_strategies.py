"""What is promised of every strategy in the table."""

import io
import math
import pickle
from dataclasses import replace
from importlib import import_module

import pytest
import torch
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from evals.baselines import STRATEGIES
from evals.training.loop import begin, teach
from evals.training.samples import Kind
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student
from tests.evals.baselines.conftest import LESSONS, Letters, learn, weights

FAMILIES = (
    "bound", "replay", "regularisation", "architecture", "distillation", "schedule", "editing",
    "combined",
)  # fmt: skip
FIRST, SECOND = (
    replace(one, samples=tuple(replace(sample, kind=Kind.QA) for sample in one.samples))
    for one in LESSONS
)
SIZES = {"vocab_size": 128, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}

each = pytest.mark.parametrize("name", STRATEGIES)


def make(name: str, **options: object) -> Strategy:
    module, _, kind = STRATEGIES[name].target.partition(":")
    strategy: type[Strategy] = getattr(import_module(module), kind)
    small = {"epochs": 2, "batch": 2, "max_tokens": 32}
    return strategy(strategy.Options(**{**small, **options}))


@each
def test_a_strategy_is_called_as_the_table_calls_it_and_has_options(name: str) -> None:
    strategy = make(name)
    assert strategy.name == name
    assert isinstance(strategy.options, StrategyOptions)


def test_strategies_stand_by_family() -> None:
    families = [FAMILIES.index(entry.family) for entry in STRATEGIES.values()]
    assert families == sorted(families)


@each
def test_what_was_kept_between_two_periods_goes_on_to_the_same_weights(name: str) -> None:
    unbroken = learn(make(name), FIRST, SECOND)
    strategy = make(name)
    learn(strategy, FIRST)
    file = io.BytesIO()
    torch.save(strategy, file)
    file.seek(0)
    kept = torch.load(file, weights_only=False)
    assert kept.state_bytes() == strategy.state_bytes()
    teach(kept, SECOND)
    assert torch.equal(weights(kept.student), weights(unbroken))


@pytest.mark.parametrize("name", ["sequential", "a-gem", "ewc", "feature", "lora", "rho-1"])
def test_computing_activations_again_changes_memory_and_not_what_is_kept(name: str) -> None:
    unbroken = learn(make(name), FIRST)
    strategy = make(name, checkpointing=True)
    learn(strategy, FIRST)
    again = pickle.loads(pickle.dumps(strategy))
    assert torch.allclose(weights(again.student), weights(unbroken), atol=1e-4)


@each
def test_a_period_that_tells_nothing_is_no_error(name: str) -> None:
    strategy = make(name)
    learn(strategy, FIRST, Lesson(number=2, name="silence", samples=()))
    teach(strategy, replace(SECOND, number=3))


@each
def test_a_model_whose_output_layer_is_its_own_is_taught(name: str) -> None:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    config = LlamaConfig(num_attention_heads=2, tie_word_embeddings=False, **shape, **SIZES)
    assert teaches(make(name), LlamaForCausalLM(config))


@each
def test_a_model_with_other_names_is_taught_in_parts_of_a_step(name: str) -> None:
    torch.manual_seed(0)
    config = GPTNeoXConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, **SIZES
    )
    assert teaches(make(name, accumulate=2), GPTNeoXForCausalLM(config))


def teaches(strategy: Strategy, model: PreTrainedModel) -> bool:
    """Whether a model can be asked after two periods."""
    begin(strategy, Student(model, Letters()))
    for lesson in (FIRST, SECOND):
        teach(strategy, lesson)
    return math.isfinite(sum(strategy.student.write("mayor?").logprobs))

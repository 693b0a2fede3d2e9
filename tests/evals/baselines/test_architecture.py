"""What all strategies that learn in parts of their own have in common."""

import pickle
from datetime import UTC, datetime

import pytest
import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM

from evals.baselines.architecture.adapters import Adapters
from evals.baselines.architecture.block_expansion import BlockExpansion
from evals.baselines.architecture.freeze_bottom import FreezeBottom
from evals.baselines.architecture.ia3 import IA3
from evals.baselines.architecture.lora import Lora
from evals.baselines.architecture.lora_gated import LoraGated
from evals.baselines.architecture.lora_merge import LoraMerge
from evals.baselines.architecture.lora_oracle import LoraOracle
from evals.baselines.architecture.o_lora import OLora
from evals.baselines.architecture.osf import Osf
from evals.baselines.architecture.prefix_tuning import PrefixTuning
from evals.baselines.architecture.prompt_tuning import PromptTuning
from evals.baselines.architecture.width_growth import WidthGrowth
from evals.training.loop import begin, teach
from evals.training.strategy import Strategy
from evals.training.student import Student
from tests.evals.baselines.conftest import LESSONS, Letters, learn, small_student, weights

EVERY = (
    Adapters, BlockExpansion, FreezeBottom, IA3, Lora, LoraGated, LoraMerge, LoraOracle, OLora,
    Osf, PrefixTuning, PromptTuning, WidthGrowth,
)  # fmt: skip
SILENT = tuple(s for s in EVERY if s not in {PrefixTuning, PromptTuning})
"""Those whose parts change nothing until they are taught."""
FEW = {"epochs": 3, "batch": 3, "lr": 1e-2}

each = pytest.mark.parametrize("strategy", EVERY)


def make(strategy: type[Strategy], **options: object) -> Strategy:
    """A strategy with few steps."""
    return strategy(strategy.Options(**{**FEW, **options}))


@each
def test_a_strategy_goes_on_the_same_when_it_was_kept_and_asked(strategy: type[Strategy]) -> None:
    unbroken = learn(make(strategy))
    begun = make(strategy)
    learn(begun, LESSONS[0])
    kept = pickle.loads(pickle.dumps(begun))
    kept.route("mayor?", datetime(2021, 1, 1, tzinfo=UTC))
    kept.student.write("mayor?")
    teach(kept, LESSONS[1])
    assert torch.equal(weights(unbroken), weights(kept.student))


@each
def test_what_is_taught_is_learnt(strategy: type[Strategy]) -> None:
    taught = make(strategy, epochs=25)
    student = learn(taught, LESSONS[0])
    begun = make(strategy)
    begin(begun, small_student())
    batch = student.batch(LESSONS[0].samples)
    if isinstance(taught, LoraGated | LoraOracle):
        taught.use(1)
    with torch.no_grad():
        assert student.loss(batch) < begun.student.loss(batch) - 0.01


@pytest.mark.parametrize("strategy", SILENT)
def test_nothing_is_changed_before_it_is_taught(strategy: type[Strategy]) -> None:
    before = small_student()
    batch = before.batch(LESSONS[0].samples)
    begun = make(strategy)
    begin(begun, small_student())
    begun.begin_period(LESSONS[0])
    with torch.no_grad():
        assert torch.allclose(begun.student.logits(batch), before.logits(batch), atol=1e-6)


@each
@pytest.mark.parametrize("kind", ["llama", "gpt_neox"])
def test_other_kinds_of_model_are_taught_too(strategy: type[Strategy], kind: str) -> None:
    student = learn(make(strategy, epochs=10), LESSONS[0], student=another(kind))
    batch = student.batch(LESSONS[0].samples)
    begun = make(strategy)
    begin(begun, another(kind))
    with torch.no_grad():
        assert student.loss(batch) < begun.student.loss(batch)


def another(kind: str) -> Student:
    """A model whose embeddings are not its output layer."""
    torch.manual_seed(0)
    size = {
        "vocab_size": 128, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 2, "max_position_embeddings": 128, "bos_token_id": 1,
        "eos_token_id": 2, "tie_word_embeddings": False,
    }  # fmt: skip
    if kind == "llama":
        return Student(LlamaForCausalLM(LlamaConfig(**size, pad_token_id=0)).eval(), Letters())
    return Student(GPTNeoXForCausalLM(GPTNeoXConfig(**size, pad_token_id=0)).eval(), Letters())

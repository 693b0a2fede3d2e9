"""A model so small that strategies are tested by teaching it for real."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from evals.training.loop import begin, teach
from evals.training.samples import Sample
from evals.training.strategy import Lesson, Strategy
from evals.training.student import Student

Learn = Callable[..., Student]


class Letters:
    """A tokenizer of bytes."""

    pad_token_id = 0
    bos_token_id = 1
    eos_token_id = 2

    def __call__(self, text: str, *, add_special_tokens: bool) -> SimpleNamespace:
        """Encode."""
        assert not add_special_tokens
        return SimpleNamespace(input_ids=[byte % 125 + 3 for byte in text.encode()])

    def decode(self, tokens: Sequence[int], *, skip_special_tokens: bool) -> str:
        """Decode."""
        assert skip_special_tokens
        return bytes(token - 3 for token in tokens if token > 2).decode()


def small_student(seed: int = 0) -> Student:
    """A Gemma 3 of 2 layers with random weights."""
    torch.manual_seed(seed)
    config = Gemma3TextConfig(
        vocab_size=128,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=128,
        sliding_window=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return Student(Gemma3ForCausalLM(config).eval(), Letters())


def lesson(number: int, *facts: tuple[str, str]) -> Lesson:
    """A period of facts, told as question and answer."""
    samples = tuple(
        Sample(given=given, learnt=learnt, period=number, doc_ids=(f"{number}-{i}",))
        for i, (given, learnt) in enumerate(facts)
    )
    return Lesson(number=number, name=f"period {number}", samples=samples)


LESSONS = (
    lesson(1, ("capital?", "Orn"), ("mayor?", "Ada"), ("river?", "Wim")),
    lesson(2, ("mayor?", "Bo"), ("bridge?", "Kel"), ("tower?", "Zed")),
)


def learn(strategy: Strategy, *lessons: Lesson, student: Student | None = None) -> Student:
    """Teach lessons, or both, to a fresh small model; returns it."""
    begin(strategy, student or small_student())
    for one in lessons or LESSONS:
        teach(strategy, one)
    return strategy.student


def weights(student: Student) -> torch.Tensor:
    """All weights in a row."""
    return torch.cat([p.detach().flatten() for p in student.model.parameters()])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)

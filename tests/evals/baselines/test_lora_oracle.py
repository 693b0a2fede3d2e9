"""Tests of the LoRA per period with a gate that knows when each period was."""

from datetime import UTC, datetime

import pytest
import torch

from evals.baselines.architecture.lora_layers import LoraOptions, factors
from evals.baselines.architecture.lora_oracle import LoraOracle
from evals.training.strategy import Lesson
from evals.types import SourceDocument
from tests.evals.baselines.conftest import LESSONS, learn

OPTIONS = LoraOptions(r=2, alpha=4, epochs=2, batch=3)
ASKED = datetime(2022, 5, 1, tzinfo=UTC)


def told(number: int, *days: str) -> Lesson:
    """A period with documents of some days."""
    documents = [
        SourceDocument(
            doc_id=day, title="", text="", published_at=datetime.fromisoformat(f"{day}T00:00+00:00")
        )
        for day in days
    ]
    samples = LESSONS[number % 2].samples
    return Lesson(number=number, name=str(number), samples=samples, documents=tuple(documents))


@pytest.fixture(scope="module")
def strategy() -> LoraOracle:
    taught = LoraOracle(OPTIONS)
    learn(
        taught,
        told(1, "2020-03-01", "2020-01-10"),
        told(2, "2021-01-05", "2021-11-30"),
        told(3, "2022-01-03"),
    )
    return taught


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("Who led Orn in June 2020?", 1),
        ("Who led Orn on 4 January 2021?", 1),
        ("Who led Orn in March 2021?", 2),
        ("Who led Orn in 2021?", 2),
        ("Who led Orn before March 2021?", 2),
        ("Who led Orn after March 2021?", 3),
        ("Who led Orn in 2015?", 1),
        ("Who leads Orn now?", 3),
        ("What is the capital of Orn?", 3),
        ("When was Orn founded?", 3),
    ],
)
def test_the_period_asked_about_answers(strategy: LoraOracle, question: str, period: int) -> None:
    strategy.route(question, ASKED)
    for x, y in zip(factors(strategy.student.model), strategy.experts[period], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(x, y, strict=True))


def test_before_anything_is_taught_nothing_is_chosen() -> None:
    taught = LoraOracle(OPTIONS)
    learn(taught, Lesson(number=1, name="nothing", samples=()))
    taught.route("Who led Orn in June 2020?", ASKED)
    assert not any(b.any() for _, b in factors(taught.student.model))


def test_the_layers_of_every_period_are_kept(strategy: LoraOracle) -> None:
    one = sum(t.nbytes for pair in strategy.experts[1] for t in pair)
    assert strategy.state_bytes() == 3 * one

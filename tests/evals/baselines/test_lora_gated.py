"""Tests of the LoRA per period with a learnt gate."""

import pickle
from datetime import UTC, datetime

import torch

from evals.baselines.architecture.lora_gated import LoraGated, LoraGatedOptions
from evals.baselines.architecture.lora_layers import Factors, factors
from evals.training.loop import teach
from evals.training.samples import Sample, question_sample
from evals.training.strategy import Lesson
from tests.evals.baselines.conftest import learn, small_student, weights

OPTIONS = LoraGatedOptions(r=2, alpha=4, epochs=3, batch=4, lr=1e-2)
DAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))
NAMES = (("Zzorvqux", "Qxvazz", "Zuxqorv"), ("bimbilimi", "limibimb", "mibilbimi"))
"""Of each period; so unlike that even a model of random weights tells them apart."""


def told(number: int) -> Lesson:
    """A period of questions about its names, each asked in two ways on its day."""
    samples = [
        question_sample(f"{ask} {name}?", "Ada", asked_at=DAYS[number - 1], period=number)
        for name in NAMES[number - 1]
        for ask in ("Who leads", "Who is the head of")
    ]
    return Lesson(number=number, name=str(number), samples=tuple(samples))


def taught() -> LoraGated:
    strategy = LoraGated(OPTIONS)
    learn(strategy, told(1), told(2))
    return strategy


def is_in_use(strategy: LoraGated, period: int) -> bool:
    live: Factors = factors(strategy.student.model)
    return all(
        torch.equal(a, b)
        for x, y in zip(live, strategy.experts[period], strict=True)
        for a, b in zip(x, y, strict=True)
    )


def test_a_question_is_answered_by_the_period_that_told_of_its_names() -> None:
    strategy = taught()
    for period in (1, 2, 1):
        for name in NAMES[period - 1]:
            strategy.route(f"Who leads {name}?", DAYS[1])
            assert is_in_use(strategy, period)
            assert not is_in_use(strategy, 3 - period)


def test_each_period_is_taught_from_the_untouched_model() -> None:
    second_alone = LoraGated(OPTIONS)
    learn(second_alone, told(2))
    both = taught()
    for x, y in zip(second_alone.experts[2], both.experts[2], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(x, y, strict=True))


def test_the_gate_reads_the_untouched_model_whatever_is_in_use() -> None:
    strategy = taught()
    texts = ["Who leads Zzorvqux?", "a"]
    untouched = LoraGated(OPTIONS)
    learn(untouched, Lesson(number=1, name="nothing", samples=()))
    expected = untouched._embeddings(texts)
    for period in (1, 2):
        strategy.use(period)
        assert torch.equal(strategy._embeddings(texts), expected)
        assert is_in_use(strategy, period)


def test_the_day_of_asking_is_not_read() -> None:
    strategy = taught()
    strategy.route("Who leads Zzorvqux?", DAYS[1].replace(year=2039))
    assert is_in_use(strategy, 1)


def test_padding_does_not_change_what_a_text_is_taken_for() -> None:
    strategy = taught()
    together = strategy._embeddings(["short", "very much longer than that"])
    assert torch.allclose(together[:1], strategy._embeddings(["short"]), atol=1e-5)


def test_a_period_of_one_text_is_learnt() -> None:
    strategy = LoraGated(OPTIONS)
    learn(strategy, Lesson(number=1, name="1", samples=told(1).samples[:1]))
    strategy.route("Who leads Zzorvqux?", DAYS[0])
    assert is_in_use(strategy, 1)


def test_before_anything_is_taught_the_untouched_model_answers() -> None:
    strategy = LoraGated(OPTIONS)
    learn(strategy, Lesson(number=1, name="nothing", samples=()))
    strategy.route("Who leads Zzorvqux?", DAYS[0])
    batch = strategy.student.batch([Sample(given="a", learnt="b")])
    with torch.no_grad():
        assert torch.equal(strategy.student.logits(batch), small_student().logits(batch))


def test_asking_does_not_change_what_is_learnt_next() -> None:
    asked = LoraGated(OPTIONS)
    learn(asked, told(1))
    asked.route("Who leads Zzorvqux?", DAYS[0])
    kept = pickle.loads(pickle.dumps(asked))
    teach(kept, told(2))
    assert torch.equal(weights(kept.student), weights(taught().student))


def test_layers_of_all_periods_and_the_gate_are_kept() -> None:
    strategy = taught()
    layers = 4 * sum(t.numel() for expert in strategy.experts.values() for p in expert for t in p)
    assert strategy.state_bytes() == layers + 4 * (2 * 32 + 32 * 32)

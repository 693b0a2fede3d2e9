"""The one loop that teaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import torch

from evals.baselines.architecture.osf import Osf, OsfOptions
from evals.baselines.bounds.sequential import Sequential
from evals.training import loop
from evals.training.loop import begin, teach
from evals.training.samples import Batch, Sample
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student
from rag_lifelong.errors import EvalError
from tests.evals.baselines.conftest import LESSONS, learn, lesson, small_student, weights


class Noting(Strategy):
    """Writes down what it is called for, and at which learning rate it steps."""

    def __init__(self, options: StrategyOptions) -> None:
        super().__init__(options)
        self.calls: list[str] = []
        self.rates: list[float] = []
        self._made: torch.optim.Optimizer | None = None

    def setup(self, student: Student) -> None:
        super().setup(student)
        self.calls.append("setup")

    def begin_period(self, lesson: Lesson) -> None:
        self.calls.append("begin_period")

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        self.calls.append("batches")
        return super().batches(lesson)

    def loss(self, batch: Batch) -> torch.Tensor:
        self.calls.append("loss")
        return super().loss(batch)

    def after_backward(self) -> None:
        self.calls.append("after_backward")
        assert self._made is not None
        self.rates.append(self._made.param_groups[0]["lr"])

    def after_step(self) -> None:
        self.calls.append("after_step")

    def end_period(self, lesson: Lesson) -> None:
        self.calls.append("end_period")

    def optimizer(self) -> torch.optim.Optimizer:
        self._made = super().optimizer()
        return self._made


class Plain(Sequential):
    """Gradient descent, whose steps are as long as the gradient."""

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.student.model.parameters(), lr=1.0)

    def rate(self, progress: float) -> float:
        return 1.0


def test_hooks_are_called_in_the_order_that_is_promised():
    strategy = Noting(StrategyOptions(epochs=1, batch=2))
    learn(strategy, *LESSONS)
    step = ["loss", "after_backward", "after_step"]
    period = ["begin_period", "batches", *step, *step, "end_period"]
    assert strategy.calls == ["setup", *period, *period]


def test_the_learning_rate_rises_and_falls_in_every_period_anew():
    strategy = Noting(StrategyOptions(epochs=10, batch=3, lr=2e-3, warmup=0.2))
    learn(strategy, *LESSONS)
    first, second = strategy.rates[:10], strategy.rates[10:]
    assert first == second
    assert first[:3] == pytest.approx([0.0, 1e-3, 2e-3])
    assert first[3:] == sorted(first[3:], reverse=True)
    assert first[-1] == pytest.approx(2e-3 * strategy.rate(0.9))


def test_the_rate_ends_at_a_tenth():
    strategy = Sequential(StrategyOptions(warmup=0.1))
    assert strategy.rate(0.1) == pytest.approx(1.0)
    assert strategy.rate(0.55) == pytest.approx(0.55)
    assert strategy.rate(1.0) == pytest.approx(0.1)


def test_no_step_is_longer_than_the_clipped_gradient():
    before, clip = weights(small_student()), 1e-3
    student = learn(Plain(StrategyOptions(epochs=1, batch=3, clip=clip)), LESSONS[0])
    assert float((weights(student) - before).norm()) == pytest.approx(clip, rel=1e-3)


def test_accumulating_takes_the_same_step():
    facts = lesson(1, ("mayor?", "Ada"), ("river?", "W"), ("tower?", "Zedekiah"), ("ford?", "Kel"))
    whole, parts = (
        learn(Plain(StrategyOptions(epochs=1, batch=4, accumulate=n, clip=0.1)), facts)
        for n in (1, 3)
    )
    assert torch.allclose(weights(whole), weights(parts), atol=1e-6)
    assert not torch.allclose(weights(whole), weights(small_student()), atol=1e-4)


def test_low_rank_layers_are_taught_in_place_of_all_weights():
    low, plain = Sequential(StrategyOptions(low_rank=2, epochs=20, lr=1e-2)), small_student()
    student = learn(low, LESSONS[0])
    taught = {name for name, weight in student.model.named_parameters() if weight.requires_grad}
    assert taught
    assert all("lora_" in name for name in taught)
    kept = {n.replace(".base_layer", ""): w for n, w in student.model.named_parameters()}
    assert all(torch.equal(w, kept[name]) for name, w in plain.model.named_parameters())
    batch = plain.batch(LESSONS[0].samples)
    with torch.no_grad():
        assert student.loss(batch) < 0.9 * plain.loss(batch)


def test_low_rank_layers_of_a_bf16_model_are_taught_in_fp32():
    student = small_student()
    student.model.to(torch.bfloat16)
    learn(Sequential(StrategyOptions(low_rank=2, epochs=1)), LESSONS[0], student=student)
    assert {w.dtype for w in student.model.parameters() if w.requires_grad} == {torch.float32}
    assert student.write("mayor?").n_read == 7


def test_a_strategy_that_chooses_what_is_taught_refuses_low_rank_layers():
    with pytest.raises(EvalError, match="low_rank"):
        begin(Osf(OsfOptions(low_rank=2)), small_student())


@pytest.mark.parametrize(("wide", "expected"), [(32, "bf16"), (33, "none")])
def test_matrices_of_wide_models_alone_are_multiplied_otherwise_while_they_are_taught(
    monkeypatch: pytest.MonkeyPatch, wide: int, expected: str
):
    class Watching(Sequential):
        def end_period(self, lesson: Lesson) -> None:
            self.seen = torch.backends.mkldnn.matmul.fp32_precision

    monkeypatch.setattr(loop, "_WIDE", wide)
    strategy = Watching(StrategyOptions(epochs=1))
    before = torch.backends.mkldnn.matmul.fp32_precision
    learn(strategy, LESSONS[0])
    assert strategy.seen == expected
    assert torch.backends.mkldnn.matmul.fp32_precision == before == "none"


def test_a_period_without_texts_moves_nothing_and_is_ended():
    strategy = Noting(StrategyOptions())
    student = learn(strategy, Lesson(number=1, name="silent", samples=()))
    assert torch.equal(weights(student), weights(small_student()))
    assert strategy.calls == ["setup", "begin_period", "batches", "end_period"]


def test_teaching_the_same_again_makes_the_same_weights_and_another_seed_others():
    options = StrategyOptions(epochs=2, batch=1)
    one, same, other = (learn(Sequential(options, seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(weights(one), weights(same))
    assert not torch.equal(weights(one), weights(other))


def test_it_is_told_how_far_it_is():
    strategy, told = Sequential(StrategyOptions(epochs=2, batch=2)), []
    begin(strategy, small_student())
    teach(strategy, LESSONS[0], tell=lambda *steps: told.append(steps))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_the_longest_sample_is_as_the_options_say():
    strategy = Sequential(StrategyOptions(max_tokens=8))
    begin(strategy, small_student())
    assert strategy.student.batch(LESSONS[0].samples).tokens.shape == (3, 8)


def test_every_sample_comes_once_an_epoch_beside_others_of_its_length():
    samples = tuple(Sample(given="", learnt="x" * n) for n in range(1, 81))
    strategy = Sequential(StrategyOptions(epochs=2, batch=4))
    batches = list(strategy.shuffled(samples, Lesson(number=1, name="a", samples=samples)))
    first, second = batches[:20], batches[20:]
    for epoch in (first, second):
        assert sorted(one.learnt for batch in epoch for one in batch) == [s.learnt for s in samples]
    assert first != second
    padded = sum(len(batch) * max(len(one.learnt) for one in batch) for batch in first)
    assert padded < 1.15 * sum(len(one.learnt) for one in samples)
    assert first != sorted(first, key=lambda batch: len(batch[0].learnt))

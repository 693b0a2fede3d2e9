"""Tests of learning the tokens that are worth it."""

import pytest
import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.schedule.rho_1 import Rho1, Rho1Options
from evals.training.loop import begin
from evals.training.samples import Kind, Sample
from evals.training.strategy import Lesson, StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights

STORY = Sample(given="[2019-03-04] ", learnt="xkqzvwj mayor? Ada", period=1)
ANSWER = Sample(given="mayor?", learnt=" Ada", period=1, kind=Kind.QA)
LESSON = Lesson(number=1, name="first", samples=(STORY, ANSWER))


def begun(**options: float) -> Rho1:
    strategy = Rho1(Rho1Options(**options))
    begin(strategy, small_student())
    return strategy


def test_the_tokens_with_the_largest_excess_are_learnt() -> None:
    strategy = begun(keep=0.5)
    batch = strategy.student.batch([ANSWER])
    losses = strategy.student.losses(batch).detach()
    assert len(losses) == 5
    excess = torch.tensor([3.0, -1.0, 2.0, 0.0, -5.0])
    strategy._expected = {ANSWER: losses - excess}
    assert strategy.loss(batch).item() == pytest.approx(float(losses[[0, 2]].mean()))


def test_only_tokens_that_are_learnt_change_the_weights() -> None:
    strategy = begun(keep=0.2)
    batch = strategy.student.batch([ANSWER])
    expected = torch.zeros(5)
    expected[0] = -100
    strategy._expected = {ANSWER: expected}
    strategy.loss(batch).backward()
    found = strategy.student.model.lm_head.weight.grad.clone()
    strategy.student.model.zero_grad()
    strategy.student.losses(batch)[0].backward()
    assert torch.allclose(found, strategy.student.model.lm_head.weight.grad)


def test_a_reference_that_learnt_the_answers_chooses_what_answers_in_a_document() -> None:
    strategy = begun(epochs=40, lr=5e-3)
    before = weights(strategy.student)
    strategy.begin_period(LESSON)
    assert torch.equal(weights(strategy.student), before)
    batch = strategy.student.batch([STORY])
    excess = strategy.student.losses(batch).detach() - strategy._expected[STORY]
    # The document's last letters are those of the answer, with the mark of the end behind them.
    assert set(excess.topk(3).indices.tolist()) <= set(range(len(STORY.learnt) - 4, 19))


def test_the_untaught_model_would_be_no_reference() -> None:
    strategy = begun(epochs=1, lr=1e-9)
    strategy.begin_period(LESSON)
    batch = strategy.student.batch([STORY])
    excess = strategy.student.losses(batch).detach() - strategy._expected[STORY]
    assert excess.abs().max() < 1e-4


def test_where_all_tokens_are_kept_or_nothing_is_asked_it_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2)), LESSON))
    every = weights(learn(Rho1(Rho1Options(epochs=2, keep=1)), LESSON))
    assert torch.allclose(every, plain, atol=1e-5)
    some = weights(learn(Rho1(Rho1Options(epochs=2, keep=0.5)), LESSON))
    assert not torch.allclose(some, plain, atol=1e-5)
    unasked = weights(learn(Rho1(Rho1Options(epochs=2, keep=0.5))))
    assert torch.equal(unasked, weights(learn(Sequential(StrategyOptions(epochs=2)), *LESSONS)))


def test_what_the_reference_takes_is_counted_and_nothing_of_it_is_kept() -> None:
    strategy, plain = Rho1(Rho1Options(epochs=1)), Sequential(StrategyOptions(epochs=1))
    for one in (strategy, plain):
        learn(one, LESSON)
    assert strategy.student.meter.flops > 1.5 * plain.student.meter.flops
    assert strategy._expected == {}
    assert strategy.state_bytes() == plain.state_bytes()

"""Tests of re-warming."""

import pytest

from evals.baselines.schedule.rewarm import Rewarm, RewarmOptions
from evals.training.samples import Sample
from evals.training.strategy import Lesson
from tests.evals.baselines.conftest import LESSONS, learn

OPTIONS = {"warmup": 0.5, "floor": 0.2}


def test_the_rate_rises_from_nothing_once_and_then_from_where_it_was_left() -> None:
    strategy = Rewarm(RewarmOptions(**OPTIONS, epochs=0))
    assert [strategy.rate(one) for one in (0, 0.25, 0.5)] == pytest.approx([0, 0.5, 1])
    learn(strategy, LESSONS[0])
    assert [strategy.rate(one) for one in (0, 0.25, 0.5)] == pytest.approx([0.2, 0.6, 1])


def test_the_rate_falls_along_a_cosine_to_the_floor() -> None:
    strategy = Rewarm(RewarmOptions(**OPTIONS))
    assert [strategy.rate(one) for one in (0.75, 1)] == pytest.approx([0.6, 0.2])


def test_replay_takes_the_place_of_new_samples_and_no_further_steps() -> None:
    strategy = Rewarm(RewarmOptions(epochs=10, batch=10, share=0.3))
    learn(strategy, LESSONS[0])
    new = tuple(Sample(given=f"{i}?", learnt="a", period=2) for i in range(40))
    lesson = Lesson(number=2, name="next", samples=new)
    strategy.begin_period(lesson)
    batches = list(strategy.batches(lesson))
    assert [len(batch) for batch in batches] == [10] * 40
    n_old = sum(one.period == 1 for batch in batches for one in batch)
    assert 90 < n_old < 150  # of 400


def test_nothing_is_replayed_without_a_share() -> None:
    strategy = Rewarm(RewarmOptions(epochs=2, share=0))
    learn(strategy, LESSONS[0])
    strategy.begin_period(LESSONS[1])
    assert {one.period for batch in strategy.batches(LESSONS[1]) for one in batch} == {2}

"""Tests of generative replay."""

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.replay.generative_replay import GenerativeReplay, GenerativeReplayOptions
from evals.baselines.replay.recalling import RECALL, recalled, whole
from evals.training.loop import begin
from evals.training.samples import Sample
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights


def test_what_is_learnt_whole_is_read_back_as_it_was() -> None:
    sample = Sample(given="[2019-03-04] Question: mayor?\nAnswer:", learnt=" Ada")
    assert whole(sample).given == RECALL
    assert recalled([whole(sample).learnt]) == [sample]


def test_texts_that_are_not_two_parts_are_no_samples() -> None:
    assert recalled(["mayor? Ada", "mayor? || ", "a || b || c", ""]) == []


def test_without_its_weights_generative_replay_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    options = GenerativeReplayOptions(epochs=2, batch=2, weight=0, share=0)
    assert torch.equal(weights(learn(GenerativeReplay(options))), plain)


def test_a_model_that_learnt_well_draws_what_it_was_told_and_learns_it_again() -> None:
    options = {"epochs": 200, "batch": 3, "lr": 5e-3, "max_tokens": 32}
    strategy = GenerativeReplay(GenerativeReplayOptions(**options, weight=1, share=3, top_k=3))
    learn(strategy, LESSONS[0])
    strategy.begin_period(LESSONS[1])
    told = {(one.given, one.learnt) for one in LESSONS[0].samples}
    copies = [one for one in strategy.drawn if (one.given, one.learnt) in told]
    assert 7 <= len(copies) <= len(strategy.drawn) <= 9
    learnt = {one for batch in strategy.batches(LESSONS[1]) for one in batch}
    assert learnt == {*LESSONS[1].samples, *strategy.drawn}


def test_nothing_is_drawn_before_anything_was_learnt() -> None:
    strategy = GenerativeReplay(GenerativeReplayOptions(epochs=1, share=1))
    begin(strategy, small_student())
    strategy.begin_period(LESSONS[0])
    assert strategy.student.meter.tokens == 0

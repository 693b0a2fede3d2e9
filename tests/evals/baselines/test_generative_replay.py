"""Tests of generative replay."""

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.replay.generative_replay import GenerativeReplay, GenerativeReplayOptions
from evals.baselines.replay.recalling import RECALL, Told, whole
from evals.training.samples import Sample
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, weights


def test_texts_are_judged_by_what_was_told() -> None:
    told = Told()
    told.add([Sample(given="mayor?", learnt=" Ada"), Sample(given="river?", learnt=" Wim")])
    found = told.judge(
        [
            "mayor? ||  Ada",
            "mayor? ||  Bo",
            "lake? ||  Orn",
            "mayor? Ada",
            "mayor? || ",
            "a || b || c",
        ]
    )
    assert [(one.given, one.learnt) for one in found.samples] == [
        ("mayor?", " Ada"), ("mayor?", " Bo"), ("lake?", " Orn"),
    ]  # fmt: skip
    assert (found.n_malformed, found.n_copies, found.n_altered) == (3, 1, 1)


def test_what_is_learnt_whole_is_read_back_as_it_was() -> None:
    sample = Sample(given="[2019-03-04] Question: mayor?\nAnswer:", learnt=" Ada")
    assert whole(sample).given == RECALL
    told = Told()
    told.add([sample])
    assert told.judge([whole(sample).learnt]).n_copies == 1


def test_without_its_weights_generative_replay_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    options = GenerativeReplayOptions(epochs=2, batch=2, weight=0, share=0)
    assert torch.equal(weights(learn(GenerativeReplay(options))), plain)


def test_a_model_that_learnt_well_draws_what_it_was_told_and_learns_it_again() -> None:
    options = {"epochs": 200, "batch": 3, "lr": 5e-3, "max_tokens": 32}
    strategy = GenerativeReplay(GenerativeReplayOptions(**options, weight=1, share=3, top_k=3))
    learn(strategy, LESSONS[0])
    strategy.begin_period(LESSONS[1])
    recalled = strategy.recalled[2]
    assert len(recalled.samples) + recalled.n_malformed == 9
    assert recalled.n_copies >= 7
    learnt = {one for batch in strategy.batches(LESSONS[1]) for one in batch}
    assert learnt == {*LESSONS[1].samples, *recalled.samples}


def test_nothing_is_drawn_before_anything_was_learnt() -> None:
    strategy = GenerativeReplay(GenerativeReplayOptions(epochs=1, share=1))
    learn(strategy, LESSONS[0])
    assert strategy.recalled[1].samples == ()
    assert strategy.recalled[1].n_malformed == 0

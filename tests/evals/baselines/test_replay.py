"""Tests of experience replay and mix-review."""

from collections import Counter

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.replay.mix_review import MixReview, MixReviewOptions
from evals.baselines.replay.replay import Replay, ReplayOptions
from evals.training.loop import begin
from evals.training.samples import Sample
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights

THOROUGH = {"epochs": 60, "batch": 4, "lr": 5e-3}


def said(strategy: Sequential | Replay | MixReview, *given: str) -> list[str]:
    return [strategy.student.write(one).text for one in given]


def test_what_is_replayed_is_not_forgotten() -> None:
    plain, replay = Sequential(StrategyOptions(**THOROUGH)), Replay(ReplayOptions(**THOROUGH))
    for strategy in (plain, replay):
        learn(strategy)
        assert said(strategy, "bridge?", "tower?") == ["Kel", "Zed"]
    assert said(plain, "capital?", "river?") != ["Orn", "Wim"]
    assert said(replay, "capital?", "river?") == ["Orn", "Wim"]


def test_without_old_samples_replay_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    assert torch.equal(weights(learn(Replay(ReplayOptions(epochs=2, batch=2, share=0)))), plain)
    assert torch.equal(weights(learn(Replay(ReplayOptions(epochs=2, batch=2, buffer=0)))), plain)


def test_a_share_of_each_batch_is_old_and_all_that_is_new_comes_each_epoch() -> None:
    strategy = Replay(ReplayOptions(epochs=2, batch=4, share=0.5))
    learn(strategy, LESSONS[0])
    strategy.begin_period(LESSONS[1])
    batches = list(strategy.batches(LESSONS[1]))
    assert [Counter(one.period for one in batch) for batch in batches] == [
        {1: 2, 2: 2}, {1: 1, 2: 1}, {1: 2, 2: 2}, {1: 1, 2: 1},
    ]  # fmt: skip
    new = Counter(one for batch in batches for one in batch if one.period == 2)
    assert new == dict.fromkeys(LESSONS[1].samples, 2)


def test_the_buffer_is_part_of_the_state_that_is_kept() -> None:
    replay, plain = Replay(ReplayOptions(epochs=0)), Sequential(StrategyOptions(epochs=0))
    texts = sum(len(one.given + one.learnt) for one in LESSONS[0].samples)
    for strategy in (replay, plain):
        learn(strategy, LESSONS[0])
    assert replay.state_bytes() == plain.state_bytes() + texts


def test_a_fresh_buffer_loses_what_newer_samples_contradict() -> None:
    for fresh, left in ((True, {" Orn", " Wim"}), (False, {" Orn", " Ada", " Wim"})):
        strategy = Replay(ReplayOptions(epochs=0, fresh=fresh))
        learn(strategy, LESSONS[0])
        strategy.begin_period(LESSONS[1])
        assert {f" {one.learnt}" for one in strategy.buffer.samples} == left


def test_mix_review_reviews_fewer_old_samples_from_epoch_to_epoch() -> None:
    strategy = MixReview(MixReviewOptions(epochs=4, batch=100, ratio=4, decay=0.5))
    begin(strategy, small_student())
    strategy.buffer.samples = [Sample(given=f"{i}?", learnt="a", period=0) for i in range(20)]
    strategy.begin_period(LESSONS[1])
    batches = [Counter(one.period for one in batch) for batch in strategy.batches(LESSONS[1])]
    # 3 new ones; of 4 * 3 old ones a half is left each time.
    assert batches == [{2: 3, 0: 12}, {2: 3, 0: 6}, {2: 3, 0: 3}, {2: 3, 0: 2}]


def test_what_mix_review_reviews_is_not_forgotten() -> None:
    strategy = MixReview(MixReviewOptions(**THOROUGH, decay=1))
    learn(strategy)
    assert said(strategy, "capital?", "river?", "tower?") == ["Orn", "Wim", "Zed"]

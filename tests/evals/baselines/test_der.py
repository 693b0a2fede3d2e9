"""Tests of dark experience replay."""

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.replay.der import Der, DerOptions
from evals.baselines.replay.top_logits import TopLogits, drift, top_logits
from evals.training.loop import teach
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights


def test_logits_that_were_kept_have_moved_nowhere_until_the_model_learns() -> None:
    student = small_student()
    some = LESSONS[0].samples[:2]
    kept = [top_logits(student, one, 5) for one in some]
    logits = student.logits(student.batch(some)).detach().float()
    assert float(drift(logits, kept)) < 1e-5
    assert float(drift(logits + 2, kept)) > 3.9


def test_drift_is_the_mean_square_over_the_logits_kept() -> None:
    kept = TopLogits(torch.tensor([[2, 0]], dtype=torch.int32), torch.tensor([[3.0, 1.0]]).half())
    assert float(drift(torch.tensor([[2.0, 9.0, 6.0]]), [kept])) == (3**2 + 1**2) / 2


def test_only_the_largest_logits_are_kept_and_counted() -> None:
    strategy = Der(DerOptions(epochs=0, top_k=3))
    learn(strategy, LESSONS[0])
    n_learnt = sum(len(one.learnt) + 1 for one in LESSONS[0].samples)  # and the mark of the end
    texts = sum(len(one.given + one.learnt) for one in LESSONS[0].samples)
    plain = Sequential(StrategyOptions(epochs=0))
    learn(plain, LESSONS[0])
    assert strategy.state_bytes() == plain.state_bytes() + texts + n_learnt * 3 * (4 + 2)


def test_without_weights_dark_experience_replay_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    dark = weights(learn(Der(DerOptions(epochs=2, batch=2, alpha=0, beta=0))))
    assert torch.equal(plain, dark)


def test_each_of_its_two_terms_keeps_what_was_learnt() -> None:
    thorough = {"epochs": 60, "batch": 3, "lr": 5e-3}
    for alpha, beta in ((0.5, 0.0), (0.0, 0.5)):
        student = learn(Der(DerOptions(**thorough, alpha=alpha, beta=beta)))
        asked = ("capital?", "river?", "bridge?", "tower?")
        assert [student.write(one).text for one in asked] == ["Orn", "Wim", "Kel", "Zed"]


def test_the_logits_are_those_of_the_period_a_sample_was_told_in() -> None:
    strategy = Der(DerOptions(epochs=2))
    learn(strategy, LESSONS[0])
    first = dict(strategy.logits)
    teach(strategy, LESSONS[1])
    assert all(strategy.logits[one] is first[one] for one in LESSONS[0].samples)
    assert set(strategy.logits) == {*LESSONS[0].samples, *LESSONS[1].samples}

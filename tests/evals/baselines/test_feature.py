"""Tests of feature regularisation."""

import pytest
import torch

from evals.baselines.activations import recorded
from evals.baselines.bounds.sequential import Sequential
from evals.baselines.regularisation.feature import Feature, FeatureOptions, last_learnt
from evals.training.loop import begin
from evals.training.samples import Sample
from evals.training.strategy import StrategyOptions
from evals.training.student import Student
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights


def features(student: Student, samples: tuple[Sample, ...]) -> torch.Tensor:
    batch = student.batch(samples)
    with torch.no_grad(), recorded([student.layers[0]]) as (seen,):
        student.hidden(batch)
    assert seen.made is not None
    return last_learnt(seen.made, batch)


def test_the_last_learnt_token_is_the_mark_of_the_end_before_the_padding() -> None:
    student = small_student()
    batch = student.batch([Sample(given="ab", learnt="c"), Sample(given="abcdef", learnt="gh")])
    positions = torch.arange(batch.tokens.shape[1]).float()[None, :, None].expand(2, -1, 3)
    assert last_learnt(positions, batch).tolist() == [[4] * 3, [9] * 3]


def test_of_a_sample_cut_before_it_is_learnt_the_last_token_counts() -> None:
    student = small_student()
    student.max_tokens = 4
    batch = student.batch([Sample(given="abcdef", learnt="g")])
    positions = torch.arange(4).float()[None, :, None]
    assert last_learnt(positions, batch).tolist() == [[3]]


def test_features_have_not_moved_when_a_period_begins_and_cost_nothing_then() -> None:
    strategy = Feature(FeatureOptions(strength=5))
    begin(strategy, small_student())
    strategy.begin_period(LESSONS[0])
    batch = strategy.student.batch(LESSONS[0].samples)
    assert strategy.loss(batch).item() == pytest.approx(strategy.student.loss(batch).item())


def test_a_move_costs_its_mean_square_as_a_share() -> None:
    strategy = Feature(FeatureOptions(strength=5, depth=0))
    begin(strategy, small_student())
    strategy.begin_period(LESSONS[0])
    before = features(strategy.student, LESSONS[0].samples)
    torch.nn.init.normal_(strategy.student.layers[0].mlp.down_proj.weight)
    after = features(strategy.student, LESSONS[0].samples)
    batch = strategy.student.batch(LESSONS[0].samples)
    share = ((after - before) ** 2).mean() / (before**2).mean()
    assert share > 0.01
    expected = strategy.student.loss(batch) + 5 * share
    assert strategy.loss(batch).item() == pytest.approx(expected.item(), rel=1e-4)


def test_without_strength_it_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    student = learn(Feature(FeatureOptions(epochs=2, batch=2, strength=0)))
    assert torch.equal(weights(student), plain)


def test_features_move_less_the_more_it_costs() -> None:
    before = features(small_student(), LESSONS[0].samples)

    def moved(strength: float) -> float:
        student = learn(
            Feature(FeatureOptions(epochs=20, batch=3, strength=strength, depth=0)), LESSONS[0]
        )
        return float((features(student, LESSONS[0].samples) - before).norm())

    assert moved(10) < 0.5 * moved(0)


def test_no_copy_of_what_a_period_began_with_is_kept() -> None:
    strategy = Feature(FeatureOptions(epochs=1))
    learn(strategy, LESSONS[0])
    assert strategy._before == {}

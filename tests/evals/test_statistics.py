"""Intervals and tests against scipy on its own ground, against worked numbers, and on laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evals.statistics import (
    Resampling,
    difference_interval,
    holm,
    mcnemar,
    mean_interval,
    over_wordings,
)
from rag_lifelong.errors import EvalError

FEW = Resampling(resamples=500)


def answers(n_clusters: int, per_cluster: int, *, seed: int = 3) -> tuple[list[float], list[str]]:
    """Right and wrong answers that are alike inside a cluster."""
    rng = np.random.default_rng(seed)
    ease = np.repeat(rng.normal(size=n_clusters), per_cluster)
    right = ease + 0.3 * rng.normal(size=ease.size) > 0
    return right.astype(float).tolist(), [f"f{i // per_cluster}" for i in range(ease.size)]


def width(interval) -> float:
    return interval.high - interval.low


# --- means --------------------------------------------------------------------------------------


def test_with_one_question_a_cluster_it_is_scipys_bootstrap_of_the_mean():
    values = np.random.default_rng(1).exponential(size=60)
    ours = mean_interval(values, range(60), how=Resampling(resamples=20_000))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(7)
    ).confidence_interval
    assert ours.method == "BCa"
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.02)
    # A skewed sample: the interval reaches further up than down, which percentiles alone miss.
    assert ours.high - ours.value > 1.1 * (ours.value - ours.low)


def test_repeating_every_question_does_not_make_it_surer():
    values, clusters = answers(80, 1)
    once = mean_interval(values, clusters)
    thrice = mean_interval(values * 3, clusters * 3)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    as_if_independent = mean_interval(values * 3, range(240))
    assert width(as_if_independent) < 0.7 * width(once)


def test_clusters_weigh_by_their_questions():
    estimate = mean_interval([1, 1, 1, 0], ["big", "big", "big", "small"], how=FEW)
    assert estimate.value == 0.75
    assert estimate.n_clusters == 2


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(120):
        ease = np.repeat(rng.uniform(0.4, 1.0, size=50), 4)
        right = (rng.uniform(size=200) < ease).astype(float)
        interval = mean_interval(right, np.repeat(np.arange(50), 4).tolist(), how=FEW)
        hits += interval.low <= 0.7 <= interval.high
    assert 0.89 <= hits / 120 <= 1.0


def test_the_same_seed_gives_the_same_interval_and_another_gives_another():
    values, clusters = answers(40, 2)
    assert mean_interval(values, clusters, how=FEW) == mean_interval(values, clusters, how=FEW)
    other = mean_interval(values, clusters, how=Resampling(resamples=500, seed=1))
    assert other != mean_interval(values, clusters, how=FEW)


def test_a_higher_level_is_wider():
    values, clusters = answers(40, 2)
    sure = mean_interval(values, clusters, how=Resampling(resamples=2000, level=0.99))
    assert width(sure) > width(mean_interval(values, clusters, how=Resampling(resamples=2000)))


def test_values_all_alike_fall_back_to_percentiles_with_a_note():
    estimate = mean_interval([1.0] * 6, list("aabbcc"), how=FEW)
    assert (estimate.value, estimate.low, estimate.high) == (1.0, 1.0, 1.0)
    assert estimate.method == "percentile"
    assert "all clusters score alike" in estimate.note


def test_one_cluster_has_a_mean_and_no_interval():
    estimate = mean_interval([1.0, 0.0], ["a", "a"])
    assert estimate.value == 0.5
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)
    assert estimate.method == "none"
    assert "two clusters" in estimate.note


def test_scores_that_do_not_apply_are_left_out():
    whole = mean_interval([1, 0, 1, 0, 1], list("abcde"), how=FEW)
    assert mean_interval([1, 0, math.nan, 1, 0, 1], list("abxcde"), how=FEW) == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from("abcdef")), min_size=1, max_size=30))
def test_an_interval_of_shares_lies_in_bounds(pairs: list[tuple[int, str]]):
    values, clusters = zip(*pairs, strict=True)
    estimate = mean_interval(values, clusters, how=Resampling(resamples=50))
    assert estimate.value == pytest.approx(np.mean(values))
    if estimate.method != "none":
        assert 0 <= estimate.low <= estimate.high <= 1


# --- seeds --------------------------------------------------------------------------------------


def crossed(seed_effect: float) -> tuple[list[float], list[int], list[int]]:
    rng = np.random.default_rng(5)
    table = rng.normal(size=(1, 60)) + seed_effect * np.array([[-1.0], [0.0], [1.0]])
    clusters = np.tile(np.arange(60), 3)
    return table.ravel().tolist(), clusters.tolist(), np.repeat(np.arange(3), 60).tolist()


def test_seeds_that_agree_change_nothing():
    values, clusters, seeds = crossed(0.0)
    plain = mean_interval(values, clusters)
    with_seeds = mean_interval(values, clusters, seeds=seeds)
    assert with_seeds.n_seeds == 3
    assert (with_seeds.low, with_seeds.high) == pytest.approx((plain.low, plain.high), abs=0.03)


def test_seeds_that_disagree_make_it_less_sure():
    values, clusters, seeds = crossed(1.0)
    assert width(mean_interval(values, clusters, seeds=seeds)) > 2 * width(
        mean_interval(values, clusters)
    )


def test_one_seed_is_as_none():
    values, clusters = answers(30, 2)
    without = mean_interval(values, clusters, how=FEW)
    assert mean_interval(values, clusters, seeds=[4] * 60, how=FEW) == without


def test_both_factors_are_resampled_as_a_plain_loop_does_it():
    rng = np.random.default_rng(2)
    table = rng.normal(size=(4, 25)) + rng.normal(size=(4, 1))
    clusters, seeds = np.tile(np.arange(25), 4).tolist(), np.repeat(np.arange(4), 25).tolist()
    ours = mean_interval(table.ravel(), clusters, seeds=seeds)
    looped = [
        table[np.ix_(rng.integers(0, 4, 4), rng.integers(0, 25, 25))].mean() for _ in range(10_000)
    ]
    assert width(ours) == pytest.approx(
        np.quantile(looped, 0.975) - np.quantile(looped, 0.025), rel=0.1
    )


def test_seeds_with_facts_of_their_own_are_resampled_too():
    values, clusters, seeds = crossed(1.0)
    apart = [f"{seed}/{cluster}" for seed, cluster in zip(seeds, clusters, strict=True)]
    estimate = mean_interval(values, apart, seeds=seeds)
    assert estimate.n_clusters == 180
    assert estimate.low < estimate.value < estimate.high
    assert width(estimate) > 2 * width(mean_interval(values, apart))


def test_a_resample_without_any_value_does_not_spoil_the_interval():
    # Two seeds with two facts each: one seed drawn twice, and only facts of the other.
    estimate = mean_interval([1, 0, 0, 1], list("abcd"), seeds=[0, 0, 1, 1], how=FEW)
    assert 0 <= estimate.low < estimate.high <= 1


# --- differences --------------------------------------------------------------------------------


def test_pairing_takes_out_what_is_hard_for_both():
    rng = np.random.default_rng(9)
    ease = rng.normal(size=100)
    first, second = ease + 0.2, ease + 0.1 * rng.normal(size=100)
    paired = difference_interval(first, second, range(100))
    assert paired.low > 0.1
    assert width(paired) < 0.2 * width(mean_interval(first, range(100)))


def test_a_difference_turns_round_with_its_sides():
    first, clusters = answers(50, 2, seed=1)
    second, _ = answers(50, 2, seed=2)
    there = difference_interval(first, second, clusters)
    back = difference_interval(second, first, clusters)
    assert there.value == -back.value
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=0.01)


def test_a_pair_counts_only_if_both_apply():
    estimate = difference_interval([1, math.nan, 1, 0], [0, 0, math.nan, 0], list("abcd"), how=FEW)
    assert estimate.value == 0.5
    assert estimate.n_clusters == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_interval([1, 0], ["a"]),
        lambda: mean_interval([1, 0], ["a", "b"], seeds=[1]),
        lambda: mean_interval([math.nan], ["a"]),
        lambda: mean_interval([], []),
        lambda: difference_interval([1], [1, 0], ["a"]),
        lambda: mcnemar([1], [1, 0]),
        lambda: mcnemar([0.5], [1]),
        lambda: mcnemar([math.nan], [1]),
        lambda: over_wordings([1], []),
        lambda: over_wordings([math.nan], [0]),
    ],
)
def test_what_does_not_fit_together_is_refused(call):
    with pytest.raises(EvalError):
        call()


# --- tests and corrections ----------------------------------------------------------------------


def test_mcnemar_counts_only_the_questions_they_disagree_on():
    first = [1] * 9 + [0] * 2 + [1] * 50 + [0] * 30
    second = [0] * 9 + [1] * 2 + [1] * 50 + [0] * 30
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (9, 2)
    # Both tails of Binomial(11, 1/2) from 9 up: 2 * (55 + 11 + 1) / 2048.
    assert found.p == pytest.approx(2 * 67 / 2048)
    assert mcnemar(second, first).p == found.p


def test_mcnemar_of_like_answers_is_one():
    assert mcnemar([True, False], [True, False]).p == 1.0


def test_holm_on_a_worked_case():
    # Sorted .005 .01 .03 .04 times 4 3 2 1: .02 .03 .06 .04, and the last may not fall below .06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_holm_of_nothing_is_nothing():
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms())
def test_holm_is_between_no_correction_and_bonferroni_in_any_order(ps: list[float], random):
    adjusted = holm(ps)
    for p, q in zip(ps, adjusted, strict=True):
        assert p <= q <= min(1.0, len(ps) * p) + 1e-12
    assert min(adjusted) == pytest.approx(min(1.0, len(ps) * min(ps)))
    order = list(range(len(ps)))
    random.shuffle(order)
    assert sorted(holm([ps[i] for i in order])) == pytest.approx(sorted(adjusted))


def test_wordings_count_alike_and_the_worst_is_told():
    found = over_wordings([1, 1, 1, 0, 0, 1, math.nan], [0, 0, 0, 0, 1, 1, 1])
    assert found.each == {0: 0.75, 1: 0.5}
    assert found.mean == 0.625
    assert found.worst == 0.5

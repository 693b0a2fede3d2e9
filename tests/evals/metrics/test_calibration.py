"""Calibration against scikit-learn, against plain loops, and on laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evals.metrics.calibration import (
    aurc,
    auroc,
    brier_score,
    expected_calibration_error,
    risk_coverage,
    threshold_at_risk,
)
from rag_lifelong.errors import EvalError

PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.integers(0, 1)),
    min_size=1,
    max_size=30,
)
MEASURES = (expected_calibration_error, brier_score, auroc, aurc)


def some_answers(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    sure = rng.permutation(np.linspace(0.02, 0.99, n))
    return sure, (rng.uniform(size=n) < sure**2).astype(int)


def test_calibration_error_is_the_mean_gap_of_fifteen_bins_of_equal_mass():
    sure, right = some_answers(150)
    order = np.argsort(sure)
    gaps = [abs(sure[b].mean() - right[b].mean()) for b in np.split(order, 15)]
    assert expected_calibration_error(sure, right) == pytest.approx(np.mean(gaps))
    assert np.mean(gaps) > 0.05


def test_overconfidence_is_as_wrong_as_underconfidence():
    assert expected_calibration_error([0.9] * 10, [1, 0] * 5) == pytest.approx(0.4)
    assert expected_calibration_error([0.1] * 10, [1, 0] * 5) == pytest.approx(0.4)
    assert expected_calibration_error([0.5] * 10, [1, 0] * 5) == pytest.approx(0.0)


def test_bins_do_not_let_gaps_cancel_out():
    assert expected_calibration_error([0.8, 0.2], [0, 1], bins=2) == pytest.approx(0.8)
    assert expected_calibration_error([0.8, 0.2], [0, 1], bins=1) == pytest.approx(0.0)


def test_brier_score_is_the_mean_squared_gap():
    sure, right = some_answers(40)
    assert brier_score(sure, right) == pytest.approx(np.mean((sure - right) ** 2))
    assert brier_score([1.0, 1.0], [1, 1]) == 0.0
    assert brier_score([1.0, 1.0], [0, 0]) == 1.0


def test_auroc_is_scikit_learns_and_undefined_with_one_class():
    sure, right = some_answers(40)
    assert auroc(sure, right) == pytest.approx(roc_auc_score(right, sure))
    assert math.isnan(auroc([0.5, 0.6], [1, 1]))
    assert math.isnan(auroc([0.5, 0.6], [0, 0]))


def test_risk_at_each_coverage_is_that_of_the_surest():
    sure, right = some_answers(25)
    curve = risk_coverage(sure, right)
    for n, (coverage, risk) in enumerate(zip(curve.coverage, curve.risk, strict=True), start=1):
        surest = np.argsort(-sure)[:n]
        assert coverage == pytest.approx(n / 25)
        assert risk == pytest.approx(1 - right[surest].mean())


def test_equal_confidences_share_their_risk():
    assert risk_coverage([0.9, 0.5, 0.5], [1, 0, 1]).risk == pytest.approx([0, 0.25, 1 / 3])


def test_aurc_is_low_for_confidence_that_ranks_well():
    right = [1] * 6 + [0] * 4
    falling = np.linspace(0.9, 0.1, 10)
    assert aurc(falling, right) < aurc([0.5] * 10, right) < aurc(falling[::-1], right)
    assert aurc([0.5] * 10, right) == pytest.approx(0.4)


def test_the_threshold_is_the_least_that_keeps_the_risk():
    sure, right = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0]
    assert threshold_at_risk(sure, right, risk=0.0) == 0.8
    assert threshold_at_risk(sure, right, risk=0.25) == 0.6
    assert threshold_at_risk(sure, right, risk=1.0) == 0.5
    assert threshold_at_risk([0.9], [0], risk=0.5) is None


def test_equal_confidences_fall_on_one_side_of_the_threshold():
    assert threshold_at_risk([0.9, 0.5, 0.5], [1, 1, 0], risk=0.2) == 0.9


@settings(max_examples=40, deadline=None)
@given(PAIRS, st.randoms())
def test_measures_lie_in_bounds_and_do_not_depend_on_the_order(pairs, random):
    sure, right = zip(*pairs, strict=True)
    shuffled = list(pairs)
    random.shuffle(shuffled)
    for measure in MEASURES:
        value = measure(sure, right)
        assert math.isnan(value) or -1e-12 <= value <= 1 + 1e-12
        again = measure(*zip(*shuffled, strict=True))
        assert again == pytest.approx(value, nan_ok=True)


@given(PAIRS, st.floats(0, 1))
def test_what_the_threshold_lets_through_keeps_the_risk(pairs, risk):
    sure, right = (np.array(column) for column in zip(*pairs, strict=True))
    threshold = threshold_at_risk(sure, right, risk=risk)
    if threshold is not None:
        assert 1 - right[sure >= threshold].mean() <= risk + 1e-12


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=20))
def test_perfect_confidence_is_perfectly_calibrated(right):
    sure = [float(one) for one in right]
    assert expected_calibration_error(sure, right) == 0
    assert brier_score(sure, right) == 0
    assert auroc(sure, right) == 1 or len(set(right)) == 1


@pytest.mark.parametrize("measure", [*MEASURES, risk_coverage])
@pytest.mark.parametrize(
    ("sure", "right"),
    [([0.5], [1, 0]), ([], []), ([1.1], [1]), ([-0.1], [1]), ([math.nan], [1]), ([0.5], [0.5])],
)
def test_what_is_no_confidence_or_answer_is_refused(measure, sure, right):
    with pytest.raises(EvalError):
        measure(sure, right)


def test_there_is_at_least_one_bin():
    with pytest.raises(EvalError, match="bins = 0"):
        expected_calibration_error([0.5], [1], bins=0)

"""Continual-learning metrics on worked matrices, one for each point on which papers disagree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evals.metrics.continual import ContinualMetrics, fuar
from rag_lifelong.errors import EvalError

NAN = math.nan
WORKED = [[0.9, NAN, NAN], [0.8, 0.85, NAN], [0.7, 0.75, 0.8]]
SCORES = arrays(np.float64, (5, 4), elements=st.floats(0, 1))
VECTOR = arrays(np.float64, 4, elements=st.floats(0, 1))


def test_the_worked_matrix():
    found = ContinualMetrics(WORKED)
    assert found.aa.value == pytest.approx((0.7 + 0.75 + 0.8) / 3)
    assert found.aia.value == pytest.approx((0.9 + 0.825 + 0.75) / 3)
    assert found.fgt_survey.value == pytest.approx((0.2 + 0.1) / 2)
    assert found.fgt_chaudhry.value == pytest.approx((0.2 + 0.1) / 2)
    assert found.bwt.value == pytest.approx((-0.2 - 0.1) / 2)


def test_backward_measures_divide_by_the_periods_that_can_be_forgotten():
    # Two of three periods: dividing by three, as TRACE does, would give -0.1 and 0.1.
    found = ContinualMetrics(WORKED)
    assert found.bwt.value == pytest.approx(-0.15)
    assert found.fgt_survey.value == pytest.approx(0.15)


def test_the_last_row_counts_for_the_survey_and_not_for_chaudhry():
    improved = ContinualMetrics([[0.5, NAN, NAN], [0.6, 0.5, NAN], [0.8, 0.4, 0.5]])
    assert improved.fgt_survey.value == pytest.approx((0.0 + 0.1) / 2)
    assert improved.fgt_chaudhry.value == pytest.approx((-0.2 + 0.1) / 2)


def test_rows_before_learning_count_for_chaudhry_and_not_for_the_survey():
    knew_before = ContinualMetrics([[0.5, 0.9, 0.0], [0.5, 0.6, 0.0], [0.5, 0.6, 0.5]])
    assert knew_before.fgt_survey.value == pytest.approx(0.0)
    assert knew_before.fgt_chaudhry.value == pytest.approx((0.0 + 0.3) / 2)


def test_row_0_counts_for_no_forgetting():
    found = ContinualMetrics([[1.0, 1.0], [0.5, 0.0], [0.5, 0.5]])
    assert found.fgt_survey.value == 0
    assert found.fgt_chaudhry.value == 0


def test_the_best_score_may_come_after_learning_so_forgetting_is_not_minus_bwt():
    found = ContinualMetrics([[0.5, NAN, NAN], [0.9, 0.5, NAN], [0.6, 0.5, 0.5]])
    assert found.bwt.value == pytest.approx(0.1 / 2)
    assert found.fgt_survey.value == pytest.approx(0.3 / 2)


def test_fwt_looks_before_learning_and_fwd_after():
    matrix = [[0.1, 0.1, 0.2], [0.9, 0.4, 0.2], [0.9, 0.8, 0.5], [0.9, 0.8, 0.7]]
    found = ContinualMetrics(matrix, single=[0.9, 0.9, 0.9])
    assert found.fwt_gem.value == pytest.approx(((0.4 - 0.1) + (0.5 - 0.2)) / 2)
    assert found.fwd.value == pytest.approx(((0.8 - 0.9) + (0.7 - 0.9)) / 2)


def test_a_baseline_comes_before_row_0():
    matrix = [[0.1, 0.1], [0.9, 0.4], [0.9, 0.8]]
    assert ContinualMetrics(matrix, baseline=[0, 0.3]).fwt_gem.value == pytest.approx(0.1)
    assert ContinualMetrics(matrix[1:], baseline=[0, 0.3]).fwt_gem.value == pytest.approx(0.1)
    assert math.isnan(ContinualMetrics(matrix[1:]).fwt_gem.value)


def test_intransigence_is_what_joint_learning_gets_beyond():
    found = ContinualMetrics(WORKED, joint=[0.9, 0.95, 1.0])
    assert found.intransigence.value == pytest.approx((0.0 + 0.1 + 0.2) / 3)


def test_average_accuracy_is_of_the_last_row_and_the_running_mean_flatters():
    falling = ContinualMetrics([[1.0, NAN], [0.0, 0.0]])
    assert falling.aa.value == 0.0
    assert falling.aia.value == 0.5


def test_what_was_not_given_is_not_defined():
    found = ContinualMetrics(WORKED)
    assert math.isnan(found.fwd.value)
    assert math.isnan(found.intransigence.value)


def test_of_one_period_only_averages_are_defined():
    found = ContinualMetrics([[0.2], [0.6]], joint=[0.7], single=[0.5])
    assert found.aa.value == found.aia.value == 0.6
    assert found.intransigence.value == pytest.approx(0.1)
    for one in (found.bwt, found.fgt_survey, found.fgt_chaudhry, found.fwt_gem, found.fwd):
        assert math.isnan(one.value)


def test_a_score_that_is_needed_and_missing_makes_the_metric_undefined():
    found = ContinualMetrics([[0.9, NAN, NAN], [NAN, 0.8, NAN], [0.7, 0.7, 0.8]])
    assert math.isnan(found.fgt_survey.value)
    assert math.isnan(found.fgt_chaudhry.value)
    assert math.isnan(found.aia.value)
    assert found.bwt.value == pytest.approx(-0.15)


def test_a_period_without_questions_is_left_out():
    with_gap = ContinualMetrics(
        [[0.9, NAN, NAN, NAN], [0.9, NAN, NAN, NAN], [0.8, NAN, 0.85, NAN], [0.7, NAN, 0.75, 0.8]]
    )
    assert with_gap.aa.value == pytest.approx(0.75)
    assert with_gap.bwt.value == pytest.approx(-0.15)
    assert with_gap.fgt_survey.value == pytest.approx(0.15)
    assert with_gap.fgt_chaudhry.value == pytest.approx(0.15)


@given(matrix=SCORES, single=VECTOR, joint=VECTOR)
def test_laws_of_every_matrix(matrix, single, joint):
    found = ContinualMetrics(matrix, single=single, joint=joint)
    assert 0 <= found.aa.value <= 1
    assert 0 <= found.aia.value <= 1
    assert found.fgt_survey.value >= 0
    assert found.fgt_survey.value >= -found.bwt.value - 1e-12
    for one in found.all.values():
        assert -1 <= one.value <= 1
        assert one.definition
        assert one.source


@given(matrix=SCORES)
def test_without_rows_before_learning_the_survey_forgets_no_less_than_chaudhry(matrix):
    learnt = np.where(np.tri(4, dtype=bool), matrix[1:], NAN)
    found = ContinualMetrics(learnt)
    assert found.fgt_survey.value >= found.fgt_chaudhry.value - 1e-12
    assert found.fgt_chaudhry.value >= -found.bwt.value - 1e-12


@given(score=st.floats(0, 1), single=VECTOR)
def test_a_learner_that_never_changes_forgets_and_transfers_nothing(score, single):
    found = ContinualMetrics(np.full((5, 4), score), single=single)
    assert found.aa.value == pytest.approx(score)
    assert found.aia.value == pytest.approx(score)
    for one in (found.bwt, found.fgt_survey, found.fgt_chaudhry, found.fwt_gem):
        assert one.value == pytest.approx(0)


def test_every_metric_is_listed_once():
    found = ContinualMetrics(np.random.default_rng(0).random((4, 3)), single=[0.2] * 3)
    listed = list(found.all.values())
    assert [one.value for one in listed[:-1]] == [
        one.value
        for one in (
            *(found.aa, found.aia, found.fgt_survey, found.fgt_chaudhry),
            *(found.bwt, found.fwt_gem, found.fwd),
        )
    ]
    assert math.isnan(listed[-1].value)
    assert len({one.definition for one in listed}) == len(listed)


@pytest.mark.parametrize(
    ("matrix", "given"),
    [
        ([0.5, 0.5], {}),
        ([[0.5, 0.5]], {}),
        ([[0.5], [0.5], [0.5]], {}),
        (np.empty((0, 0)), {}),
        (np.empty((1, 0)), {}),
        (WORKED, {"baseline": [0.1]}),
        (WORKED, {"single": [0.1] * 4}),
        (WORKED, {"joint": 0.5}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(matrix, given):
    with pytest.raises(EvalError, match="shape"):
        ContinualMetrics(matrix, **given)


def test_fuar_is_what_is_lost_for_what_is_won():
    assert fuar([0.2, 0.1], [0.3], [0.1, 0.2]).value == pytest.approx(0.5)


def test_fuar_does_not_offset_gaps_with_negative_ones():
    assert fuar([0.2, -0.2], [0.4, -0.3], []).value == pytest.approx(0.5)


def test_fuar_without_a_gain_is_not_defined():
    assert math.isnan(fuar([0.2], [-0.1], [0.0]).value)

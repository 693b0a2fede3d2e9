"""Endpoints are the numbers their definitions say."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evals.matrices import r_asof, r_now
from evals.metrics.abstention import abstention
from evals.metrics.calibration import expected_calibration_error
from evals.metrics.continual import ContinualMetrics
from evals.reports.comparisons import difference, estimate, pairing
from evals.reports.endpoints import ENDPOINTS, Endpoint, macro, ratio
from evals.runs import Run
from evals.scoring import Scores, score_run
from tests.evals.reports.runs import T, lagging, mute, right, write_run

BY_NAME: Mapping[str, Endpoint] = {one.name: one for one in ENDPOINTS}


def wavering(question, row, time):
    """Right, stale or silent by chance, and more or less sure of it."""
    chance = random.Random(f"{question.q}/{row}")
    answered = chance.choice([right, lagging])(question, row, time)
    sure = round(chance.random(), 2)
    return replace(answered, confidence=sure, abstained=answered.abstained or sure < 0.2)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scores]:
    behaviours = {"ours": right, "lagging": lagging, "mute": mute, "wavering": wavering}
    return score_run(Run(write_run(tmp_path_factory.mktemp("run"), behaviours)))


@pytest.mark.parametrize(("learner", "expected"), [("ours", 1.0), ("lagging", 0.5), ("mute", 0.0)])
def test_the_first_endpoint_is_the_mean_over_periods_of_new_and_updated(
    scores: dict[str, Scores], learner: str, expected: float
):
    # At the end, four facts of period 2 are updated and four of period 3 new; period 1 rests.
    sample = BY_NAME["fresh_em"].draw(scores[learner], T)
    assert set(sample.scores.labels["cohort"]) == {"new", "updated"}
    assert sample.estimate == pytest.approx(expected)


@pytest.mark.parametrize("learner", ["ours", "lagging", "mute", "wavering"])
def test_backward_transfer_and_accuracy_agree_with_the_matrix(
    scores: dict[str, Scores], learner: str
):
    found = ContinualMetrics(r_asof(scores[learner], n_periods=T))
    drawn = {name: BY_NAME[name].draw(scores[learner], T).estimate for name in BY_NAME}
    assert drawn["bwt"] == pytest.approx(found.bwt.value)
    assert drawn["average_accuracy"] == pytest.approx(found.aa.value)


def test_a_period_with_one_fact_alone_has_no_interval(scores: dict[str, Scores]):
    fresh = BY_NAME["fresh_em"]
    facts = scores["ours"].labels["cluster"]
    one_of_each = {f"{seed}/Person {person}/post" for seed in (0, 1) for person in (1, 2)}
    few = [scores[name].where(np.isin(facts, list(one_of_each))) for name in ("ours", "lagging")]
    one, other = (fresh.draw(each.only(seed=0), T) for each in few)
    assert one.values.size
    for found in (estimate(fresh, one), difference(fresh, one, other)):
        assert np.isfinite(found.value)
        assert np.isnan(found.low)
        assert "one fact alone" in found.note


def test_abstention_f1_agrees_with_the_metric(scores: dict[str, Scores]):
    for one in scores.values():
        end = one.only(row=T)
        f1 = abstention((end["abstained"] == 1).tolist(), (end["answerable"] == 1).tolist()).f1
        assert BY_NAME["abstention_f1"].draw(one, T).estimate == pytest.approx(f1)


def test_calibration_error_agrees_with_the_metric(scores: dict[str, Scores]):
    for name in ("ours", "lagging", "wavering"):
        end = scores[name].only(row=T)
        error = expected_calibration_error(end["confidence"], end["em_said"])
        assert BY_NAME["ece"].draw(scores[name], T).estimate == pytest.approx(error)


def test_staleness_is_of_questions_with_a_superseded_value(scores: dict[str, Scores]):
    sample = BY_NAME["staleness"].draw(scores["lagging"], T)
    assert sample.estimate == 1
    assert len(sample.values) == 8 * 2 * 2


def test_lag_counts_periods_until_an_update_is_known(scores: dict[str, Scores]):
    assert BY_NAME["lag"].draw(scores["ours"], T).estimate == 0
    # Never, of updates after period 2 (two rows are left) and after period 3 (one is).
    assert BY_NAME["lag"].draw(scores["lagging"], T).estimate == pytest.approx(1.5)


def test_what_was_not_measured_has_no_value(scores: dict[str, Scores]):
    for name in ("er5", "ece"):
        assert np.isnan(estimate(BY_NAME[name], BY_NAME[name].draw(scores["mute"], T)).value)


def test_a_large_period_counts_no_more_than_a_small_one(scores: dict[str, Scores]):
    four = scores["ours"].where(np.arange(len(scores["ours"])) < 4)
    sample = macro(np.array([1.0, 1, 0, 0]), np.array([1, 1, 1, 2], object), four)
    assert sample.estimate == pytest.approx((2 / 3 + 0) / 2)


def test_a_ratio_s_influence_values_have_its_value_and_spread(scores: dict[str, Scores]):
    rng = np.random.default_rng(0)
    above, below = rng.random(50), rng.random(50) + 0.5
    all_ = scores["ours"].where(np.arange(len(scores["ours"])) < 50)
    sample = ratio(above, below, all_)
    assert sample.estimate == pytest.approx(above.sum() / below.sum())
    drawn = rng.integers(0, 50, (4000, 50))
    direct = above[drawn].sum(axis=1) / below[drawn].sum(axis=1)
    linear = sample.values[drawn].mean(axis=1)
    assert linear.std() == pytest.approx(direct.std(), rel=0.05)


def test_intervals_hold_their_value_and_stay_within_what_can_be(scores: dict[str, Scores]):
    for endpoint in ENDPOINTS:
        low, high = endpoint.limits
        found = estimate(endpoint, endpoint.draw(scores["wavering"], T))
        assert low <= found.low <= found.value <= found.high <= high, endpoint.name
        assert found.n_clusters > 1


def test_a_difference_to_itself_is_nothing(scores: dict[str, Scores]):
    sample = BY_NAME["fresh_em"].draw(scores["wavering"], T)
    found = difference(BY_NAME["fresh_em"], sample, sample)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_differences_are_paired_by_question(scores: dict[str, Scores]):
    endpoint = BY_NAME["average_accuracy"]
    one, other = (endpoint.draw(scores[name], T) for name in ("wavering", "ours"))
    shuffled = np.random.default_rng(0).permutation(len(other.values))
    again = replace(other, values=other.values[shuffled], scores=other.scores.where(shuffled))
    assert difference(endpoint, one, again) == difference(endpoint, one, other)
    assert difference(endpoint, one, other).value == pytest.approx(one.estimate - other.estimate)


def test_mcnemar_counts_each_question_once(scores: dict[str, Scores]):
    draw = BY_NAME["fresh_em"].draw
    found = pairing(draw(scores["lagging"], T).scores, draw(scores["ours"], T).scores)
    # Four updated facts in each of two generated worlds, whatever the number of wordings.
    assert (found.only_first, found.only_second) == (0, 4 * 2)
    assert found.p == pytest.approx(2 * 0.5**8)


def test_the_standing_matrix_is_no_part_of_forgetting(scores: dict[str, Scores]):
    assert ContinualMetrics(r_now(scores["lagging"], n_periods=T)).bwt.value == -1
    assert BY_NAME["bwt"].draw(scores["lagging"], T).estimate == 0

"""Scores become matrices."""

from __future__ import annotations

import numpy as np
import pytest

from evals.matrices import r_asof, r_now, update_matrix
from evals.runs import Run
from evals.scoring import Scores, score_run
from tests.evals.reports.runs import T, questions, write_run

NAN = np.nan


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scores]:
    asked = [q for q in questions() if q.example.example_id != "nobody"]
    return score_run(Run(write_run(tmp_path_factory.mktemp("run"), asked=asked)))


def test_whoever_is_told_everything_is_right_from_the_diagonal_on(scores: dict[str, Scores]):
    expected = np.tril(np.ones((T, T)))
    np.testing.assert_array_equal(
        r_asof(scores["ours"], n_periods=T), np.vstack([np.zeros(T), expected])
    )


def test_whoever_keeps_the_first_value_is_right_about_the_first_values_alone(
    scores: dict[str, Scores],
):
    # Periods 2 and 3 have as many second values as first ones.
    np.testing.assert_array_equal(
        r_asof(scores["lagging"], n_periods=T),
        [[0, 0, 0], [1, 0, 0], [1, 0.5, 0], [1, 0.5, 0.5]],
    )


def test_standing_questions_are_not_asked_before_their_fact_is_told(scores: dict[str, Scores]):
    np.testing.assert_array_equal(
        r_now(scores["lagging"], n_periods=T),
        [[NAN, NAN, NAN], [1, NAN, NAN], [0, 1, NAN], [0, 0, 1]],
    )


def test_an_update_is_followed_through_later_rows(scores: dict[str, Scores]):
    np.testing.assert_array_equal(
        update_matrix(scores["ours"], n_periods=T),
        [[NAN, NAN, NAN], [NAN, NAN, NAN], [NAN, 1, NAN], [NAN, 1, 1]],
    )
    assert np.nansum(update_matrix(scores["lagging"], n_periods=T)) == 0


def test_cells_are_of_the_measure_asked_for(scores: dict[str, Scores]):
    stale = r_now(scores["lagging"], n_periods=T, measure="stale")
    np.testing.assert_array_equal(stale[T], [1, 1, NAN])

"""Update lag on worked columns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evals.metrics.lag import update_lag
from rag_lifelong.errors import EvalError

NAN = math.nan


def test_lags_are_counted_from_the_period_that_told_of_the_update():
    found = update_lag([[0.0, 1.0, 0.0], [0.4, 0.3, 0.0], [0.6, 0.5, 0.2]])
    assert found.by_period == (2, 1, None)
    assert found.n_never == 1
    assert found.mean == pytest.approx((2 + 1 + 1) / 3)


def test_row_0_does_not_count():
    assert update_lag([[0.9, 0.9], [0.1, 0.9], [0.9, 0.1]]).by_period == (1, None)


def test_half_is_enough_and_a_higher_share_takes_longer():
    matrix = [[0.5, 0.0], [1.0, 1.0]]
    assert update_lag(matrix).by_period == (0, 0)
    assert update_lag(matrix, share=0.9).by_period == (1, 0)


def test_a_period_without_updates_does_not_count():
    found = update_lag([[0.9, NAN], [0.9, NAN]])
    assert found.by_period == (0, None)
    assert (found.mean, found.n_never) == (0.0, 0)
    assert math.isnan(update_lag([[NAN]]).mean)


@given(arrays(np.float64, (4, 4), elements=st.floats(0, 1)), st.floats(0.1, 1))
def test_being_more_often_right_is_never_slower(matrix, share):
    worse, better = update_lag(matrix, share=share), update_lag(np.sqrt(matrix), share=share)
    assert better.mean <= worse.mean
    assert better.n_never <= worse.n_never
    assert update_lag(np.ones((4, 4)), share=share).mean == 0


@pytest.mark.parametrize(
    ("matrix", "share"),
    [([[1.0], [1.0], [1.0]], 0.5), ([1.0], 0.5), ([[]], 0.5), ([[1.0]], 0.0), ([[1.0]], 1.1)],
)
def test_what_makes_no_sense_is_refused(matrix, share):
    with pytest.raises(EvalError):
        update_lag(matrix, share=share)

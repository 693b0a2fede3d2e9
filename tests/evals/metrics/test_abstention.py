"""Refusing, against scikit-learn and on its extremes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from evals.metrics.abstention import abstention
from rag_lifelong.errors import EvalError

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_it_is_classification_with_refusal_as_the_class(pairs):
    abstained, answerable = (list(column) for column in zip(*pairs, strict=True))
    found = abstention(abstained, answerable)
    unanswerable = [not known for known in answerable]
    precision, recall, f1, _ = precision_recall_fscore_support(
        unanswerable, abstained, average="binary", zero_division=math.nan
    )
    expected = (precision, recall, f1)
    assert (found.precision, found.recall, found.f1) == pytest.approx(expected, nan_ok=True)


def test_refusing_all_has_full_recall_and_refuses_too_much():
    found = abstention([True] * 4, [True, True, True, False])
    assert (found.precision, found.recall, found.over_refusal) == (0.25, 1.0, 1.0)


def test_refusing_nothing_has_no_precision():
    found = abstention([False] * 3, [True, True, False])
    assert math.isnan(found.precision)
    assert (found.recall, found.f1, found.over_refusal) == (0.0, 0.0, 0.0)


def test_over_refusal_is_a_share_of_what_could_be_answered():
    assert abstention([True, False, True], [True, True, False]).over_refusal == 0.5
    assert math.isnan(abstention([True], [False]).over_refusal)


def test_answers_and_questions_must_pair():
    with pytest.raises(EvalError):
        abstention([True], [True, False])

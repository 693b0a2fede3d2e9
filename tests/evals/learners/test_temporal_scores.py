"""Published scores: that each ranks as its formula says, pitfalls included."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from evals.learners.temporal_scores import (
    YearConstraint,
    YearRelation,
    chronos,
    half_life,
    mrag,
    tempralm,
    without_order,
    year_coefficient,
    year_constraint,
    years_in,
)
from rag_lifelong.retrieval.time_grammar import parse_time_intent

ASKED = datetime(2021, 5, 6, tzinfo=UTC)


def constraint(question: str) -> YearConstraint | None:
    return year_constraint(parse_time_intent(question, asked_at=ASKED))


def test_half_life_halves_the_prior_at_each_half_life():
    scores = half_life(np.zeros(3), np.array([0.0, 14.0, 28.0]))
    np.testing.assert_allclose(scores, [0.3, 0.15, 0.075])


def test_half_life_of_days_sees_no_difference_between_years():
    one_year, two_years = half_life(np.zeros(2), np.array([365.0, 730.0]))
    assert one_year - two_years < 1e-6


def test_tempralm_goes_by_similarity_among_equally_old():
    scores = tempralm(np.array([0.2, 0.9, 0.5]), np.full(3, 30.0))
    assert np.argsort(-scores).tolist() == [1, 2, 0]


def test_tempralm_is_the_same_in_any_unit_of_time():
    similar, age = np.array([0.5, 0.6, 0.9]), np.array([20.0, 90.0, 400.0])
    in_days = tempralm(similar, age)
    np.testing.assert_allclose(tempralm(similar, 24 * age, least_days=24.0), in_days)


def test_tempralm_gives_nearly_all_the_bonus_to_one_of_the_day_before():
    bonus = tempralm(np.array([0.4, 0.4, 0.8, 0.8]), np.array([1.0, 100.0, 200.0, 300.0]))
    assert np.argmax(bonus) == 0
    assert bonus[2] - bonus[3] == pytest.approx(0, abs=0.01)


def test_tempralm_counts_nothing_that_is_later():
    assert np.isneginf(tempralm(np.array([1.0]), np.array([-1.0]))).all()
    assert tempralm(np.array([0.5]), np.array([3.0])).tolist() == [1.0]


def test_chronos_tells_apart_by_similarity_inside_the_interval():
    assert chronos(np.array([0.4, 0.8]), np.zeros(2)).round(2).tolist() == [0.55, 0.85]


def test_mrag_with_base_one_is_similarity():
    assert mrag(np.array([0.5]), np.array([0.6]), base=1.0).tolist() == [0.5]


@pytest.mark.parametrize(
    ("question", "relation", "years"),
    [
        ("Who was mayor before March 2019?", "before", (2019,)),
        ("Who was mayor as of 6 May 2019?", "before", (2019,)),
        ("Who was mayor until 2019?", "before", (2019,)),
        ("Who was mayor after 2019?", "after", (2019,)),
        ("Who has been mayor since 2019?", "after", (2019,)),
        ("Who was mayor between 2010 and 2015?", "between", (2010, 2015)),
        ("Who was mayor from 2010 to 2015?", "between", (2010, 2015)),
        ("Who was mayor before last year?", "before", (2019,)),
    ],
)
def test_relation_and_years_are_read_from_the_question(question, relation, years):
    found = constraint(question)
    assert found is not None
    assert (found.relation.value, found.years, found.wants_first) == (relation, years, False)


@pytest.mark.parametrize(
    "question",
    [
        "Who was mayor in 2019?",
        "Who was mayor on 6 May 2019?",
        "Who is the mayor?",
        "Who was the mayor?",
    ],
)
def test_questions_that_mrag_does_not_weigh_have_no_constraint(question):
    assert constraint(question) is None


def test_first_reverses_the_line():
    found = constraint("Who was the first mayor after 2000?")
    assert found is not None
    assert found.wants_first
    assert year_coefficient([2000, 2020], found) == 1.0
    assert year_coefficient([2050], found) == pytest.approx(0.6)


def test_after_rises_away_from_the_year_named():
    found = YearConstraint(relation=YearRelation.AFTER, years=(2000,))
    assert year_coefficient([2000], found) == pytest.approx(0.6)
    assert year_coefficient([2000, 2025], found) == pytest.approx(0.8)
    assert year_coefficient([2051], found) == 0.5


def test_between_takes_the_last_year_inside():
    found = YearConstraint(relation=YearRelation.BETWEEN, years=(2010, 2015))
    assert year_coefficient([2012, 2015, 2019], found) == 1.0
    assert year_coefficient([2009, 2019], found) == 0.5


def test_order_words_are_not_embedded_and_others_are():
    assert without_order("Who was the latest mayor of Firstville?") == (
        "Who was the mayor of Firstville?"
    )


def test_years_are_numbers_of_four_digits_alone():
    assert years_in("In 999 and 2019, 12019 people, 2100 cats and 1066.") == (2019, 1066)

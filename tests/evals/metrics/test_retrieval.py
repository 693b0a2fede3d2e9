"""Ranking scores against pytrec_eval, against the formulas, and on extremes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics.retrieval import answer_recall, rank_scores, temporal_gains
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, instant_interval, month_interval, year_interval

DOCS = [f"d{i}" for i in range(8)]
RANKED = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3"]), st.lists(st.sampled_from(DOCS), unique=True), min_size=1
)
RELEVANT = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3"]),
    st.sets(st.sampled_from(DOCS), min_size=1).map(lambda docs: dict.fromkeys(docs, 1.0)),
    min_size=1,
)
START = datetime(2020, 1, 1, tzinfo=UTC)


def days(first: int, last: int) -> Interval:
    return Interval(START + timedelta(days=first), START + timedelta(days=last))


@settings(max_examples=60, deadline=None)
@given(ranked=RANKED, relevance=RELEVANT)
def test_scores_are_those_of_trec_eval(ranked, relevance):
    found = rank_scores(ranked, relevance, k=5)
    evaluator = pytrec_eval.RelevanceEvaluator(
        {q: dict.fromkeys(docs, 1) for q, docs in relevance.items()},
        {"recall.5", "success.5", "ndcg_cut.5"},
    )
    run = {q: {doc: 100.0 - i for i, doc in enumerate(docs)} for q, docs in ranked.items()}
    theirs = evaluator.evaluate(run)
    assert found.keys() == relevance.keys()
    for question, scores in found.items():
        expected = theirs.get(question, {"recall_5": 0, "success_5": 0, "ndcg_cut_5": 0})
        assert scores.recall == pytest.approx(expected["recall_5"])
        assert scores.hit == pytest.approx(expected["success_5"])
        assert scores.ndcg == pytest.approx(expected["ndcg_cut_5"])


def test_a_ranking_worked_by_hand():
    found = rank_scores({"q": ["x", "b", "y", "a"]}, {"q": {"a": 1.0, "b": 1.0, "c": 1.0}}, k=3)[
        "q"
    ]
    assert found.hit == 1
    assert found.recall == pytest.approx(1 / 3)
    assert found.reciprocal_rank == pytest.approx(1 / 2)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found.ndcg == pytest.approx(1 / math.log2(3) / best)


def test_what_lies_beyond_k_does_not_count():
    found = rank_scores({"q": ["x", "y", "a"]}, {"q": {"a": 1.0}}, k=2)["q"]
    assert (found.hit, found.recall, found.reciprocal_rank, found.ndcg) == (0, 0, 0, 0)


def test_a_perfect_ranking_scores_one_and_an_empty_one_nothing():
    relevance = {"good": {"a": 1.0, "b": 1.0}, "empty": {"a": 1.0}, "missing": {"a": 1.0}}
    found = rank_scores({"good": ["b", "a", "x"], "empty": []}, relevance, k=5)
    best = found["good"]
    assert (best.hit, best.recall, best.reciprocal_rank, best.ndcg) == (1, 1, 1, 1)
    for question in ("empty", "missing"):
        worst = found[question]
        assert (worst.hit, worst.recall, worst.reciprocal_rank, worst.ndcg) == (0, 0, 0, 0)


def test_questions_without_a_relevant_document_have_no_scores():
    assert rank_scores({"q": ["a"]}, {"q": {}}, k=5) == {}
    assert rank_scores({"q": ["a"]}, {"q": {"a": 0.0}}, k=5) == {}


def test_a_document_found_twice_stands_at_its_best_place():
    found = rank_scores({"q": ["x", "x", "a", "x", "b"]}, {"q": {"a": 1.0, "b": 1.0}}, k=3)["q"]
    assert found.reciprocal_rank == 1 / 2
    assert found.recall == 1


def test_the_order_of_equals_is_the_ranking_not_the_name():
    assert rank_scores({"q": ["z", "a"]}, {"q": {"z": 1.0}}, k=1)["q"].hit == 1
    assert rank_scores({"q": ["a", "z"]}, {"q": {"a": 1.0}}, k=1)["q"].hit == 1


def test_ndcg_takes_graded_gains_whatever_their_scale():
    graded = rank_scores({"q": ["low", "high"]}, {"q": {"high": 0.9, "low": 0.3}}, k=2)["q"]
    expected = (0.3 + 0.9 / math.log2(3)) / (0.9 + 0.3 / math.log2(3))
    assert graded.ndcg == pytest.approx(expected, abs=1e-3)
    tiny = rank_scores({"q": ["low", "high"]}, {"q": {"high": 9e-8, "low": 3e-8}}, k=2)["q"]
    assert tiny.ndcg == pytest.approx(graded.ndcg)


@pytest.mark.parametrize(("gain", "k"), [(1.5, 5), (-0.1, 5), (math.nan, 5), (1.0, 0)])
def test_what_makes_no_sense_is_refused(gain, k):
    with pytest.raises(EvalError):
        rank_scores({"q": ["a"]}, {"q": {"a": gain}}, k=k)


def test_temporal_gain_is_the_jaccard_index_of_the_times():
    focus = {
        "same": days(10, 20),
        "half": days(15, 25),
        "inside": days(10, 12),
        "around": days(0, 40),
        "touching": days(20, 30),
        "before": days(0, 5),
    }
    assert temporal_gains(days(10, 20), focus) == pytest.approx(
        {"same": 1.0, "half": 1 / 3, "inside": 0.2, "around": 0.25}
    )


def test_temporal_ndcg_prefers_the_document_about_the_time_asked_about():
    window = month_interval(2021, 3)
    focus = {"month": month_interval(2021, 3), "year": year_interval(2021)}
    gains = {"q": temporal_gains(window, focus)}
    right_first = rank_scores({"q": ["month", "year"]}, gains, k=2)["q"].ndcg
    assert right_first == 1
    assert rank_scores({"q": ["year", "month"]}, gains, k=2)["q"].ndcg < 0.75


def test_an_instant_asked_about_still_grades():
    window = instant_interval(START)
    gains = {"q": temporal_gains(window, {"month": days(0, 30), "year": days(0, 365)})}
    assert rank_scores({"q": ["year", "month"]}, gains, k=2)["q"].ndcg < 0.75


def test_an_empty_time_fits_nothing():
    assert temporal_gains(days(3, 3), {"a": days(3, 3), "b": days(0, 9)}) == {}


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.integers(1, 50))
def test_temporal_gain_is_symmetric_and_in_bounds(start, length, other_start, other_length):
    one, other = days(start, start + length), days(other_start, other_start + other_length)
    gain = temporal_gains(one, {"d": other}).get("d", 0.0)
    assert gain == temporal_gains(other, {"d": one}).get("d", 0.0)
    assert 0 <= gain <= 1
    assert (gain > 0) == one.intersects(other)
    assert temporal_gains(one, {"d": one}) == {"d": 1.0}


def test_answer_recall_looks_at_the_first_k_texts_for_whole_answers():
    texts = ["Parisian fashion", "The capital is Paris.", "Rome"]
    assert not answer_recall(texts, ["Paris"], k=1)
    assert answer_recall(texts, ["Paris"], k=2)
    assert answer_recall(texts, ["Oslo", "Rome"], k=3)
    assert not answer_recall([], ["Paris"], k=3)

"""Stale answers, conflicting evidence, harm and Latest@k on worked cases."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.answers import strict_match
from evals.metrics.staleness import (
    conflict_rate,
    conflicts,
    harm_score,
    latest_at_k,
    stale,
    staleness_rate,
)
from evals.types import Fact
from rag_lifelong.errors import EvalError

VALUES = st.lists(st.sampled_from(["Ada Byrne", "Tom Ruiz", "Ruiz", "May 2020"]), max_size=3)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def fact(value: str, start: int, end: int | None, *doc_ids: str, subject: str = "Orla") -> Fact:
    return Fact(
        subject=subject,
        relation="mayor",
        value=value,
        valid_from=year(start),
        valid_to=None if end is None else year(end),
        doc_ids=doc_ids,
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Tom Ruiz", True),
        ("It is still Tom Ruiz.", True),
        ("tom ruiz", True),
        ("Ada Byrne", False),
        ("Ada Byrne, who followed Tom Ruiz", False),
        ("Cleo Marsh", False),
        ("", False),
    ],
)
def test_stale_is_naming_an_old_value_and_no_current_one(said: str, expected: bool):
    assert stale(said, ["Ada Byrne"], ["Tom Ruiz"]) is expected


def test_an_old_value_of_a_fact_that_has_ended_is_stale():
    assert stale("Tom Ruiz", [], ["Tom Ruiz"])


def test_a_value_that_holds_again_is_not_stale():
    assert not stale("Zoe", ["Zoë"], ["Zoe"])


def test_the_longer_value_decides_which_is_named():
    assert stale("Northgate United", ["Northgate"], ["Northgate United"])
    assert not stale("Northgate United", ["Northgate United"], ["Northgate"])


@given(said=VALUES.map(" and ".join), answers=VALUES, superseded=VALUES)
def test_nothing_is_both_stale_and_strictly_right(said, answers, superseded):
    assert not (stale(said, answers, superseded) and strict_match(said, answers, superseded))


def test_the_rate_over_updates_is_not_thinned_by_what_never_changed():
    is_stale = [True, False, False, False, False]
    assert staleness_rate(is_stale) == pytest.approx(0.2)
    assert staleness_rate(is_stale, given=[True, True, False, False, False]) == 0.5
    assert math.isnan(staleness_rate(is_stale, given=[False] * 5))
    assert math.isnan(staleness_rate([]))


def test_answers_and_questions_must_pair():
    with pytest.raises(EvalError):
        staleness_rate([True], given=[True, False])


def test_abstaining_is_better_than_a_wrong_answer_and_worse_than_a_right_one():
    assert harm_score(right=True, abstained=False) == 1
    assert harm_score(right=True, abstained=True) == 1
    assert harm_score(right=False, abstained=True) == 0
    assert harm_score(right=False, abstained=False) == -1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (fact("Tom", 2015, 2020, "a"), fact("Ada", 2020, None, "b"), True),
        (fact("Tom", 2015, 2018, "a"), fact("Ada", 2020, 2022, "b"), True),
        (fact("Tom", 2015, 2021, "a"), fact("Ada", 2020, None, "b"), False),
        (fact("Tom", 2015, 2020, "a"), fact("tom", 2020, None, "b"), False),
        (fact("Tom", 2015, 2020, "a"), fact("Ada", 2020, None, "c"), False),
        (fact("Tom", 2015, 2020, "a"), fact("Ada", 2020, None, "b", subject="Elm"), False),
    ],
    ids=["successive", "apart", "at once", "same value", "not retrieved", "another fact"],
)
def test_evidence_conflicts_if_it_states_values_of_different_times(one, other, expected):
    assert conflicts(["a", "b"], [one, other]) is expected
    assert conflicts(["b", "a"], [other, one]) is expected


def test_one_document_can_conflict_with_itself():
    assert conflicts(["a"], [fact("Tom", 2015, 2020, "a"), fact("Ada", 2020, None, "a")])


def test_conflict_rate_is_the_share_of_questions():
    history = [fact("Tom", 2015, 2020, "a"), fact("Ada", 2020, None, "b")]
    assert conflict_rate([(["a", "b"], history), (["a"], history), ([], history)]) == 1 / 3
    assert math.isnan(conflict_rate([]))


def test_latest_at_k_wants_the_newest_and_takes_any_as_new():
    dates = {"old": year(2019), "new": year(2021), "as new": year(2021)}
    assert not latest_at_k(["old", "other", "new"], dates, k=2)
    assert latest_at_k(["old", "other", "new"], dates, k=3)
    assert latest_at_k(["as new"], dates, k=1)
    assert not latest_at_k([], dates, k=1)


def test_latest_at_k_needs_something_relevant():
    with pytest.raises(EvalError):
        latest_at_k(["a"], {}, k=1)

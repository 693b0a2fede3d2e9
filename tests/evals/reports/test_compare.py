"""Two learners are compared question by question."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.reports.compare import Comparison, compare
from rag_lifelong.errors import EvalError
from tests.evals.reports.runs import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def found(run: Path) -> Comparison:
    return compare(run, "lagging", "ours")


def test_the_difference_is_paired_and_has_an_interval(found: Comparison):
    assert found.difference.value == pytest.approx(-16 / 33)
    assert found.difference.low < found.difference.value < found.difference.high < 0
    assert found.first_mean.value - found.second_mean.value == pytest.approx(found.difference.value)


def test_each_question_counts_once_for_mcnemar(found: Comparison):
    assert (found.mcnemar.only_first, found.mcnemar.only_second) == (0, 16 * 2)


def test_cohorts_and_forms_are_told_apart(found: Comparison):
    cohorts = {part.name: part for part in found.cohorts}
    assert cohorts["new"].difference.value == 0
    assert cohorts["updated"].difference.value == -1
    assert sum(part.n for part in found.cohorts) == sum(part.n for part in found.forms) == 33 * 4


def test_the_questions_they_differ_on_are_told_with_both_answers(found: Comparison):
    assert len(found.differing) == 16
    for one in found.differing:
        assert one.second_said in one.answers
        assert one.first_said in one.superseded


def test_the_other_way_round_the_sign_turns(run: Path, found: Comparison):
    back = compare(run, "ours", "lagging")
    assert back.difference.value == pytest.approx(-found.difference.value)
    assert back.mcnemar.p == found.mcnemar.p


def test_another_metric_can_be_compared(run: Path):
    stale = compare(run, "lagging", "ours", metric="stale")
    assert stale.difference.value == 1
    assert {one.first_score for one in stale.differing} == {1}


def test_what_is_not_there_is_named(run: Path):
    with pytest.raises(EvalError, match="no learner 'bm25'"):
        compare(run, "ours", "bm25")
    with pytest.raises(EvalError, match="no metric 'bleu'"):
        compare(run, "ours", "mute", metric="bleu")

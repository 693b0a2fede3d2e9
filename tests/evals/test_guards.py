"""Guards fire when they must, and only then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.guards import date_pairs, leak, reordered, swapped_dates
from evals.runs import Answered, Run
from evals.scoring import Scores, score_run
from evals.types import Form
from tests.evals.reports.runs import ROW_TIMES, T, lagging, questions, right, swapped, write_run


def clairvoyant(question, row, time):
    """Knows the next period's facts before they are told."""
    return right(question, row, ROW_TIMES[min(row + 1, T)] if row else time)


def omniscient(question, row, time):
    """Read everything before anything was told."""
    return right(question, row, ROW_TIMES[T])


def guessing(question, row, time):
    """Gives one answer to everything, which some facts have."""
    return Answered(q=question.q, said="ferryman")


def scored(folder: Path, **behaviours) -> dict[str, Scores]:
    return score_run(
        Run(write_run(folder, {n.replace("__", "@"): b for n, b in behaviours.items()}))
    )


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scores]:
    folder = tmp_path_factory.mktemp("run")
    return scored(
        folder,
        ours=right,
        lagging=lagging,
        clairvoyant=clairvoyant,
        omniscient=omniscient,
        guessing=guessing,
    )


def test_the_leak_detector_fires_on_a_learner_that_looks_a_period_ahead(
    scores: dict[str, Scores],
):
    found = leak(scores["clairvoyant"], n_periods=T)
    assert found.future > found.before == 0
    assert found.p < 0.01


def test_the_leak_detector_fires_on_a_learner_that_read_everything_at_once(
    scores: dict[str, Scores],
):
    found = leak(scores["omniscient"], n_periods=T)
    assert found.before == found.future == 1
    assert found.p < 0.001


@pytest.mark.parametrize("name", ["ours", "lagging", "guessing"])
def test_the_leak_detector_is_silent_about_the_honest_and_the_guessing(
    scores: dict[str, Scores], name: str
):
    found = leak(scores[name], n_periods=T)
    assert found.n_facts == 16
    assert found.p > 0.5


def test_without_a_row_between_nothing_is_tested(scores: dict[str, Scores]):
    first = scores["clairvoyant"].only(period=1)
    found = leak(first, n_periods=T)
    assert found.n_facts == 0
    assert np.isnan(found.p)


def test_pairs_are_of_one_fact_as_of_dates_with_other_answers():
    asked = questions(6)
    pairs = date_pairs(asked)
    assert len(pairs) == 4
    for first, second in pairs:
        assert first.example.cluster == second.example.cluster
        assert first.example.window.start < second.example.window.start
    same = [swapped(q, answers=("one",)) for q in asked]
    assert date_pairs(same) == ()
    assert date_pairs([swapped(q, form=Form.BEFORE) for q in asked]) == ()


def test_whoever_does_not_read_the_date_answers_both_alike(scores: dict[str, Scores]):
    pairs = {seed: date_pairs(questions()) for seed in (0, 1)}
    reads = swapped_dates(scores["ours"], pairs, row=T)
    blind = swapped_dates(scores["lagging"], pairs, row=T)
    assert (reads.n_pairs, reads.same_answer, reads.both_right) == (8 * 2 * 2, 0, 1)
    assert (blind.same_answer, blind.both_right) == (1, 0)


def test_silence_to_both_is_no_same_answer(tmp_path: Path):
    def silent(question, row, time):
        return replace(lagging(question, row, time), abstained=True)

    pairs = {seed: date_pairs(questions()) for seed in (0, 1)}
    assert swapped_dates(scored(tmp_path, silent=silent)["silent"], pairs, row=T).same_answer == 0


def test_another_order_that_changes_answers_is_seen(scores: dict[str, Scores]):
    found = reordered(scores["lagging"], scores["ours"], row=T)
    assert (found.learner, found.base) == ("lagging", "ours")
    assert found.n == 33 * 4
    assert found.changed == pytest.approx(16 / 33)
    assert found.em_difference == pytest.approx(-16 / 33)
    assert reordered(scores["ours"], scores["ours"], row=T).changed == 0

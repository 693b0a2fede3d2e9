"""Evidence is told date by date, and beside that for the same question with another date."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from evals.reports.evidence import Found, found_by_date
from evals.reports.perturbed import Drop, drops
from evals.reports.report import write_report
from evals.runs import Answered, Question, Run
from evals.scoring import score_run
from evals.types import EvidenceLine
from tests.evals.reports.runs import BEHAVIOURS, questions, swapped, write_run


@pytest.fixture(scope="module")
def by_date(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Found]:
    run = Run(write_run(tmp_path_factory.mktemp("run")))
    return {(f.learner, f.kind, f.at): f for f in found_by_date(run, score_run(run))}


def test_each_date_has_its_own_estimate_and_all_together_one(
    by_date: dict[tuple[str, str, str], Found],
):
    told = [at for learner, kind, at in by_date if (learner, kind) == ("ours", "now")]
    assert told == ["quarter 1", "quarter 2", "quarter 3", ""]

    right = by_date["ours", "now", "quarter 3"].estimates
    assert (right["er1"].value, right["stale_above_gold"].value) == (1, 0)
    # Twelve facts in each of two worlds.
    assert right["er1"].n_clusters == 24
    each = [by_date["ours", "now", at].n for at in told[:-1]]
    assert by_date["ours", "now", ""].n == sum(each)


def test_who_finds_the_old_first_is_seen_to(by_date: dict[tuple[str, str, str], Found]):
    first, second, third = (by_date["lagging", "now", f"quarter {i}"].estimates for i in (1, 2, 3))
    assert first["er1"].value == 1
    assert math.isnan(first["stale_above_gold"].value)
    assert (second["stale_above_gold"].value, third["stale_above_gold"].value) == (1, 1)
    # Eight of the twelve have moved by then.
    assert third["er1"].value == pytest.approx(1 / 3)
    assert third["er5"].value == 1
    assert third["stale"].value == 1
    assert third["er1"].low < third["er1"].value < third["er1"].high


def test_who_shows_nothing_has_no_evidence_to_measure(by_date: dict[tuple[str, str, str], Found]):
    estimates = by_date["mute", "now", "quarter 3"].estimates
    assert math.isnan(estimates["er1"].value)
    assert estimates["stale"].value == 0


def twins() -> list[Question]:
    """Every question as of the first value, and itself with the date of the second."""
    by_id = {q.example.example_id: q for q in questions() if q.kind == "asof"}
    pairs = [
        (one, swapped(other, example_id=f"{name}~", perturbs=name))
        for name, one in by_id.items()
        if name.endswith("-0") and (other := by_id.get(f"{name[:-1]}1"))
    ]
    return [
        Question(q=q, kind="asof", row=None, period=one.period, example=one.example)
        for q, one in enumerate(one for pair in pairs for one in pair)
    ]


def deaf_to_dates(question: Question, row: int, time: object) -> Answered:
    """The document and value of the first date, whichever is asked about."""
    fact = question.example.facts[0]
    text = f"{fact.subject} is {fact.value}."
    line = EvidenceLine(doc_id=fact.doc_ids[0], date="2031-01-01", text=text, score=1)
    return Answered(q=question.q, said=fact.value, evidence=(line,))


def test_who_does_not_read_dates_drops_from_all_to_nothing_and_who_does_not_at_all(
    tmp_path: Path,
):
    asked = twins()
    run = Run(write_run(tmp_path, BEHAVIOURS | {"deaf": deaf_to_dates}, asked=asked))
    found: dict[tuple[str, str], Drop] = {
        (d.learner, d.measure): d for d in drops(run, score_run(run))
    }

    deaf, ours = found["deaf", "er1"], found["ours", "er1"]
    # Two seeds and two wordings of each pair.
    assert deaf.n_pairs == ours.n_pairs == 4 * len(asked) // 2
    assert (deaf.original, deaf.swapped, deaf.drop.value) == (1, 0, 1)
    assert (ours.original, ours.swapped, ours.drop.value) == (1, 1, 0)
    assert (deaf.both, ours.both) == (0, 1)
    assert found["deaf", "answer_recall1"].drop.value == 1
    assert found["mute", "er1"].n_pairs == 0


def test_a_question_whose_twin_was_not_asked_is_in_no_pair(tmp_path: Path):
    asked = twins()
    run = Run(write_run(tmp_path, asked=[asked[0], *asked[3:]]))

    (em,) = {d.n_pairs for d in drops(run, score_run(run)) if d.measure == "em"}
    assert em == 4 * (len(asked) // 2 - 2)


def test_without_twins_there_is_no_drop(tmp_path: Path):
    run = Run(write_run(tmp_path))
    assert drops(run, score_run(run)) == ()


def test_the_report_shows_both(tmp_path: Path):
    write_report(write_run(tmp_path, BEHAVIOURS | {"deaf": deaf_to_dates}, asked=twins()))
    text = (tmp_path / "report.md").read_text(encoding="utf-8")

    assert "## Evidence by date" in text
    assert "The same questions with another date" in text
    assert "| deaf | 100.0 | 0.0 | 0.0 | +100.0" in text

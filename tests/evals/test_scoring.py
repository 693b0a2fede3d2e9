"""Answers become scores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.measures import MEASURES, measured
from evals.runs import Answered, Run
from evals.scoring import score_learner, score_run
from evals.types import EvidenceLine, Example
from rag_lifelong.errors import EvalError
from tests.evals.reports.runs import facts_of, lagging, mute, questions, right, write_run

FACTS = facts_of(0)
OLD, NEW = (fact.value for fact in FACTS)
EXAMPLE = Example(
    example_id="e", wordings=("?",), answers=(NEW,), superseded=(OLD,),
    gold_docs=("d0-new",), stale_docs=("d0-old",), facts=FACTS,
)  # fmt: skip
NOBODY = Example(example_id="n", wordings=("?",))


def scores_of(example: Example, said: str, **answer: object) -> dict[str, float]:
    answered = Answered(q=0, said=said, **answer)
    return {name: float(column[0]) for name, column in measured([(example, answered)]).items()}


def evidence(*doc_ids: str) -> tuple[EvidenceLine, ...]:
    return tuple(EvidenceLine(doc_id=d, date="2031", text=f"text of {d}", score=1) for d in doc_ids)


@pytest.mark.parametrize(
    ("said", "abstained", "em", "em_said", "stale", "harm"),
    [
        (NEW, False, 1, 1, 0, 1),
        (OLD, False, 0, 0, 1, -1),
        (NEW, True, 0, 1, 0, 0),
        (OLD, True, 0, 0, 0, 0),
        ("someone", False, 0, 0, 0, -1),
    ],
)
def test_what_was_withheld_is_neither_right_nor_stale_nor_harmful(
    said: str, abstained: bool, em: float, em_said: float, stale: float, harm: float
):
    found = scores_of(EXAMPLE, said, abstained=abstained)
    assert (found["em"], found["em_said"], found["stale"], found["harm"]) == (
        em, em_said, stale, harm,
    )  # fmt: skip


def test_a_part_of_the_right_answer_that_was_withheld_counts_only_as_said():
    said = scores_of(EXAMPLE, f"{NEW} of the council", abstained=True)
    assert (said["em_said"], said["part"], said["part_said"]) == (0, 0, 1)


def test_where_there_is_no_answer_abstaining_is_right():
    assert scores_of(NOBODY, "", abstained=True)["em"] == 1
    said = scores_of(NOBODY, "someone")
    assert (said["em"], said["f1"], said["harm"], said["answerable"]) == (0, 0, -1, 0)


def test_naming_old_and_new_is_not_strictly_right():
    both = scores_of(EXAMPLE, f"{NEW}, before that {OLD}")
    assert both["strict_em"] == 0
    assert both["stale"] == 0
    assert scores_of(EXAMPLE, f"It is the {NEW}")["strict_em"] == 1


def test_staleness_needs_a_superseded_value():
    assert np.isnan(scores_of(replace(EXAMPLE, superseded=()), OLD)["stale"])


def test_a_line_that_names_the_answer_counts_at_its_place_whatever_its_document():
    lines = tuple(
        EvidenceLine(doc_id="x", date="2031", text=text, score=1)
        for text in ("Nobody came.", f"The {NEW.upper()}, they say.")
    )
    found = scores_of(EXAMPLE, NEW, evidence=lines)
    assert (found["answer_recall1"], found["answer_recall5"]) == (0, 1)
    assert scores_of(EXAMPLE, NEW, evidence=lines[1:])["answer_recall1"] == 1
    assert np.isnan(scores_of(NOBODY, "", evidence=lines)["answer_recall1"])


def test_a_passage_is_found_where_its_own_words_are_and_not_where_its_answer_is_named():
    lines = tuple(
        EvidenceLine(doc_id="d0-new", date="2031", text=text, score=1)
        for text in (f"Of {NEW} and others.", f"He became\n{NEW} in May.")
    )
    example = replace(EXAMPLE, gold_texts=(f"He became {NEW}", f"{NEW} in May"))
    found = scores_of(example, NEW, evidence=lines)
    assert (found["passage_recall1"], found["passage_recall5"]) == (0, 1)
    assert np.isnan(scores_of(EXAMPLE, NEW, evidence=lines)["passage_recall1"])


@pytest.mark.parametrize(
    ("docs", "er1", "er5", "mrr", "above", "conflict"),
    [
        (["d0-new", "d0-old"], 1, 1, 1, 0, 1),
        (["d0-old", "d0-new"], 0, 1, 1 / 2, 1, 1),
        (["d0-old"], 0, 0, 0, 1, 0),
        (["x", "d0-new"], 0, 1, 1 / 2, 0, 0),
        (["x", "y", "z", "u", "v", "d0-new"], 0, 0, 1 / 6, 0, 0),
        (["x", "x", "x", "x", "x", "d0-new"], 0, 1, 1 / 2, 0, 0),
        ([], 0, 0, 0, 0, 0),
    ],
)
def test_evidence_is_scored_by_where_the_answer_s_documents_stand(
    docs: list[str], er1: float, er5: float, mrr: float, above: float, conflict: float
):
    found = scores_of(EXAMPLE, NEW, evidence=evidence(*docs))
    assert found["mrr"] == pytest.approx(mrr)
    assert [found[n] for n in ("er1", "er5", "stale_above_gold", "conflict")] == [
        er1, er5, above, conflict,
    ]  # fmt: skip


def test_temporal_ndcg_prefers_what_holds_at_the_time_asked_about():
    asof = questions(1)[1].example
    good = scores_of(asof, NEW, evidence=evidence("d0-new", "d0-old"))["tndcg10"]
    bad = scores_of(asof, NEW, evidence=evidence("d0-old", "d0-new"))["tndcg10"]
    assert good == pytest.approx(1)
    assert bad < good


def test_scores_of_many_answers_are_those_of_each_alone():
    answers = [
        (question.example, behave(question, 3, FACTS[0].valid_from.replace(year=2032)))
        for question in questions(6)
        for behave in (right, lagging, mute)
    ]
    together = measured(answers)
    for place, one in enumerate(answers):
        alone = measured([one])
        for name in MEASURES:
            np.testing.assert_allclose(together[name][place], alone[name][0], err_msg=name)


def test_every_answer_of_every_cell_is_scored_once(tmp_path: Path):
    scores = score_run(Run(write_run(tmp_path)))
    asked = questions()
    per_cell = [sum(q.row in (None, row) for q in asked) for row in range(4)]
    for one in scores.values():
        assert len(one) == 2 * 2 * sum(per_cell)
        assert len(one.only(seed=1, wording=0, row=2)) == per_cell[2]
        assert len(set(one.only(row=3).keys())) == len(one.only(row=3))


def test_a_document_that_was_not_there_to_find_is_not_missed(tmp_path: Path):
    folder = write_run(tmp_path)
    before = score_run(Run(folder))["ours"]
    assert np.isnan(before.only(row=0)["er5"]).all()
    assert before.only(row=3, kind="asof").mean("er5") == 1.0

    file = folder / "documents-0.jsonl"
    told = [json.loads(line) for line in file.read_text().splitlines()]
    later = [{**one, "published_at": "2040-01-01T00:00:00Z"} for one in told]
    file.write_text("".join(json.dumps(one) + "\n" for one in later))
    after = score_run(Run(folder))["ours"]
    assert np.isnan(after.only(seed=0)["er5"]).all()
    assert after.only(seed=1, row=3, kind="asof").mean("er5") == 1.0


def test_facts_of_generated_worlds_are_told_apart_by_seed(tmp_path: Path):
    made = score_run(Run(write_run(tmp_path / "made")))["ours"]
    about = json.loads((tmp_path / "made" / "run.json").read_text())
    about["stream"]["data"] = "files"
    (tmp_path / "made" / "run.json").write_text(json.dumps(about))
    read = score_run(Run(tmp_path / "made"))["ours"]
    assert len(set(made.labels["cluster"])) == 2 * len(set(read.labels["cluster"]))


def test_a_learner_without_evidence_has_no_evidence_recall(tmp_path: Path):
    scores = score_run(Run(write_run(tmp_path)))
    assert np.isnan(scores["mute"]["er5"]).all()
    assert not np.isnan(scores["ours"]["er5"]).all()


def test_a_missing_answer_is_named(tmp_path: Path):
    run = write_run(tmp_path)
    file = run / "predictions" / "ours" / "seed-1-wording-0" / "row-2.jsonl"
    file.write_text("\n".join(file.read_text().splitlines()[1:]))
    read = Run(run)
    with pytest.raises(EvalError, match="ours has no answer to question 0 in row 2 of seed 1"):
        score_learner(read, "ours", {seed: read.questions(seed) for seed in read.seeds})


def test_a_line_that_is_not_in_its_layout_is_named(tmp_path: Path):
    run = write_run(tmp_path)
    file = run / "predictions" / "ours" / "seed-0-wording-0" / "row-0.jsonl"
    file.write_text('{"q":0,"said":"x"}\n{"q":1}\n')
    with pytest.raises(EvalError, match=r"row-0\.jsonl, line 2: said"):
        score_run(Run(run))


@pytest.mark.parametrize(
    ("text", "told"), [(None, "no run.json"), ("{", "not JSON"), ("{}", "lacks learners")]
)
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, text: str | None, told: str):
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(EvalError, match=told):
        score_run(Run(tmp_path))


def test_a_line_separator_in_a_text_does_not_cut_the_line(tmp_path: Path):
    def odd(question, row, time):
        return Answered(q=question.q, said="one\u2028two")

    scores = score_run(Run(write_run(tmp_path, {"odd": odd})))
    assert len(scores["odd"]) > 0

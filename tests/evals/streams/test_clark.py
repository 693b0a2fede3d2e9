"""CLARK becomes standing questions and dated ones, with nothing of the key in the documents."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evals.streams.clark import load
from evals.types import Cohort, Example, Form, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from tests.ingest.data import data_folder

TEAM = "What sports team is Mara Vell a member of?"
DATES = {"T1": "2021-12-22", "T2": "2022-08-31", "T3": "2023-01-29"}
HISTORY = [
    ["Norbury Rovers", "2020-07-01", "2022-03-01"],
    ["Easton City", "2022-03-01", "2022-11-15"],
    ["Norbury Rovers", "2022-11-15", "9999-12-31"],
]


def document(doc_id: str, day: str, value: str, **more: str) -> dict[str, str]:
    row = {
        "doc_id": doc_id,
        "timestamp": day,
        "timestamp_precision": "day",
        "title": "sport vell",
        "text": f"Mara Vell signed for {value}.",
        "url": f"https://news.example/{doc_id}",
        "subject": "Mara Vell",
        "property": "member of sports team",
        "object": value,
        "valid_from": "2020-07-01",
        "valid_to": "",
    }
    return row | more


def question(qid: str, period: str, answers: list[str], **more: Any) -> dict[str, Any]:
    row = {
        "qid": qid,
        "period": period,
        "question": TEAM,
        "question_time": DATES[period],
        "answers": answers,
        "type": "open",
        "relation": "member of sports team",
        "answer_history": HISTORY,
        "gold_docs": [],
        "stale_docs": [],
    }
    return row | more


DOCUMENTS = [
    document("d1", "2020-07-02", "Norbury Rovers"),
    document("d2", "2022-03-15", "Easton City", timestamp_precision="month"),
    document("d3", "2022-11-16", "Norbury Rovers"),
]
QUESTIONS = [
    question("q1", "T1", ["Norbury Rovers"], gold_docs=["d1"]),
    question("q2", "T2", ["Easton City"], gold_docs=["d2"], stale_docs=["d1"]),
    question("q3", "T3", ["Norbury Rovers"], gold_docs=["d1", "d3"], stale_docs=["d2"]),
]


def stream(
    folder: Path,
    documents: list[dict[str, str]] = DOCUMENTS,
    questions: list[dict[str, Any]] = QUESTIONS,
    kind: str = "open",
) -> Stream:
    for name, rows in (("docs", documents), ("questions", questions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines)
    return load(folder, questions=kind)


def last_second(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=23, seconds=3599)


def answers(standing: StandingQuestion, day: str) -> tuple[str, ...] | None:
    example = standing.at(last_second(day))
    return example.answers if example else None


def test_periods_end_with_the_last_second_of_each_date(tmp_path: Path):
    periods = stream(tmp_path).periods

    assert [(period.name, period.end) for period in periods] == [
        (name, last_second(day)) for name, day in DATES.items()
    ]
    assert [period.start for period in periods[1:]] == [period.end for period in periods[:-1]]
    assert [[d.doc_id for d in period.documents] for period in periods] == [["d1"], ["d2"], ["d3"]]


def test_a_document_of_the_date_itself_is_told_by_then_and_one_of_the_next_day_is_not(
    tmp_path: Path,
):
    documents = [*DOCUMENTS, document("d4", "2021-12-22", "x"), document("d5", "2021-12-23", "x")]
    first, second, _ = stream(tmp_path, documents).periods

    assert [d.doc_id for d in first.documents] == ["d1", "d4"]
    assert [d.doc_id for d in second.documents] == ["d2", "d5"]


def test_nothing_is_told_when_the_first_row_is_asked(tmp_path: Path):
    made = stream(tmp_path)

    assert made.periods[0].standing[0].at(made.row_times[0]) is None


def test_what_the_documents_state_is_not_in_them(tmp_path: Path):
    documents = [document("d1", "2020-07-02", "Norbury Rovers", text="Vell has a new club.")]
    (told,) = stream(tmp_path, documents).periods[0].documents

    assert "Norbury" not in f"{told.title} {told.text} {told.url} {told.revises}"


def test_a_text_is_one_standing_question_whose_answer_follows_the_history(tmp_path: Path):
    (standing,) = (s for period in stream(tmp_path).periods for s in period.standing)

    assert standing.wordings == (
        TEAM,
        "Currently, what sports team is Mara Vell a member of?",
        "What sports team is Mara Vell a member of at present?",
    )
    assert [answers(standing, day) for day in DATES.values()] == [
        ("Norbury Rovers",),
        ("Easton City",),
        ("Norbury Rovers",),
    ]
    assert standing.cluster == TEAM


def test_a_value_that_came_back_is_told_by_the_documents_of_its_own_time(tmp_path: Path):
    (standing,) = stream(tmp_path).periods[0].standing

    assert [(fact.value, fact.doc_ids) for fact in standing.history] == [
        ("Norbury Rovers", ("d1",)),
        ("Easton City", ("d2",)),
        ("Norbury Rovers", ("d3",)),
    ]


def test_a_change_is_not_expected_before_a_document_tells_it(tmp_path: Path):
    late = document("d2", "2022-09-30", "Easton City")
    (standing,) = stream(tmp_path, [DOCUMENTS[0], late, DOCUMENTS[2]]).periods[0].standing

    assert answers(standing, "2022-08-31") == ("Norbury Rovers",)
    assert answers(standing, "2022-09-30") == ("Easton City",)


def test_a_value_that_no_document_states_is_never_expected(tmp_path: Path):
    (standing,) = stream(tmp_path, [DOCUMENTS[0], DOCUMENTS[2]]).periods[0].standing

    assert answers(standing, "2022-08-31") == ("Norbury Rovers",)
    assert {fact.value for fact in standing.history} == {"Norbury Rovers"}


def test_a_value_that_ended_ends_at_once_where_another_was_told_to_hold_beside_it(tmp_path: Path):
    history = [
        ["Norbury Rovers", "2020-07-01", "2022-03-01"],
        ["the national team", "2020-09-01", "9999-12-31"],
    ]
    documents = [DOCUMENTS[0], document("d2", "2020-10-05", "the national team")]
    questions = [
        question(
            "q1",
            "T1",
            ["Norbury Rovers", "the national team"],
            answer_history=history,
            gold_docs=["d1", "d2"],
        ),
        question(
            "q2",
            "T2",
            ["the national team"],
            answer_history=history,
            gold_docs=["d2"],
            stale_docs=["d1"],
        ),
    ]
    (standing,) = stream(tmp_path, documents, questions).periods[0].standing

    assert answers(standing, "2021-12-22") == ("Norbury Rovers", "the national team")
    assert answers(standing, "2022-08-31") == ("the national team",)


def examples(made: Stream) -> dict[str, Example]:
    return {example.example_id: example for p in made.periods for example in p.examples}


def test_each_published_question_becomes_one_that_names_its_date(tmp_path: Path):
    second = examples(stream(tmp_path))["q2"]

    assert second.wordings == (
        "As of 31 August 2022, what sports team is Mara Vell a member of?",
        "What sports team is Mara Vell a member of as of 31 August 2022?",
        "The question is about 31 August 2022: what sports team is Mara Vell a member of?",
    )
    assert second.asked_at is None
    assert second.form is Form.AS_OF
    assert second.window is not None
    assert second.window.end - second.window.start == timedelta(days=1)
    assert second.answers == ("Easton City",)


def test_values_before_and_after_the_date_are_told_apart(tmp_path: Path):
    first, second, third = examples(stream(tmp_path)).values()

    assert (first.superseded, first.later) == ((), ("Easton City",))
    assert (second.superseded, second.later) == (("Norbury Rovers",), ("Norbury Rovers",))
    assert (third.superseded, third.later) == (("Easton City",), ())
    assert (third.gold_docs, third.stale_docs) == (("d1", "d3"), ("d2",))


def test_cohorts_say_what_happened_since_the_date_before(tmp_path: Path):
    cohorts = [example.cohort for example in examples(stream(tmp_path)).values()]

    assert cohorts == [Cohort.NEW, Cohort.UPDATED, Cohort.REVERTED]


def test_a_question_that_no_document_answers_is_left_out_and_counted(tmp_path: Path):
    untold = question("q4", "T3", ["Rook Ltd"], question="Who is the employer of Ned Fry?")
    made = stream(tmp_path, questions=[*QUESTIONS, untold])

    assert "q4" not in examples(made)
    assert "1 of 4 open questions are left out" in made.notes
    assert "the published answers in 3 of 3" in made.notes


def test_documents_without_text_are_left_out_and_those_dated_by_month_counted(tmp_path: Path):
    made = stream(tmp_path, [*DOCUMENTS, document("d4", "2022-08-15", "x", text=" ")])

    assert "1 documents without text" in made.notes
    assert "1 documents are dated by month only, taken as the 15th; 0 of them" in made.notes


def article(doc_id: str, day: str) -> dict[str, str]:
    return {"doc_id": doc_id, "timestamp": day, "title": "News", "text": "It rained in Norbury."}


def with_distractors(folder: Path, articles: list[dict[str, str]]) -> Stream:
    stream(folder)
    file = folder / "others.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in articles).encode()))
    return load(folder, distractors=file)


def test_distractors_are_told_when_they_were_published_and_asked_about_by_nobody(tmp_path: Path):
    articles = [
        article("older-than-all", "1999-05-01"),
        article("second", "2022-05-01"),
        article("day-of-the-second", "2022-08-31"),
        article("too-late", "2023-01-30"),
    ]
    made, plain = with_distractors(tmp_path, articles), stream(tmp_path)

    assert [[d.doc_id for d in period.documents] for period in made.periods] == [
        ["d1", "older-than-all"],
        ["d2", "second", "day-of-the-second"],
        ["d3"],
    ]
    assert [(p.start, p.end, p.examples, p.standing) for p in made.periods] == [
        (p.start, p.end, p.examples, p.standing) for p in plain.periods
    ]
    assert "3 distractors are told too, and 1 after the last date left out" in made.notes


def test_a_distractor_may_not_pass_for_a_document(tmp_path: Path):
    with pytest.raises(EvalError, match="taken: 'd1'"):
        with_distractors(tmp_path, [article("d1", "2022-05-01")])


def test_what_no_document_has_told_by_a_date_is_asked_on_it_when_wanted(tmp_path: Path):
    stream(tmp_path, documents=DOCUMENTS[1:])
    examples = {e.example_id: e for p in load(tmp_path, unanswerable=True).periods
                for e in p.examples if e.cohort is Cohort.UNANSWERABLE}  # fmt: skip

    assert examples.keys() == {"q1-untold"}
    untold = examples["q1-untold"]
    assert (untold.asked_at, untold.answers, untold.wordings[0]) == (
        last_second(DATES["T1"]),
        (),
        TEAM,
    )


def test_yes_or_no_questions_come_when_all_are_asked_for(tmp_path: Path):
    yes_or_no = [
        question(
            qid,
            period,
            [said],
            question="Is Mara Vell a member of Easton City?",
            type="yesno",
            answer_history=[
                ["no", "0000-00-00", "2022-03-01"],
                ["yes", "2022-03-01", "9999-12-31"],
            ],
        )
        for qid, period, said in (("y1", "T1", "no"), ("y2", "T2", "yes"), ("y3", "T3", "yes"))
    ]
    rows = QUESTIONS + yes_or_no

    assert set(examples(stream(tmp_path, questions=rows))) == {"q1", "q2", "q3"}
    every = examples(stream(tmp_path, questions=rows, kind="all"))
    assert every["y2"].question == "As of 31 August 2022, is Mara Vell a member of Easton City?"
    assert [every[qid].answers for qid in ("y1", "y2", "y3")] == [("no",), ("yes",), ("yes",)]
    assert [every[qid].cohort for qid in ("y1", "y2", "y3")] == [
        Cohort.NEW,
        Cohort.UPDATED,
        Cohort.UNCHANGED,
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"answer_history": [["x", "2020-01-01"]]}, r"questions\.jsonl:1: 'answer_history' must"),
        ({"answer_history": [["x", "once", "ever"]]}, r"questions\.jsonl:1: 'answer_history' must"),
        ({"question_time": "2021-12-21"}, r"q1: T1 has another question_time"),
        ({"answers": "x"}, r"questions\.jsonl:1: 'answers' must be list"),
    ],
)
def test_a_question_that_is_not_as_published_is_named(
    tmp_path: Path, wrong: dict[str, Any], said: str
):
    rows = [QUESTIONS[0] | wrong, question("q9", "T1", ["Norbury Rovers"])]

    with pytest.raises(EvalError, match=said):
        stream(tmp_path, questions=rows)


def test_an_empty_file_of_questions_is_an_error(tmp_path: Path):
    with pytest.raises(EvalError, match=r"questions\.jsonl: no questions"):
        stream(tmp_path, questions=[])


@cache
def published() -> Stream:
    return load(data_folder("clark"))


def test_published_counts():
    periods = published().periods

    assert [len(period.documents) for period in periods] == [305, 249, 193, 160, 119, 145]
    assert [len(period.examples) for period in periods] == [294, 337, 266, 271, 199, 250]
    assert [len(period.standing) for period in periods] == [294, 134, 49, 31, 14, 1]
    assert periods[0].examples[0].example_id == "clark-T1-0004"
    assert periods[-1].examples[-1].example_id == "clark-T6-5319"
    assert sum(len(p.examples) for p in load(data_folder("clark"), questions="all").periods) == 5218


def test_published_documents_and_facts_lie_in_their_periods():
    for period in published().periods:
        assert all(period.start < d.published_at <= period.end for d in period.documents)
        assert all(s.at(period.start) is None and s.at(period.end) for s in period.standing)


def test_published_answers_are_the_expected_ones_wherever_a_gold_document_exists():
    standing = {s.wordings[0]: s for period in published().periods for s in period.standing}
    path = data_folder("clark") / "questions.jsonl"
    compared = Counter()
    for row in map(json.loads, path.read_text().splitlines()):
        if row["type"] == "open" and row["gold_docs"]:
            expected = answers(standing[row["question"]], row["question_time"])
            compared[set(expected or ()) == set(row["answers"])] += 1

    # In the one that differs, a second value holds beside the first and no document states it.
    assert compared == {True: 1616, False: 1}


def test_every_published_gold_document_is_gold_here():
    examples_ = examples(published())
    path = data_folder("clark") / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    gold = {row["qid"]: set(row["gold_docs"]) for row in rows}

    assert all(gold[qid] <= set(example.gold_docs) for qid, example in examples_.items())
    assert all(set(e.stale_docs).isdisjoint(e.gold_docs) for e in examples_.values())

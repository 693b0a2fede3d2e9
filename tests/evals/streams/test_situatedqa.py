"""SituatedQA's questions are asked as of their dates, each with the answers of the other dates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.streams import load_stream
from evals.streams.situatedqa import load
from evals.types import Cohort, Example, Form, Stream
from rag_lifelong.errors import EvalError


def row(date: str, kind: str, answer: list[str], **more: Any) -> dict[str, Any]:
    question = more.pop("question", "who runs the kell ferry")
    return {
        "question": question,
        "id": 71,
        "edited_question": f"{question} as of {date}",
        "date": date,
        "date_type": kind,
        "answer": answer,
        "any_answer": ["Ada Crane", "Bo Lind"],
    } | more


ROWS = [
    row("2019", "sampled_year", ["Bo Lind", "Bo Lind"]),
    row("1987", "start", ["Ada Crane"]),
    row("March 05, 2016", "start", ["Bo Lind"]),
    row("2016", "sampled_year", ["Bo Lind"]),
    row("January 02, 2016", "sampled_date", ["Ada Crane"]),
    row("2018", "orig", ["Kell Sound"], question="what water is by kell", id=-5),
]


def stream(folder: Path, rows: list[dict[str, Any]] = ROWS, **options: str) -> Stream:
    (folder / "temp.test.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return load_stream("situatedqa", folder, **options)


def examples(made: Stream) -> dict[str, Example]:
    return {example.example_id: example for p in made.periods for example in p.examples}


def test_a_question_is_counted_in_the_year_of_its_date(tmp_path: Path):
    made = stream(tmp_path)

    assert [(p.name, [e.example_id for e in p.examples]) for p in made.periods] == [
        ("2000", ["71@1987"]),
        ("2016", ["71@March 05, 2016", "71@2016", "71@January 02, 2016"]),
        ("2018", ["-5@2018"]),
        ("2019", ["71@2019"]),
    ]
    assert "1 questions as of a date before 2000 are counted in the first period" in made.notes
    assert not any(period.documents for period in made.periods)


def test_periods_may_start_earlier_or_be_shorter(tmp_path: Path):
    assert stream(tmp_path, since="1900").periods[0].name == "1987"
    names = [period.name for period in stream(tmp_path, every="month").periods]
    assert names == ["2000-01", "2016-01", "2016-03", "2016-12", "2018-12", "2019-12"]


def test_answers_of_other_dates_are_superseded_or_later(tmp_path: Path):
    asked = examples(stream(tmp_path))

    assert asked["71@2019"].answers == ("Bo Lind",)
    assert asked["71@2019"].superseded == ("Ada Crane",)
    assert asked["71@1987"].later == ("Bo Lind",)
    assert asked["71@January 02, 2016"].later == ("Bo Lind",)


def test_a_date_within_the_year_asked_about_is_neither_before_nor_after_it(tmp_path: Path):
    rows = [row("2016", "sampled_year", ["Bo Lind"]), row("May 01, 2016", "start", ["Ada Crane"])]
    of_year, of_day = examples(stream(tmp_path, rows)).values()

    assert (of_year.superseded, of_year.later) == ((), ())
    assert (of_day.superseded, of_day.later) == ((), ())


def test_wordings_name_the_date_and_the_window_is_it(tmp_path: Path):
    example = examples(stream(tmp_path))["71@March 05, 2016"]

    assert example.wordings == (
        "who runs the kell ferry as of March 05, 2016",
        "as of March 05, 2016, who runs the kell ferry",
        "the question is about March 05, 2016: who runs the kell ferry",
    )
    assert example.form is Form.AS_OF
    assert example.window is not None
    assert str(example.window.start.date()) == "2016-03-05"
    assert example.cluster == "71"


def test_an_answer_is_new_or_updated_at_its_start_and_unchanged_else(tmp_path: Path):
    cohorts = {name: example.cohort for name, example in examples(stream(tmp_path)).items()}

    assert cohorts == {
        "71@1987": Cohort.NEW,
        "71@January 02, 2016": Cohort.UNCHANGED,
        "71@March 05, 2016": Cohort.UPDATED,
        "71@2016": Cohort.UNCHANGED,
        "71@2019": Cohort.UNCHANGED,
        "-5@2018": Cohort.UNCHANGED,
    }


def test_a_date_given_twice_is_asked_once_and_a_start_if_one_of_them_is(tmp_path: Path):
    made = stream(tmp_path, [*ROWS, row("2019", "start", ["Bo Lind"])])

    assert len(examples(made)) == len(ROWS)
    assert examples(made)["71@2019"].cohort is Cohort.UPDATED
    assert "1 questions with the same date as another are left out" in made.notes


def test_the_file_is_found_in_the_published_repository(tmp_path: Path):
    folder = tmp_path / "data" / "qa_data"
    folder.mkdir(parents=True)
    stream(folder)

    assert examples(load(tmp_path)) == examples(load(folder / "temp.test.jsonl"))
    with pytest.raises(EvalError, match=r"no temp\.dev\.jsonl in"):
        load(tmp_path, split="dev")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"date": "last May"}, r"temp\.test\.jsonl:1: 'date' must be a year or like December"),
        ({"date": "0"}, r"temp\.test\.jsonl:1: 'date' must be a year or like December"),
        ({"answer": []}, r"temp\.test\.jsonl:1: no answer"),
        ({"id": "71"}, r"temp\.test\.jsonl:1: 'id' must be int"),
    ],
)
def test_a_line_that_is_not_as_published_is_named(tmp_path: Path, wrong: dict[str, Any], said: str):
    with pytest.raises(EvalError, match=said):
        stream(tmp_path, [ROWS[0] | wrong])


def test_an_empty_file_is_an_error(tmp_path: Path):
    with pytest.raises(EvalError, match="no questions"):
        stream(tmp_path, [])

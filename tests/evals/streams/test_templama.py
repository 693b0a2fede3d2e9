"""TempLAMA: what a line becomes, and what years in a row say about when a value held."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from evals.streams import load_stream
from evals.types import Cohort, Form, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import year_interval

CLUB = ("Q1_P54", "Mira Holt plays for _X_.")
SEAT = ("Q2_P39", "Jon Vale holds the position of _X_.")


def line(fact: tuple[str, str], year: int, *names: str) -> dict[str, object]:
    fact_id, query = fact
    return {
        "query": query,
        "answer": [{"name": name, "wikidata_id": f"Q{name}"} for name in names],
        "date": str(year),
        "id": f"{fact_id}_{year}",
        "relation": fact_id.split("_")[1],
    }


LINES = [
    line(CLUB, 2012, "Elm Rovers"),
    line(CLUB, 2013, "Elm Rovers"),
    line(CLUB, 2014, "Oak United"),
    line(CLUB, 2016, "Elm Rovers"),
    line(SEAT, 2014, "mayor of Elm", "member of the council"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part, lines in (("test", LINES), ("train", LINES[:1]), ("val", [])):
        text = "".join(json.dumps(each) + "\n" for each in lines)
        (tmp_path / f"{part}.json").write_text(text)
    return tmp_path


@pytest.fixture
def stream(folder: Path) -> Stream:
    return load_stream("templama", folder)


def test_each_year_is_a_period_and_keeps_the_blank_in_its_question(stream: Stream) -> None:
    assert [period.name for period in stream.periods] == ["2012", "2013", "2014", "2016"]
    asked = stream.periods[0].examples[0]
    assert asked.question == "In 2012, Mira Holt plays for _X_."
    assert (asked.answers, asked.form) == (("Elm Rovers",), Form.AS_OF)
    assert asked.window == year_interval(2012)


def test_cohorts_tell_new_unchanged_updated_and_reverted_years_apart(stream: Stream) -> None:
    club = [e for p in stream.periods for e in p.examples if e.cluster == "Q1_P54/P54"]
    assert [example.cohort for example in club] == [
        Cohort.NEW,
        Cohort.UNCHANGED,
        Cohort.UPDATED,
        Cohort.REVERTED,
    ]


def test_values_of_other_years_are_superseded_or_later_unless_they_are_right(
    stream: Stream,
) -> None:
    club = [e for p in stream.periods for e in p.examples if e.cluster == "Q1_P54/P54"]
    assert (club[0].superseded, club[0].later) == ((), ("Oak United",))
    assert (club[2].superseded, club[2].later) == (("Elm Rovers",), ("Elm Rovers",))
    assert club[3].superseded == ("Oak United",)


def test_a_value_holds_until_a_year_that_does_not_give_it(stream: Stream) -> None:
    history = stream.periods[0].examples[0].facts
    assert [(f.value, f.valid_from.year, f.valid_to and f.valid_to.year) for f in history] == [
        ("Elm Rovers", 2012, 2014),
        ("Oak United", 2014, 2015),
        ("Elm Rovers", 2016, None),
    ]


def test_a_query_of_several_years_stands_and_one_of_a_single_year_does_not(
    stream: Stream,
) -> None:
    [question] = [question for period in stream.periods for question in period.standing]
    assert question.wordings[0] == "Mira Holt plays for _X_."
    put = [question.at(end, since=start) for start, end in pairwise(stream.row_times)]
    assert [each and (each.answers, each.cohort) for each in put] == [
        (("Elm Rovers",), Cohort.NEW),
        (("Elm Rovers",), Cohort.UNCHANGED),
        (("Oak United",), Cohort.UPDATED),
        (("Elm Rovers",), Cohort.REVERTED),
    ]


def test_all_of_several_names_are_right(stream: Stream) -> None:
    seat = stream.periods[2].examples[1]
    assert seat.answers == ("mayor of Elm", "member of the council")


def test_the_answer_may_be_one_object_as_the_script_writes_it(tmp_path: Path) -> None:
    row = line(CLUB, 2012) | {"answer": {"name": "Elm Rovers", "wikidata_id": "Q9"}}
    (tmp_path / "mine.json").write_text(json.dumps(row))
    stream = load_stream("templama", tmp_path / "mine.json")
    assert stream.periods[0].examples[0].answers == ("Elm Rovers",)


def test_the_part_chooses_the_files(folder: Path) -> None:
    train = load_stream("templama", folder, part="train")
    assert [period.name for period in train.periods] == ["2012"]
    assert len(load_stream("templama", folder, part="all").periods) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date": "May"}, "test.json:1: 'date' must be a year"),
        ({"answer": []}, "test.json:1: 'answer' must be"),
        ({"answer": "Elm"}, "test.json:1: 'answer' must be"),
        ({"query": 3}, "test.json:1: 'query' must be"),
    ],
)
def test_a_line_in_another_layout_is_named(
    folder: Path, change: dict[str, object], message: str
) -> None:
    (folder / "test.json").write_text(json.dumps(LINES[0] | change))
    with pytest.raises(EvalError, match=message):
        load_stream("templama", folder)


def test_missing_and_empty_files_are_refused(folder: Path) -> None:
    with pytest.raises(EvalError, match="no questions"):
        load_stream("templama", folder, part="val")
    (folder / "val.json").unlink()
    with pytest.raises(EvalError, match="no such file"):
        load_stream("templama", folder, part="val")
    with pytest.raises(EvalError, match="option 'part'"):
        load_stream("templama", folder, part="dev")

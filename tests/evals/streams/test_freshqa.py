"""FreshQA: releases as periods, and answers over releases as the history of a question."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.streams import load_stream
from evals.types import Cohort, Form, Stream
from rag_lifelong.errors import EvalError

COLUMNS = (
    "id,split,question,effective_year,next_review,false_premise,num_hops,fact_type,source,"
    "answer_0,answer_1,answer_2,note"
)


def row(
    number: str, question: str, *answers: str, kind: str = "fast-changing", false: str = "FALSE"
) -> list[str]:
    padded = [*answers, "", "", ""][:3]
    head = [number, "TEST", question, "2024", "weekly", false, "one-hop", kind, "https://e.example"]
    return [*head, *padded, ""]


def write(path: Path, *rows: list[str], preamble: int = 2) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write('"Warning, please do not share answers",,,\n,,,\n' if preamble else "")
        file.write(COLUMNS + "\n")
        csv.writer(file).writerows(rows)
        file.write("," * COLUMNS.count(",") + "\n")


MAYOR = "Who is the mayor of Elm?"
FOUNDED = "When was Elm founded?"
KING = "Who is the king of Elm?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    founded = row("2", FOUNDED, "1301", kind="never-changing")
    king = row("3", KING, "Elm has no king", false="TRUE")
    write(tmp_path / "FreshQA_v04082024.csv", row("1", MAYOR, "Anna Berg"), founded, king)
    write(
        tmp_path / "FreshQA Apr 15, 2024.csv",
        row("1", MAYOR, "Mayor Berg", "Anna Berg"),
        founded,
        row("3", KING, "Elm has no king", "Elm is a republic"),
        preamble=0,
    )
    write(tmp_path / "2024-04-22 freshqa.csv", row("1", MAYOR, "Ivo Lund"), founded, king)
    return tmp_path


@pytest.fixture
def stream(folder: Path) -> Stream:
    return load_stream("freshqa", folder)


def test_each_release_is_a_period_that_ends_with_its_day(stream: Stream) -> None:
    assert [p.name for p in stream.periods] == ["2024-04-08", "2024-04-15", "2024-04-22"]
    assert [f"{moment:%d %H:%M}" for moment in stream.row_times] == [
        "08 00:00",
        "08 23:59",
        "15 23:59",
        "22 23:59",
    ]


def test_the_release_of_the_next_day_is_not_known_before(folder: Path) -> None:
    write(folder / "2024-04-16.csv", row("1", MAYOR, "Mira Holt"))
    stream = load_stream("freshqa", folder)
    [question] = stream.periods[0].standing
    put = [question.at(period.end) for period in stream.periods[1:3]]
    assert [each and each.answers[0] for each in put] == ["Anna Berg", "Mira Holt"]


def test_a_changing_question_stands_with_its_answers_as_history(stream: Stream) -> None:
    [question] = stream.periods[0].standing
    old, new = question.history
    assert (old.answers, new.answers) == (("Anna Berg", "Mayor Berg"), ("Ivo Lund",))
    assert old.valid_to == new.valid_from == datetime(2024, 4, 22, tzinfo=UTC)
    after = question.at(stream.periods[2].end, since=stream.periods[1].end)
    assert after is not None
    assert (after.answers, after.cohort) == (("Ivo Lund",), Cohort.UPDATED)
    assert set(after.superseded) == {"Anna Berg", "Mayor Berg"}


def test_an_answer_spelled_in_more_ways_has_not_changed(stream: Stream) -> None:
    [question] = stream.periods[0].standing
    between = question.at(stream.periods[1].end, since=stream.periods[0].end)
    assert between is not None
    assert between.cohort is Cohort.UNCHANGED


def test_what_never_changes_is_asked_once(stream: Stream) -> None:
    founded, _ = stream.periods[0].examples
    assert (founded.question, founded.answers) == (FOUNDED, ("1301",))
    assert (founded.cohort, founded.form) == (Cohort.UNCHANGED, Form.TIMELESS)


def test_a_false_premise_is_answered_by_what_corrects_it(stream: Stream) -> None:
    _, king = stream.periods[0].examples
    assert king.cohort is Cohort.ANY
    assert king.answers == ("Elm has no king", "Elm is a republic")
    assert "1 of a false premise" in stream.notes


def test_a_question_reworded_under_its_number_is_another(folder: Path) -> None:
    write(folder / "2024-04-29.csv", row("1", "Who leads Elm?", "Ivo Lund"))
    stream = load_stream("freshqa", folder)
    asked = [[q.question_id for q in period.standing] for period in stream.periods]
    assert asked == [["1@2024-04-08"], [], [], ["1@2024-04-29"]]


def test_a_split_without_questions_is_refused(folder: Path) -> None:
    with pytest.raises(EvalError, match="no questions of the split DEV"):
        load_stream("freshqa", folder, split="DEV")


def test_files_without_date_or_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no csv files"):
        load_stream("freshqa", tmp_path)
    write(tmp_path / "freshqa.csv", row("1", MAYOR, "Anna Berg"))
    with pytest.raises(EvalError, match="no date in the name"):
        load_stream("freshqa", tmp_path)
    (tmp_path / "freshqa.csv").rename(tmp_path / "2024-04-08.csv")
    (tmp_path / "2024-04-08.csv").write_text("nothing,like\nthis,one\n")
    with pytest.raises(EvalError, match="no line of column names"):
        load_stream("freshqa", tmp_path)


def test_two_releases_of_one_day_are_refused(folder: Path) -> None:
    write(folder / "FreshQA_v04222024.csv", row("1", MAYOR, "Ivo Lund"))
    with pytest.raises(EvalError, match="two releases of one day"):
        load_stream("freshqa", folder)

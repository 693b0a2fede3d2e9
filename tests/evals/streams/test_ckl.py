"""CKL: what stays, what changes and what comes, in two periods."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from evals.streams import load_stream
from evals.types import Cohort, Stream
from rag_lifelong.errors import EvalError


def write(path: Path, columns: str, *rows: tuple[str, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split())
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path / "invariantLAMA.csv",
        "id input output",
        ("P36", "The capital of Elmland is <extra_id_0> .", "Elm"),
    )
    write(
        tmp_path / "updatedlama" / "updatedLAMA.csv",
        "unique_id statement original_answer new_answer",
        ("u1", "The mayor of Elm is <extra_id_0> .", "Anna Berg", "Ivo Lund"),
        ("u2", "The coach of Elm Rovers is <extra_id_0> .", "", "Mira Holt"),
    )
    write(
        tmp_path / "newlama" / "newLAMA.csv",
        "unique_id statement question answer",
        ("n1", "<extra_id_0> won the Elm fair .", "Who won the Elm fair?", "Jon Vale;J. Vale"),
    )
    write(tmp_path / "recent_news_small.csv", "input output original", ("", "", "Elm has a fair."))
    (tmp_path / "updatedlama_val_answers.json").write_text(json.dumps({"u1": ["I. Lund"]}))
    return tmp_path


@pytest.fixture
def stream(folder: Path) -> Stream:
    return load_stream("ckl", folder)


def test_what_stays_is_asked_in_the_first_period_and_unchanged(stream: Stream) -> None:
    before, _ = stream.periods
    asked = before.examples[0]
    assert asked.question == "The capital of Elmland is _X_ ."
    assert (asked.answers, asked.cohort) == (("Elm",), Cohort.UNCHANGED)


def test_what_changes_is_asked_of_both_ends_and_knows_its_old_value(stream: Stream) -> None:
    old, new = (period.examples[1] for period in stream.periods)
    assert (old.asked_at, old.answers) == (stream.periods[0].end, ("Anna Berg",))
    assert (new.asked_at, new.answers) == (stream.periods[1].end, ("Ivo Lund", "I. Lund"))
    assert (old.cohort, new.cohort) == (Cohort.NEW, Cohort.UPDATED)
    assert (old.superseded, new.superseded) == ((), ("Anna Berg",))


def test_what_changes_stands_from_when_its_first_value_is_told(stream: Stream) -> None:
    before, after = stream.periods
    [known] = before.standing
    [unknown] = after.standing
    early = known.at(before.end, since=before.start)
    assert early is not None
    assert (early.answers, early.superseded) == (("Anna Berg",), ())
    put = known.at(after.end, since=before.end)
    assert put is not None
    assert (put.cohort, put.superseded) == (Cohort.UPDATED, ("Anna Berg",))
    assert unknown.at(before.end) is None
    assert "1 of them without the old value" in stream.notes


def test_what_comes_is_new_and_asked_as_cloze_and_question(stream: Stream) -> None:
    asked = stream.periods[1].examples[0]
    assert asked.wordings == ("_X_ won the Elm fair .", "Who won the Elm fair?")
    assert (asked.answers, asked.cohort) == (("Jon Vale", "J. Vale"), Cohort.NEW)


def test_the_news_is_told_in_the_second_period(stream: Stream) -> None:
    before, after = stream.periods
    assert before.documents == ()
    assert [document.text for document in after.documents] == ["Elm has a fair."]
    assert before.end == after.start < after.documents[0].published_at < after.end


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="none of invariantLAMA"):
        load_stream("ckl", tmp_path)


def test_a_file_without_a_column_is_named(folder: Path) -> None:
    write(folder / "invariantLAMA.csv", "id input", ("P36", "Elm is <extra_id_0> ."))
    with pytest.raises(EvalError, match=r"invariantLAMA\.csv:2: no 'output'"):
        load_stream("ckl", folder)


def test_a_table_of_answers_in_another_layout_is_named(folder: Path) -> None:
    (folder / "updatedlama_val_answers.json").write_text("[]")
    with pytest.raises(EvalError, match="not an object of answers"):
        load_stream("ckl", folder)

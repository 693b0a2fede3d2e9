"""TemporalWiki: months as periods, diffs as documents, probes as questions with a history."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
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


PROBE = "subject relation objective"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    probes = tmp_path / "TWiki_Probes"
    write(probes / "0801-0901_unchanged.csv", PROBE, ("Elm", "mayor", "Anna Berg"))
    write(probes / "0801-0901_new.csv", PROBE, ("Oak", "river", "Ilm"), ("Oak", "river", "Orm"))
    write(probes / "0901-1001_changed.csv", PROBE, ("Elm", "mayor", "Ivo Lund"))
    write(probes / "1201-0101_unchanged.csv", PROBE, ("Oak", "river", "Ilm"))
    diffs = tmp_path / "TWiki_Diffsets"
    write(
        diffs / "wikipedia_20210801_20210901_subset.csv",
        "id url title text",
        ("7", "https://w.example/?curid=7", "Oak", "Oak lies on the Ilm."),
        ("8", "https://w.example/?curid=8", "Ash", " "),
    )
    write(diffs / "wikipedia_0809_gpt2.csv", "text", ("Oak. Oak lies on the Ilm.",))
    write(diffs / "wikipedia_0910_gpt2.csv", "text", ("Elm. Ivo Lund is mayor.",))
    return tmp_path


@pytest.fixture
def stream(folder: Path) -> Stream:
    return load_stream("temporalwiki", folder)


def test_periods_go_from_snapshot_to_snapshot_over_new_year_too(stream: Stream) -> None:
    assert [period.end for period in stream.periods] == [
        datetime(2021, 9, 1, tzinfo=UTC),
        datetime(2021, 10, 1, tzinfo=UTC),
        datetime(2022, 1, 1, tzinfo=UTC),
    ]


def test_a_probe_is_asked_at_the_end_of_its_month(stream: Stream) -> None:
    mayor = stream.periods[0].examples[1]
    river = stream.periods[0].examples[0]
    assert (mayor.question, mayor.answers) == ("Elm mayor _X_", ("Anna Berg",))
    assert (mayor.asked_at, mayor.cohort) == (stream.periods[0].end, Cohort.UNCHANGED)
    assert (river.answers, river.cohort) == (("Ilm", "Orm"), Cohort.NEW)


def test_a_changed_probe_knows_the_value_of_an_earlier_month(stream: Stream) -> None:
    [mayor] = stream.periods[1].examples
    assert (mayor.answers, mayor.superseded) == (("Ivo Lund",), ("Anna Berg",))


def test_a_relation_with_a_later_value_stands(stream: Stream) -> None:
    [question] = [question for period in stream.periods for question in period.standing]
    put = question.at(stream.periods[1].end, since=stream.periods[0].end)
    assert put is not None
    assert (put.answers, put.superseded) == (("Ivo Lund",), ("Anna Berg",))
    assert put.cohort is Cohort.UPDATED


def test_what_a_month_leaves_out_has_not_ended(stream: Stream) -> None:
    [river] = stream.periods[2].examples
    assert {fact.value: fact.valid_to for fact in river.facts} == {"Ilm": None, "Orm": None}


def test_diffs_are_told_in_their_month_and_with_titles_where_there_are(stream: Stream) -> None:
    told = [[(d.title, d.text) for d in period.documents] for period in stream.periods]
    assert told == [
        [("Oak", "Oak lies on the Ilm.")],
        [("Elm", "Elm. Ivo Lund is mayor.")],
        [],
    ]
    for period in stream.periods:
        assert all(period.start <= d.published_at < period.end for d in period.documents)


def test_the_names_of_the_making_scripts_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "20220101_20220201" / "updated" / "final_updated_item.csv"
    write(path, PROBE, ("Elm", "mayor", "Ivo Lund"))
    [period] = load_stream("temporalwiki", tmp_path).periods
    assert (period.start, period.examples[0].cohort) == (
        datetime(2022, 1, 1, tzinfo=UTC),
        Cohort.UPDATED,
    )


def test_a_folder_without_probes_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "0801-0801x_new.csv", PROBE)
    with pytest.raises(EvalError, match="no probes"):
        load_stream("temporalwiki", tmp_path)


def test_a_probe_without_a_value_is_named(tmp_path: Path) -> None:
    write(tmp_path / "0801-0901_new.csv", "subject relation", ("Elm", "mayor"))
    with pytest.raises(EvalError, match=r"0801-0901_new\.csv:2: no 'objective'"):
        load_stream("temporalwiki", tmp_path)

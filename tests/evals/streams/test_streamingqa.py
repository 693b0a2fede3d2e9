"""StreamingQA: questions at their own dates, articles in the periods they came out in."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.streams import load_stream
from evals.types import Cohort
from rag_lifelong.errors import EvalError


def seconds(*day: int) -> int:
    return int(datetime(*day, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


def question(
    number: int, asked: int, evidence: str, *, past: bool = False, written: bool = True
) -> dict[str, object]:
    return {
        "qa_id": f"eval-{number}",
        "question": f"What happened in Elm on occasion {number}?",
        "answers": ["a flood", "a flood", "flooding"],
        "answers_additional": ["high water"],
        "question_ts": asked,
        "evidence_ts": asked,
        "evidence_id": evidence,
        "recent_or_past": "past" if past else "recent",
        "written_or_generated": "written" if written else "generated",
        "toxicity_insult": 0.0,
    }


QUESTIONS = [
    question(0, seconds(2019, 2, 3), "flood"),
    question(1, seconds(2019, 8, 9), "flood", past=True),
    question(2, seconds(2019, 8, 10), "fair", written=False),
]
ARTICLES = [
    {"sorting_key": "old", "publication_ts": seconds(2009, 5, 1), "text": "Elm votes.\nTwice."},
    {"sorting_key": "flood", "publication_ts": seconds(2019, 2, 1), "text": "Elm is flooded."},
    {"sorting_key": "fair", "publication_ts": seconds(2019, 8, 8), "text": "Elm has a fair."},
    {"sorting_key": "spring", "publication_ts": seconds(2019, 5, 8), "text": "Elm is green."},
    {"sorting_key": "after", "publication_ts": seconds(2020, 1, 1), "text": "Elm is white."},
]


def write(path: Path, rows: list[dict[str, object]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "streaminqa_eval.jsonl.gz", QUESTIONS)
    write(tmp_path / "wmt.jsonl", ARTICLES)  # type: ignore[arg-type]
    return tmp_path


def test_a_question_is_asked_at_its_own_date_about_its_article(folder: Path) -> None:
    stream = load_stream("streamingqa", folder)
    asked = stream.periods[0].examples[0]
    assert asked.asked_at == datetime(2019, 2, 3, tzinfo=UTC)
    assert asked.answers == ("a flood", "flooding")
    assert (asked.gold_docs, asked.cluster) == (("flood",), "flood")


def test_periods_are_quarters_or_what_is_asked_for(folder: Path) -> None:
    quarters = load_stream("streamingqa", folder)
    assert [period.name for period in quarters.periods] == ["2019-Q1", "2019-Q2", "2019-Q3"]
    [year] = load_stream("streamingqa", folder, every="year").periods
    assert (year.name, len(year.examples)) == ("2019", 3)


def test_articles_are_told_when_they_came_out_and_older_ones_first(folder: Path) -> None:
    stream = load_stream("streamingqa", folder)
    told = [[document.doc_id for document in period.documents] for period in stream.periods]
    assert told == [["old", "flood"], ["spring"], ["fair"]]
    assert "4 articles, 1 of them older" in stream.notes
    assert stream.periods[0].documents[0].title == "Elm votes."


def test_articles_nobody_asks_about_are_told_by_share_and_seed(folder: Path) -> None:
    few = load_stream("streamingqa", folder, share="0")
    assert [d.doc_id for p in few.periods for d in p.documents] == ["flood", "fair"]
    drawn = {
        tuple(
            d.doc_id
            for p in load_stream("streamingqa", folder, seed=seed, share="0.5").periods
            for d in p.documents
        )
        for seed in range(8)
    }
    assert len(drawn) > 1
    assert all({"flood", "fair"} <= set(each) for each in drawn)


def test_only_recent_questions_are_known_to_be_about_news(folder: Path) -> None:
    stream = load_stream("streamingqa", folder)
    cohorts = [example.cohort for period in stream.periods for example in period.examples]
    assert cohorts == [Cohort.NEW, Cohort.ANY, Cohort.NEW]


def test_questions_can_be_chosen_by_who_made_them(folder: Path) -> None:
    stream = load_stream("streamingqa", folder, kind="generated")
    assert [e.example_id for p in stream.periods for e in p.examples] == ["eval-2"]


def test_a_file_of_questions_alone_has_no_articles(folder: Path) -> None:
    stream = load_stream("streamingqa", folder / "streaminqa_eval.jsonl.gz")
    assert not any(period.documents for period in stream.periods)


def test_what_is_not_in_the_layout_is_named(folder: Path) -> None:
    with pytest.raises(EvalError, match="no streaminqa_train"):
        load_stream("streamingqa", folder, part="train")
    write(folder / "wmt.jsonl", [{"sorting_key": "x", "text": "y", "publication_ts": 10**30}])
    with pytest.raises(EvalError, match=r"wmt\.jsonl:1: 'publication_ts' is no time"):
        load_stream("streamingqa", folder)
    write(folder / "streaminqa_eval.jsonl.gz", [QUESTIONS[0] | {"answers": "a flood"}])
    with pytest.raises(EvalError, match="'answers' must be list"):
        load_stream("streamingqa", folder)
    write(folder / "streaminqa_eval.jsonl.gz", [])
    with pytest.raises(EvalError, match="no questions of the kind all"):
        load_stream("streamingqa", folder)

"""RealTime QA is asked on the day of each quiz, of articles published by then, in both layouts."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest

from evals.streams import load_stream
from evals.streams.drafts import Every
from evals.streams.realtimeqa import load
from evals.types import Cohort, Example, Form, Stream
from rag_lifelong.errors import EvalError
from tests.ingest.data import data_folder


def article(doc_id: str, day: str) -> dict[str, str]:
    return {
        "doc_id": doc_id,
        "timestamp": day,
        "title": f"News of {day}",
        "text": "The mayor of Kell opened the new tram line.",
        "url": f"https://news.example/{doc_id}",
        "first_retrieved": day,
    }


def quiz(qid: str, day: str, searched: str, **more: Any) -> dict[str, Any]:
    row = {
        "qid": qid,
        "question": "What did the mayor of Kell open this week?",
        "question_time": day,
        "index_cutoff": searched,
        "answers": ["a tram line"],
        "gold_docs": [],
        "exclude": False,
        "duplicate": False,
    }
    return row | more


ARTICLES = [
    article("old", "2019-05-01"),
    article("same-day", "2022-08-12"),
    article("next-day", "2022-08-13"),
    article("winter", "2023-01-01"),
    article("too-late", "2023-07-01"),
]
QUIZZES = [
    quiz("20220812_0", "2022-08-12", "2022-08-14", gold_docs=["same-day", "next-day"]),
    quiz("20230106_0", "2023-01-06", "2023-01-06", gold_docs=["winter"]),
]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def converted(
    folder: Path,
    quizzes: list[dict[str, Any]] = QUIZZES,
    prefix: str = "small_",
    articles: list[dict[str, str]] = ARTICLES,
) -> Path:
    (folder / f"{prefix}questions.jsonl").write_text(lines(quizzes))
    (folder / f"{prefix}docs.jsonl.gz").write_bytes(gzip.compress(lines(articles).encode()))
    return folder


def examples(made: Stream) -> dict[str, Example]:
    return {example.example_id: example for p in made.periods for example in p.examples}


def test_periods_are_half_years_and_older_articles_are_told_in_the_first(tmp_path: Path):
    made = load(converted(tmp_path))

    assert [period.name for period in made.periods] == ["2022-H2", "2023-H1"]
    assert [[d.doc_id for d in period.documents] for period in made.periods] == [
        ["old", "same-day", "next-day"],
        ["winter"],
    ]
    assert "1 articles published after the last period" in made.notes
    assert made.contamination


@pytest.mark.parametrize(
    ("every", "names"), [("month", ["2022-08", "2023-01"]), ("year", ["2022", "2023"])]
)
def test_periods_may_be_of_other_lengths(tmp_path: Path, every: str, names: list[str]):
    made = load_stream("realtimeqa", converted(tmp_path), every=every)

    assert [period.name for period in made.periods] == names


def test_a_question_sees_the_articles_of_its_day_and_not_of_the_next(tmp_path: Path):
    made = load(converted(tmp_path))
    first = examples(made)["20220812_0"]

    assert first.asked_at == datetime(2022, 8, 12, 23, 59, 59, tzinfo=UTC)
    seen = [d.doc_id for d in made.periods[0].documents if d.published_at <= first.asked_at]
    assert seen == ["old", "same-day"]
    assert first.gold_docs == ("same-day",)
    assert "1 gold articles published after the question is asked" in made.notes
    assert (first.form, first.answers) == (Form.NOW, ("a tram line",))


def test_a_question_may_be_asked_when_its_articles_were_searched(tmp_path: Path):
    first = examples(load(converted(tmp_path), asked="search"))["20220812_0"]

    assert first.asked_at == datetime(2022, 8, 14, 23, 59, 59, tzinfo=UTC)
    assert first.gold_docs == ("same-day", "next-day")


def test_a_question_asked_after_the_turn_of_a_period_is_counted_in_the_next(tmp_path: Path):
    rows = [QUIZZES[0], quiz("20221230_0", "2022-12-30", "2023-01-02"), QUIZZES[1]]
    folder = converted(tmp_path, rows)

    def counted(asked: Literal["quiz", "search"]) -> list[int]:
        return [len(period.examples) for period in load(folder, asked=asked).periods]

    assert (counted("quiz"), counted("search")) == ([2, 1], [1, 2])


def test_excluded_and_repeated_questions_are_left_out_and_counted(tmp_path: Path):
    rows = [
        *QUIZZES,
        quiz("20220812_1", "2022-08-12", "2022-08-14", exclude=True, duplicate=True),
        quiz("20220812_2", "2022-08-12", "2022-08-14", duplicate=True),
    ]
    made = load(converted(tmp_path, rows))

    assert set(examples(made)) == {"20220812_0", "20230106_0"}
    assert "1 questions marked as excluded" in made.notes
    assert "1 questions asked before" in made.notes


def test_a_name_used_twice_is_numbered(tmp_path: Path):
    made = load(converted(tmp_path, [QUIZZES[0], QUIZZES[0], QUIZZES[1]]))

    assert list(examples(made)) == ["20220812_0", "20220812_0-2", "20230106_0"]


def test_of_long_articles_only_the_lead_may_be_told(tmp_path: Path):
    stream = load_stream("realtimeqa", converted(tmp_path), lead="9")
    assert {document.text for period in stream.periods for document in period.documents} == {
        "The mayor"
    }
    assert "the first 9 characters" in stream.notes


def test_the_part_names_the_files(tmp_path: Path):
    folder = converted(tmp_path, prefix="")

    assert len(examples(load(folder, part="full"))) == 2
    with pytest.raises(EvalError, match=r"small_questions\.jsonl: cannot be read"):
        load(folder)
    with pytest.raises(EvalError, match="option 'part' of realtimeqa"):
        load_stream("realtimeqa", folder, part="half")


def test_only_questions_of_the_dates_are_asked_and_all_articles_up_to_them_told(tmp_path: Path):
    folder = converted(tmp_path, [*QUIZZES, quiz("20230707_0", "2023-07-07", "2023-07-07")])
    made = load_stream("realtimeqa", folder, dates="2022-09..2023-06")

    assert set(examples(made)) == {"20230106_0"}
    assert [d.doc_id for p in made.periods for d in p.documents] == [
        "old", "same-day", "next-day", "winter",
    ]  # fmt: skip
    assert "2 questions asked at other times" in made.notes


def many(folder: Path) -> Path:
    """Forty questions, of which every fourth has a gold article."""
    gold = (["same-day"], [], [], [])
    quizzes = [
        quiz(f"2022{month:02}14_{n}", f"2022-{month:02}-14", "2022-12-14", gold_docs=gold[n % 4])
        for month in (8, 9)
        for n in range(20)
    ]
    return converted(folder, quizzes)


def test_a_sample_is_drawn_by_the_seed_and_leaves_periods_and_articles_as_they_are(tmp_path: Path):
    folder = many(tmp_path)
    one, same, other = (load(folder, every=Every.MONTH, sample=10, seed=seed) for seed in (0, 0, 1))

    assert len(examples(one)) == 10
    assert examples(one) == examples(same)
    assert examples(one).keys() != examples(other).keys()
    assert [(p.name, p.documents) for p in one.periods] == [
        (p.name, p.documents) for p in other.periods
    ]
    assert "30 questions not drawn" in one.notes


def test_every_question_is_as_likely_to_be_drawn_whether_or_not_an_article_answers_it(
    tmp_path: Path,
):
    folder = many(tmp_path)
    drawn = [e for seed in range(60) for e in examples(load(folder, sample=8, seed=seed)).values()]

    # 480 draws, of which a quarter is expected to have one: 120, with a deviation of 9.
    assert 90 < sum(bool(example.gold_docs) for example in drawn) < 150


def test_a_sample_larger_than_what_there_is_is_all_of_it(tmp_path: Path):
    assert len(examples(load(converted(tmp_path), sample=99))) == 2


def test_older_articles_may_be_told_apart_before_the_first_period(tmp_path: Path):
    made = load(converted(tmp_path), older="apart", every=Every.MONTH)

    assert [(p.name, [d.doc_id for d in p.documents]) for p in made.periods] == [
        ("before 2022-08", ["old"]),
        ("2022-08", ["same-day", "next-day"]),
        ("2023-01", ["winter"]),
    ]
    assert made.periods[0].end == made.periods[1].start


def test_without_older_articles_there_is_no_period_before_the_first(tmp_path: Path):
    folder = converted(tmp_path, articles=ARTICLES[1:])

    assert load(folder, older="apart").periods[0].name == "2022-H2"


def test_a_question_is_asked_before_its_gold_article_too_where_nothing_else_answers_it(
    tmp_path: Path,
):
    said = article("winter", "2023-01-02") | {"text": "It is A TRAM LINE."}
    folder = converted(tmp_path, QUIZZES[1:], articles=[*ARTICLES[:2], said])
    made = examples(load(folder, unanswerable=True))

    early = made["20230106_0-early"]
    assert early.asked_at == datetime(2023, 1, 1, 23, 59, 59, tzinfo=UTC)
    assert (early.answers, early.gold_docs, early.cohort) == ((), (), Cohort.UNANSWERABLE)
    assert early.cluster == made["20230106_0"].cluster

    told = article("autumn", "2022-11-02") | {"text": "Kell wants a tram line."}
    folder = converted(tmp_path, QUIZZES[1:], articles=[told, said])
    assert set(examples(load(folder, unanswerable=True))) == {"20230106_0"}


def test_the_quiz_s_explanation_is_kept_for_bounds_and_told_to_nobody(tmp_path: Path):
    made = load(converted(tmp_path, [QUIZZES[0] | {"evidence_passage": "It runs to the port."}]))

    assert examples(made)["20220812_0"].passage == "It runs to the port."
    assert not any("port" in d.text for p in made.periods for d in p.documents)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"question_time": "last week"}, r"small_questions\.jsonl:1: 'question_time': not a date"),
        ({"exclude": "no"}, r"small_questions\.jsonl:1: 'exclude' must be bool"),
    ],
)
def test_a_line_that_is_not_as_converted_is_named(tmp_path: Path, wrong: dict[str, Any], said: str):
    with pytest.raises(EvalError, match=said):
        load(converted(tmp_path, [QUIZZES[0] | wrong]))


def weekly(number: int, sentence: str, choices: list[str], answer: list[str]) -> dict[str, Any]:
    return {
        "question_id": f"20220812_{number}",
        "question_date": "2022/08/12",
        "question_source": "Kell Courier",
        "question_url": "https://courier.example/quiz",
        "question_sentence": sentence,
        "choices": choices,
        "answer": answer,
        "evidence": "",
    }


WEEK = [
    weekly(0, "What did the mayor open?", ["A school", "“A tram line”"], ["1"]),
    weekly(1, "Did it rain?", ["Yes", "No"], ["0"]),
    weekly(2, "Who drove first?", ["Ada Crane", "Bo Lind"], ["2"]),
    weekly(3, "what did the mayor open?", ["A tram line"], ["0"]),
]


def found(name: str, day: str | None, text: str) -> dict[str, Any]:
    url = f"https://news.example/{name}"
    return {"url": url, "title": name, "text": text, "authors": [], "publish_date": day}


SEARCHES = [
    {
        "question_id": "20220812_0",
        "search_time": "2022/08/13/03:15",
        "search_result": [
            found("fresh", "2022/08/11", "A TRAM LINE opened."),
            found("other", "2022/08/11", "A tram linesman retired."),
            found("stale", "2022/06/01", "A tram line is planned."),
            found("undated", None, "A tram line opened."),
            found("empty", "2022/08/11", ""),
        ],
    },
    {
        "question_id": "20220812_1",
        "search_time": "2022/08/13/03:15",
        "search_result": [found("fresh", "2022/08/12", "Found again.")],
    },
]


def published(folder: Path, searches: list[dict[str, Any]] | None = SEARCHES) -> Path:
    year = folder / "past" / "2022"
    year.mkdir(parents=True)
    (year / "20220812_qa.jsonl").write_text(lines(WEEK))
    (year / "20220812_qa_nota.jsonl").write_text("not read")
    (year / "20220617-20220826_qa.jsonl").write_text("not read")
    (folder / "backnumber").mkdir()
    (folder / "backnumber" / "20200103_qa.jsonl").write_text("not read")
    if searches is not None:
        (year / "20220812_gcs.jsonl").write_text(lines(searches))
    return folder


def test_weekly_files_are_read_as_published(tmp_path: Path):
    made = load(published(tmp_path))
    (period,) = made.periods
    (example,) = period.examples

    assert period.name == "2022-H2"
    assert (example.example_id, example.answers) == ("20220812_0", ("A tram line",))
    assert example.asked_at == datetime(2022, 8, 12, 23, 59, 59, tzinfo=UTC)
    assert [d.title for d in period.documents] == ["stale", "fresh", "other"]


def test_fresh_articles_that_contain_the_answer_as_words_are_gold(tmp_path: Path):
    (example,) = load(published(tmp_path)).periods[0].examples

    assert example.gold_docs == ("https://news.example/fresh",)


def test_an_article_found_again_is_taken_as_first_found(tmp_path: Path):
    texts = {d.title: d.text for d in load(published(tmp_path)).periods[0].documents}

    assert texts["fresh"] == "A TRAM LINE opened."


def test_what_the_weeks_leave_out_is_counted(tmp_path: Path):
    notes = load(published(tmp_path)).notes

    assert "1 questions with yes/no keys and the like" in notes
    assert "1 questions whose key names none of their choices" in notes
    assert "1 questions asked before" in notes
    assert "2 articles found without date or text" in notes


def test_the_folder_past_may_be_named_itself_and_a_week_may_lack_its_search(tmp_path: Path):
    made = load(published(tmp_path, searches=None) / "past")

    assert made.periods[0].documents == ()
    assert "1 weeks without search results" in made.notes


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"search_time": "noon"}, r"20220812_gcs\.jsonl:1: 'search_time': not a date"),
        ({"search_result": ["x"]}, r"20220812_gcs\.jsonl:1: 'search_result' must be a list of obj"),
    ],
)
def test_a_weekly_line_that_is_not_as_published_is_named(
    tmp_path: Path, wrong: dict[str, Any], said: str
):
    with pytest.raises(EvalError, match=said):
        load(published(tmp_path, [SEARCHES[0] | wrong]))


def test_a_folder_without_questions_is_an_error(tmp_path: Path):
    with pytest.raises(EvalError, match="no questions"):
        load(converted(tmp_path, []))


@cache
def real() -> Stream:
    return load(data_folder("realtimeqa"))


def test_real_counts():
    periods = real().periods

    assert [(p.name, len(p.documents), len(p.examples)) for p in periods] == [
        ("2022-H2", 1570, 60),
        ("2023-H1", 210, 60),
        ("2023-H2", 260, 60),
        ("2024-H1", 274, 60),
        ("2024-H2", 246, 60),
        ("2025-H1", 219, 60),
    ]
    assert periods[0].examples[0].example_id == "20221014_21"
    assert periods[-1].examples[-1].example_id == "20250418_8"
    assert sum(bool(e.gold_docs) for p in periods for e in p.examples) == 292
    assert "24 gold articles published after the question is asked" in real().notes


def test_real_articles_and_questions_lie_in_their_periods():
    told: dict[str, datetime] = {}
    for period in real().periods:
        told |= {d.doc_id: d.published_at for d in period.documents}
        assert all(d.published_at < period.end for d in period.documents)
        for example in period.examples:
            assert example.asked_at is not None
            assert period.start <= example.asked_at < period.end
            assert all(told[doc_id] <= example.asked_at for doc_id in example.gold_docs)


@pytest.mark.slow
def test_real_counts_of_all():
    made = load(data_folder("realtimeqa"), part="full")

    assert [len(p.examples) for p in made.periods] == [53, 680, 678, 625, 692, 708, 479]
    assert sum(len(p.documents) for p in made.periods) == 21_723
    assert "267 questions marked as excluded" in made.notes
    assert "45 questions asked before" in made.notes
    assert len(examples(made)) == 3915

"""A user's own files become a stream, and what is wrong with them is named with its line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evals.streams import load_stream
from evals.streams.jsonl import load
from evals.types import Cohort, Example, Form, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import month_interval

Row = dict[str, Any]

DOCUMENTS: list[Row] = [
    {"id": "d1", "text": "Ann runs the mill.", "date": "2020-01-10", "title": "The mill"},
    {"id": "d2", "text": "Bo runs the mill now.", "date": "2020-05-02", "url": "https://x.invalid"},
    {"id": "d3", "text": "Bo still runs it.", "date": "2020-08-01T09:30:00Z", "revises": "mill"},
]
HISTORY: list[Row] = [
    {"value": "Ann", "from": "2019", "to": "2020-05-01", "end_told": "2020-05-02", "docs": ["d1"]},
    {"value": "Bo", "from": "2020-05-01", "told": "2020-05-02", "docs": "d2", "aliases": ["Bob"]},
]
STANDING: Row = {"id": "now", "question": "Who runs the mill?", "history": HISTORY}
DATED: Row = {
    "id": "then",
    "question": "Who ran the mill in March 2020?",
    "answers": ["Ann"],
    "about": "2020-03",
    "gold_docs": ["d1"],
}


def write(
    folder: Path,
    *questions: Row,
    documents: list[Row] | None = None,
    periods: list[Row] | None = None,
) -> Path:
    for name, rows in (("documents", documents or DOCUMENTS), ("questions", questions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    if periods is not None:
        (folder / "periods.json").write_text(json.dumps(periods), encoding="utf-8")
    return folder


def day(month: int, number: int = 1) -> datetime:
    return datetime(2020, month, number, tzinfo=UTC)


def period_of(stream: Stream, name: str) -> str:
    """The name of the period a question is in."""
    (found,) = [
        period.name
        for period in stream.periods
        if name in {e.example_id for e in period.examples}
        or name in {q.question_id for q in period.standing}
    ]
    return found


def only_example(stream: Stream) -> Example:
    (example,) = [example for period in stream.periods for example in period.examples]
    return example


def only_standing(stream: Stream) -> StandingQuestion:
    (question,) = [question for period in stream.periods for question in period.standing]
    return question


class TestDocuments:
    def test_they_are_told_in_the_quarter_of_their_date(self, tmp_path: Path) -> None:
        stream = load(write(tmp_path, DATED))
        told = {p.name: [d.doc_id for d in p.documents] for p in stream.periods}
        assert told == {"2020-Q1": ["d1"], "2020-Q2": ["d2"], "2020-Q3": ["d3"]}

    @pytest.mark.parametrize(
        ("every", "names"),
        [("month", ["2020-01", "2020-03", "2020-05", "2020-08"]), ("year", ["2020"])],
    )
    def test_periods_may_be_longer_or_shorter(
        self, tmp_path: Path, every: str, names: list[str]
    ) -> None:
        stream = load_stream("jsonl", write(tmp_path, DATED), every=every)
        assert [period.name for period in stream.periods] == names

    def test_all_that_is_written_of_them_is_kept(self, tmp_path: Path) -> None:
        first, second, third = (
            document for p in load(write(tmp_path)).periods for document in p.documents
        )
        assert (first.title, first.text, first.published_at) == (
            "The mill",
            "Ann runs the mill.",
            day(1, 10),
        )
        assert second.url == "https://x.invalid"
        assert third.revises == "mill"
        assert third.published_at == datetime(2020, 8, 1, 9, 30, tzinfo=UTC)


PERIODS: list[Row] = [
    {"name": "early", "start": "2020-01-01", "end": "2020-05-01"},
    {"name": "quiet", "start": "2020-05-01", "end": "2020-05-02"},
    {"name": "late", "start": "2020-05-02", "end": "2020-07-01"},
]


class TestPeriods:
    def test_named_ones_are_taken_as_they_are(self, tmp_path: Path) -> None:
        stream = load(write(tmp_path, DATED, periods=PERIODS))
        told = {p.name: [d.doc_id for d in p.documents] for p in stream.periods}
        assert told == {"early": ["d1"], "quiet": [], "late": ["d2"]}
        assert stream.row_times == (day(1), day(5), day(5, 2), day(7))

    def test_documents_after_the_last_are_left_out_and_counted(self, tmp_path: Path) -> None:
        stream = load(write(tmp_path, periods=PERIODS))
        assert stream.notes == "documents after the last period, left out: 1"

    def test_documents_before_the_first_are_told_in_it(self, tmp_path: Path) -> None:
        stream = load(write(tmp_path, periods=PERIODS[2:]))
        assert [d.doc_id for d in stream.periods[0].documents] == ["d1", "d2"]

    def test_a_document_may_be_told_later_than_it_was_published(self, tmp_path: Path) -> None:
        late = [{**DOCUMENTS[0], "period": "late"}, *DOCUMENTS[1:]]
        stream = load(write(tmp_path, documents=late, periods=PERIODS))
        assert [d.doc_id for d in stream.periods[2].documents] == ["d1", "d2"]

    def test_a_question_may_name_its_own(self, tmp_path: Path) -> None:
        stream = load(write(tmp_path, {**DATED, "period": "quiet"}, periods=PERIODS))
        assert period_of(stream, "then") == "quiet"


class TestQuestionsWithAnswers:
    def test_they_belong_to_when_they_are_asked(self, tmp_path: Path) -> None:
        row = {**DATED, "asked_at": "2020-06-30"}
        stream = load(write(tmp_path, row))
        assert period_of(stream, "then") == "2020-Q2"
        asked_at = only_example(stream).asked_at
        assert asked_at is not None
        assert day(6, 30) < asked_at < day(7)

    def test_an_instant_means_itself(self, tmp_path: Path) -> None:
        row = {**DATED, "asked_at": "2020-06-30T12:00:00Z"}
        asked_at = only_example(load(write(tmp_path, row))).asked_at
        assert asked_at == datetime(2020, 6, 30, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("about", "gold_docs", "name"),
        [
            ("2020-03", ["d1"], "2020-Q1"),
            ("2020-04", ["d1"], "2020-Q2"),
            ("2020-03", ["d3"], "2020-Q3"),
            ("2020-03", ["d3", "d2"], "2020-Q2"),
            (None, ["d2"], "2020-Q2"),
            ("2020", [], "2020-Q4"),
        ],
    )
    def test_else_to_when_their_time_is_over_and_the_answer_told(
        self, tmp_path: Path, about: str | None, gold_docs: list[str], name: str
    ) -> None:
        row = {**DATED, "gold_docs": gold_docs, "about": about}
        stream = load(write(tmp_path, {k: v for k, v in row.items() if v is not None}))
        assert period_of(stream, "then") == name

    def test_all_that_is_written_of_them_is_kept(self, tmp_path: Path) -> None:
        row = {
            **DATED,
            "wordings": ["In March 2020, who ran the mill?", DATED["question"]],
            "superseded": ["Cy"],
            "later": "Bo",
            "stale_docs": ["d3"],
            "cluster": "the mill",
            "cohort": "updated",
            "form": "as_of",
            "history": HISTORY,
            "subject": "the mill",
            "relation": "head",
        }
        example = only_example(load(write(tmp_path, row)))
        assert example.wordings == (DATED["question"], "In March 2020, who ran the mill?")
        assert (example.superseded, example.later) == (("Cy",), ("Bo",))
        assert (example.gold_docs, example.stale_docs) == (("d1",), ("d3",))
        assert (example.cluster, example.cohort, example.form) == (
            "the mill",
            Cohort.UPDATED,
            Form.AS_OF,
        )
        assert example.window == month_interval(2020, 3)
        assert [fact.key for fact in example.facts] == [("the mill", "head")] * 2
        assert example.asked_at is None

    def test_no_answers_means_that_abstaining_is_right(self, tmp_path: Path) -> None:
        example = only_example(load(write(tmp_path, {**DATED, "answers": []})))
        assert not example.is_answerable
        assert example.cohort is Cohort.UNANSWERABLE

    def test_each_is_its_own_cluster_unless_it_says_otherwise(self, tmp_path: Path) -> None:
        assert only_example(load(write(tmp_path, DATED))).cluster == "then"


class TestQuestionsInThePresentTense:
    def test_they_follow_the_history(self, tmp_path: Path) -> None:
        question = only_standing(load(write(tmp_path, STANDING)))
        before, after = question.at(day(5, 1)), question.at(day(7))
        assert before is not None
        assert after is not None
        assert (before.answers, before.superseded) == (("Ann",), ())
        assert (after.answers, after.superseded) == (("Bo", "Bob"), ("Ann",))
        assert (after.gold_docs, after.stale_docs) == (("d2",), ("d1",))

    def test_they_belong_to_the_period_that_first_tells(self, tmp_path: Path) -> None:
        row = {**STANDING, "history": HISTORY[1:]}
        assert period_of(load(write(tmp_path, row)), "now") == "2020-Q2"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**DATED, "gold_docs": ["d9"]}, "no document 'd9' in documents.jsonl"),
        ({**STANDING, "history": [{**HISTORY[0], "docs": ["d9"]}]}, "no document 'd9'"),
        ({**DATED, "golddocs": []}, "golddocs: Extra inputs are not permitted"),
        ({"id": "q", "answers": ["Ann"], "about": "2020"}, "neither 'question' nor 'wordings'"),
        ({"id": "q", "question": "Who?"}, "neither 'answers' nor a 'history'"),
        ({**DATED, "answers": [1]}, "answers.0: Input should be a valid string"),
        ({**DATED, "about": "next May"}, "about: not a date: 'next May'"),
        ({**DATED, "cohort": "old"}, "cohort: Input should be 'new'"),
        ({**DATED, "id": "first"}, "the id 'first' is given a second time"),
        ({**DATED, "period": "May"}, "no period 'May'"),
        ({**STANDING, "later": ["Cy"]}, "later: without 'answers' this follows from 'history'"),
        (
            {**STANDING, "history": [{"value": "Ann", "from": "2020", "to": "2019"}]},
            "history.0: 'to' is not after 'from'",
        ),
        ({"id": "q", "question": "Who?", "answers": ["Ann"]}, "nothing says which period"),
    ],
)
def test_a_wrong_question_is_named_with_its_line(tmp_path: Path, row: Row, message: str) -> None:
    with pytest.raises(EvalError) as raised:
        load(write(tmp_path, {**DATED, "id": "first"}, row))
    assert str(raised.value).startswith(f"{tmp_path / 'questions.jsonl'}:2: {message}")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "d1", "text": "Again.", "date": "2020"}, "the id 'd1' is given a second time"),
        ({"id": "d2", "text": "", "date": "2020"}, "text: String should have at least 1 char"),
        ({"id": "d2", "text": "When?"}, "date: Field required"),
        ({"id": "d2", "text": "So.", "date": "2020-13-01"}, "date: "),
    ],
)
def test_a_wrong_document_is_named_with_its_line(tmp_path: Path, row: Row, message: str) -> None:
    with pytest.raises(EvalError) as raised:
        load(write(tmp_path, documents=[DOCUMENTS[0], row]))
    assert str(raised.value).startswith(f"{tmp_path / 'documents.jsonl'}:2: {message}")


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        ([], "no periods"),
        ([{"name": "a", "start": "2020"}], "0.end: Field required"),
        ([{"name": "a", "start": "2020", "end": "2020"}], "0: period 'a' does not end after"),
        (
            [{"name": n, "start": "2020", "end": "2021"} for n in "ab"],
            "period 'b' starts before 'a' ends",
        ),
        (
            [{"name": "a", "start": f"{y}", "end": f"{y + 1}"} for y in (2020, 2021)],
            "two periods have the same name",
        ),
    ],
)
def test_wrong_periods_are_named(tmp_path: Path, periods: list[Row], message: str) -> None:
    with pytest.raises(EvalError) as raised:
        load(write(tmp_path, periods=periods))
    assert str(raised.value).startswith(f"{tmp_path / 'periods.json'}: {message}")


def test_a_document_published_after_its_period_is_refused(tmp_path: Path) -> None:
    periods = [
        {"name": n, "start": f"{y}", "end": f"{y + 1}"} for n, y in (("a", 2019), ("b", 2020))
    ]
    early = [{**DOCUMENTS[0], "period": "a"}]
    with pytest.raises(EvalError, match=r"documents\.jsonl:1: published after its period 'a'"):
        load(write(tmp_path, documents=early, periods=periods))


def test_a_question_after_the_last_period_is_refused(tmp_path: Path) -> None:
    periods = [{"name": "a", "start": "2020", "end": "2020-02-01"}]
    with pytest.raises(EvalError, match=r"questions\.jsonl:1: the question is of 2020-03-31"):
        load(write(tmp_path, DATED, periods=periods))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"documents\.jsonl"):
        load(tmp_path)
    write(tmp_path)
    (tmp_path / "questions.jsonl").unlink()
    with pytest.raises(EvalError, match=r"questions\.jsonl"):
        load(tmp_path)


def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    for name in ("documents.jsonl", "questions.jsonl"):
        (tmp_path / name).write_text("\n", encoding="utf-8")
    with pytest.raises(EvalError, match="no documents and no questions"):
        load(tmp_path)


def test_models_may_know_it_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    folder = write(tmp_path, DATED)
    assert load(folder).contamination
    assert load_stream("jsonl", folder, contamination="").contamination == ""

"""What is asked, and what is told of the documents that answer it."""

from __future__ import annotations

from datetime import UTC, datetime

from evals.running.asking import questions_of, telling
from evals.types import Example, Period, SourceDocument, Stream

JANUARY, APRIL, JULY = (datetime(2031, month, 1, tzinfo=UTC) for month in (1, 4, 7))


def document(doc_id: str, published_at: datetime) -> SourceDocument:
    return SourceDocument(doc_id=doc_id, title="T", text="t", published_at=published_at)


def test_of_the_documents_that_answer_it_is_told_when_each_was_told():
    example = Example(
        example_id="e", wordings=("Who?",), answers=("Ann",), gold_docs=("b",), stale_docs=("a",)
    )
    first = Period(
        name="1", start=JANUARY, end=APRIL, documents=(document("a", JANUARY),), examples=(example,)
    )
    late, idle = document("b", JANUARY), document("c", APRIL)
    second = Period(name="2", start=APRIL, end=JULY, documents=(late, idle))
    stream = Stream(name="s", periods=(first, second))

    told = telling(stream, questions_of(stream, limit=None, seed=0))

    assert [(one.doc_id, one.period, one.published_at) for one in told] == [
        ("a", 1, JANUARY),
        ("b", 2, JANUARY),
    ]


def test_a_question_is_drawn_together_with_itself_of_another_date():
    examples = [
        Example(example_id=f"{n}{twin}", wordings=("?",), perturbs=f"{n}" if twin else "")
        for n in range(20)
        for twin in ("", "~")
    ]
    period = Period(name="1", start=JANUARY, end=APRIL, documents=(), examples=tuple(examples))
    asked = questions_of(Stream(name="s", periods=(period,)), limit=10, seed=0)

    drawn = {one.example.example_id for one in asked}
    assert {name.strip("~") for name in drawn} == {name for name in drawn if "~" not in name}
    assert len(drawn) == 10

"""What is asked in which row: the questions of a stream, numbered, as every learner is put them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from evals.running.sampling import sample
from evals.runs import Question, Told
from evals.types import Asked, Example, Period, StandingQuestion, Stream


def questions_of(stream: Stream, *, limit: int | None, seed: int) -> tuple[Question, ...]:
    """The questions of all periods: first those asked in every row, then the standing ones by row.

    A standing question is left out of a row in which nobody has told of its fact yet.

    Args:
        stream: The benchmark.
        limit: Most questions of each kind and period; a larger limit asks those of a smaller too.
        seed: Draws them.
    """
    fixed: list[tuple[int, Example]] = []
    standing: list[tuple[int, StandingQuestion]] = []
    for number, period in enumerate(stream.periods, start=1):
        fixed += [(number, one) for one in _examples(period, limit, seed)]
        standing += [(number, one) for one in _standing(period, limit, seed)]
    found = [
        Question(q=q, kind="asof", row=None, period=number, example=example)
        for q, (number, example) in enumerate(fixed)
    ]
    put = _put(standing, stream.row_times)
    found += [
        Question(q=q, kind="now", row=row, period=number, example=example)
        for q, (row, number, example) in enumerate(put, start=len(fixed))
    ]
    return tuple(found)


def in_row(questions: Sequence[Question], row: int) -> tuple[Question, ...]:
    """Those that are asked in a row."""
    return tuple(question for question in questions if question.row in (None, row))


def telling(stream: Stream, questions: Sequence[Question]) -> Iterator[Told]:
    """When each document was told that states a right or a superseded answer, in order."""
    named = {
        doc_id
        for question in questions
        for doc_id in (*question.example.gold_docs, *question.example.stale_docs)
    }
    for number, period in enumerate(stream.periods, start=1):
        for document in period.documents:
            if document.doc_id in named:
                yield Told(
                    doc_id=document.doc_id, period=number, published_at=document.published_at
                )


def put_question(
    question: Question, *, moment: datetime, wording: int, with_key: bool = False
) -> Asked:
    """A question as a learner is put it.

    Args:
        question: The question.
        moment: The time of the row, which counts unless the question has its own.
        wording: Chooses how it is asked, of the ways it has, and the reader's instruction.
        with_key: Whether the learner is told the answer.
    """
    example = question.example
    return Asked(
        question=example.wordings[wording % len(example.wordings)],
        asked_at=example.asked_at or moment,
        wording=wording,
        key=example if with_key else None,
    )


def _examples(period: Period, limit: int | None, seed: int) -> list[Example]:
    return sample(
        period.examples,
        limit,
        seed=seed,
        # A question is drawn together with itself of another date.
        name=lambda example: example.perturbs or example.example_id,
        stratum=lambda example: (example.cohort, example.form),
    )


def _standing(period: Period, limit: int | None, seed: int) -> list[StandingQuestion]:
    return sample(
        period.standing,
        limit,
        seed=seed,
        name=lambda question: question.question_id,
        # Its cohort is another in each row; whether the fact changes at all is settled.
        stratum=lambda question: len({fact.value for fact in question.history}) > 1,
    )


def _put(
    standing: Sequence[tuple[int, StandingQuestion]], times: Sequence[datetime]
) -> Iterator[tuple[int, int, Example]]:
    for row, moment in enumerate(times):
        since = times[row - 1] if row else None
        for number, question in standing:
            example = question.at(moment, since=since)
            if example is not None:
                yield row, number, example

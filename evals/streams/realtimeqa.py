"""RealTime QA: weekly news quizzes, with the dated articles that a search found for them then.

Kasai et al., "RealTime QA: What's the Answer Right Now?", arXiv 2207.13332. Read from a converted
form (`questions.jsonl` and `docs.jsonl.gz`, or the `small_` ones), or as published by
realtimeqa/realtimeqa_public (see `realtimeqa_weeks`).

A question is asked at the end of the day on which its quiz appeared, since "this week" in it means
the week before that day. Its articles were searched later, a day in the median but up to 133 days,
so that a moment after the search would move "this week" by months. What was published between the
quiz and the search is told, but nobody may use it for that question; `asked="search"` lets them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pydantic

from evals.streams.articles import read_articles
from evals.streams.drafts import Drafts, Every
from evals.streams.files import at, read_jsonl, required, required_date, required_texts
from evals.streams.realtimeqa_weeks import Quiz, read_weeks, weekly_files
from evals.types import Example, Form, SourceDocument, Stream
from rag_lifelong.errors import EvalError

_CONTAMINATION = "news since June 2022: models trained later may know the answers"
_SECOND = timedelta(seconds=1)
_PREFIXES = {"small": "small_", "full": ""}


@pydantic.validate_call
def load(
    path: Path,
    *,
    seed: int = 0,
    part: Literal["small", "full"] = "small",
    every: Every = Every.HALF_YEAR,
    asked: Literal["quiz", "search"] = "quiz",
    lead: pydantic.PositiveInt | None = None,
) -> Stream:
    """The stream of RealTime QA, in periods of the calendar.

    Args:
        path: A folder in the converted form, the published repository, or its folder `past`.
        seed: Not used: nothing is drawn.
        part: Of the converted form, which questions and articles.
        every: How long a period is.
        asked: Whether questions are asked at the end of the day of their quiz, or of the day on
            which articles were searched for them.
        lead: How many characters of each article are told; by default all. The answer may stand
            in what is left out, so scores compare only among runs of the same lead.

    Raises:
        EvalError: If a file is missing, or a line not as published.
    """
    weeks = weekly_files(path)
    if weeks:
        quizzes, documents, left_out = read_weeks(weeks)
    else:
        quizzes, left_out = _read_questions(path / f"{_PREFIXES[part]}questions.jsonl")
        documents = list(read_articles(path / f"{_PREFIXES[part]}docs.jsonl.gz"))
    if not quizzes:
        raise EvalError(f"{path}: no questions")
    if lead is not None:
        documents = [replace(document, text=document.text[:lead]) for document in documents]
    published = {document.doc_id: document.published_at for document in documents}
    examples = [_example(quiz, published, asked) for quiz in quizzes]
    drafts = Drafts()
    for asked_at, example in examples:
        drafts[every.around(asked_at)].examples.append(example)
    left_out += _tell(drafts, documents, every)
    left_out["gold articles published after the question is asked"] = sum(
        len(quiz.gold) - len(example.gold_docs)
        for quiz, (_, example) in zip(quizzes, examples, strict=True)
    )
    return Stream(
        name="realtimeqa",
        periods=drafts.periods(every.name_of),
        contamination=_CONTAMINATION,
        notes=_notes(left_out) + (f"; the first {lead} characters of each article" if lead else ""),
    )


def _read_questions(path: Path) -> tuple[list[Quiz], Counter[str]]:
    """The questions that are not marked as excluded or repeated, and how many were."""
    quizzes = []
    left_out: Counter[str] = Counter()
    ids: Counter[str] = Counter()
    for line, row in read_jsonl(path):
        where = at(path, line)
        if required(row, "exclude", where, bool):
            left_out["questions marked as excluded (yes/no keys and the like)"] += 1
        elif required(row, "duplicate", where, bool):
            left_out["questions asked before"] += 1
        else:
            quiz = _quiz(row, where)
            ids[quiz.quiz_id] += 1
            quizzes.append(quiz.numbered(ids[quiz.quiz_id]))
    return quizzes, left_out


def _quiz(row: Mapping[str, Any], where: str) -> Quiz:
    return Quiz(
        quiz_id=required(row, "qid", where),
        question=required(row, "question", where),
        answers=required_texts(row, "answers", where),
        day=required_date(row, "question_time", where),
        searched=required_date(row, "index_cutoff", where),
        gold=required_texts(row, "gold_docs", where),
    )


def _example(quiz: Quiz, published: Mapping[str, datetime], asked: str) -> tuple[datetime, Example]:
    """A question and when it is asked: in the last second of a day.

    An article known by its day alone counts as published when the day starts. So all of the day's
    articles may be used, and none of the next day's.
    """
    day = quiz.day if asked == "quiz" else quiz.searched
    asked_at = day.end - _SECOND
    return asked_at, Example(
        example_id=quiz.quiz_id,
        wordings=(quiz.question,),
        asked_at=asked_at,
        answers=quiz.answers,
        cluster=quiz.quiz_id,
        form=Form.NOW,
        gold_docs=tuple(d for d in quiz.gold if d in published and published[d] <= asked_at),
    )


def _tell(drafts: Drafts, documents: Sequence[SourceDocument], every: Every) -> Counter[str]:
    """Put the articles into their periods; those from before the first are told in it."""
    first, last = drafts.stretches[0], drafts.stretches[-1]
    left_out: Counter[str] = Counter()
    for document in documents:
        if document.published_at >= last.end:
            left_out["articles published after the last period"] += 1
            continue
        period = every.around(max(document.published_at, first.start))
        drafts[period].documents.append(document)
    return left_out


def _notes(left_out: Mapping[str, int]) -> str:
    counts = ", ".join(f"{count} {what}" for what, count in sorted(left_out.items()) if count)
    return (
        f"left out: {counts or 'nothing'}; gold articles are silver: they contain the answer and "
        "are at most 30 days older than the question, about one in seven by accident, and many "
        "questions have none; articles from before the first period are told in it"
    )

"""RealTime QA: weekly news quizzes, with the dated articles that a search found for them then.

Kasai et al., "RealTime QA: What's the Answer Right Now?", arXiv 2207.13332. Read from a converted
form (`questions.jsonl` and `docs.jsonl.gz`, or the `small_` ones), or as published by
realtimeqa/realtimeqa_public (see `realtimeqa_weeks`).

A question is asked at the end of the day on which its quiz appeared, since "this week" in it means
the week before that day. Its articles were searched later, a day in the median but up to 133 days,
so that a moment after the search would move "this week" by months. What was published between the
quiz and the search is told, but nobody may use it for that question; `asked="search"` lets them.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from evals.streams.articles import read_articles
from evals.streams.drafts import Drafts, Every
from evals.streams.files import at, read_jsonl, required, required_date, required_texts
from evals.streams.realtimeqa_early import Archive, asked_early
from evals.streams.realtimeqa_weeks import Quiz, read_weeks, weekly_files
from evals.types import Example, Form, SourceDocument, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, parse_when

_CONTAMINATION = "news since June 2022: models trained later may know the answers"
_SECOND = timedelta(seconds=1)
_PREFIXES = {"small": "small_", "full": ""}


def _span(text: object) -> object:
    """The time from the first of two dates to the end of the last, both taken in."""
    if not isinstance(text, str):
        return text
    first, dots, last = text.partition("..")
    return Interval(parse_when(first)[0].start, parse_when(last if dots else first)[0].end)


Span = Annotated[Interval, pydantic.BeforeValidator(_span)]


@pydantic.validate_call
def load(  # noqa: PLR0913  each is an option of the command line
    path: Path,
    *,
    seed: int = 0,
    part: Literal["small", "full"] = "small",
    dates: Span | None = None,
    sample: pydantic.PositiveInt | None = None,
    every: Every = Every.HALF_YEAR,
    older: Literal["first", "apart"] = "first",
    asked: Literal["quiz", "search"] = "quiz",
    unanswerable: bool = False,
    lead: pydantic.PositiveInt | None = None,
) -> Stream:
    """The stream of RealTime QA, in periods of the calendar.

    Args:
        path: A folder in the converted form, the published repository, or its folder `past`.
        seed: Draws the sample.
        part: Of the converted form, which questions and articles.
        dates: Only questions asked then, as in `2022..2023` or `2022-06`; all articles up to the
            last period with one are told all the same.
        sample: How many of these questions are asked; each is as likely to be drawn as any other,
            whether or not an article answers it. By default all.
        every: How long a period is.
        older: Whether articles from before the first period are told in it, or `apart`, in a period
            of their own before it, which is then all that `stale-index` has.
        asked: Whether questions are asked at the end of the day of their quiz, or of the day on
            which articles were searched for them.
        unanswerable: Ask each question with a gold article on the evening before the first of these
            too, where abstaining is right, unless an article published by then has the answer.
        lead: How many characters of each article are told; by default all. The answer may stand
            in what is left out, so scores compare only among runs of the same lead.

    Raises:
        EvalError: If a file is missing, or a line not as published.
    """
    quizzes, documents, left_out = _read(path, part)
    if lead is not None:
        documents = [replace(document, text=document.text[:lead]) for document in documents]
    usable = [quiz for quiz in quizzes if dates is None or _asked_at(quiz, asked) in dates]
    if not usable:
        raise EvalError(f"{path}: no questions")
    drawn = usable if sample is None else _draw(usable, sample, seed)
    left_out["questions asked at other times"] = len(quizzes) - len(usable)
    left_out["questions not drawn"] = len(usable) - len(drawn)

    published = {document.doc_id: document.published_at for document in documents}
    examples = [_example(quiz, published, _asked_at(quiz, asked)) for quiz in drawn]
    left_out["gold articles published after the question is asked"] = sum(
        len(quiz.gold) - len(example.gold_docs)
        for quiz, example in zip(drawn, examples, strict=True)
    )
    # All that could have been drawn bounds the periods, so that every seed has the same ones.
    stretches = sorted({every.around(_asked_at(quiz, asked)) for quiz in usable})
    archive = Archive(documents if unanswerable else ())
    drafts = Drafts()
    for stretch in stretches:
        here = [example for example in examples if example.asked_at and example.asked_at in stretch]
        drafts[stretch].examples.extend(here)
        if unanswerable:
            drafts[stretch].examples.extend(_early(here, published, archive))
    left_out += _tell(drafts, documents, every, is_apart=older == "apart")
    return Stream(
        name="realtimeqa",
        periods=drafts.periods(lambda when: _name(when, stretches[0], every)),
        contamination=_CONTAMINATION,
        notes=_notes(left_out) + (f"; the first {lead} characters of each article" if lead else ""),
    )


def _read(path: Path, part: str) -> tuple[list[Quiz], list[SourceDocument], Counter[str]]:
    """The usable questions, the articles, and how many questions and articles are not used."""
    weeks = weekly_files(path)
    if weeks:
        return read_weeks(weeks)
    quizzes, left_out = _read_questions(path / f"{_PREFIXES[part]}questions.jsonl")
    return quizzes, list(read_articles(path / f"{_PREFIXES[part]}docs.jsonl.gz")), left_out


def _early(
    examples: Sequence[Example], published: Mapping[str, datetime], archive: Archive
) -> Iterator[Example]:
    """Those with a gold article as asked before it, where nothing else told the answer by then."""
    for example in examples:
        first_told = min((published[doc_id] for doc_id in example.gold_docs), default=None)
        early = first_told and asked_early(example, first_told, archive)
        if early:
            yield early


def _draw(quizzes: Sequence[Quiz], n: int, seed: int) -> list[Quiz]:
    """At most so many of the questions, in their order, all equally likely."""
    places = random.Random(seed).sample(range(len(quizzes)), min(n, len(quizzes)))
    return [quizzes[place] for place in sorted(places)]


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
        passage=required(row, "evidence_passage", where) if "evidence_passage" in row else "",
    )


def _asked_at(quiz: Quiz, asked: str) -> datetime:
    """When a question is asked: in the last second of a day.

    An article known by its day alone counts as published when the day starts. So all of the day's
    articles may be used, and none of the next day's.
    """
    day = quiz.day if asked == "quiz" else quiz.searched
    return day.end - _SECOND


def _example(quiz: Quiz, published: Mapping[str, datetime], asked_at: datetime) -> Example:
    return Example(
        example_id=quiz.quiz_id,
        wordings=(quiz.question,),
        asked_at=asked_at,
        answers=quiz.answers,
        cluster=quiz.quiz_id,
        form=Form.NOW,
        gold_docs=tuple(d for d in quiz.gold if d in published and published[d] <= asked_at),
        passage=quiz.passage,
    )


def _tell(
    drafts: Drafts, documents: Sequence[SourceDocument], every: Every, *, is_apart: bool
) -> Counter[str]:
    """Put the articles into their periods; those from before the first into it, or one apart."""
    first, last = drafts.stretches[0], drafts.stretches[-1]
    oldest = min((document.published_at for document in documents), default=first.start)
    before = Interval(every.around(oldest).start, first.start) if is_apart else first
    left_out: Counter[str] = Counter()
    for document in documents:
        if document.published_at >= last.end:
            left_out["articles published after the last period"] += 1
        elif document.published_at < first.start:
            drafts[before].documents.append(document)
        else:
            drafts[every.around(document.published_at)].documents.append(document)
    return left_out


def _name(when: Interval, first: Interval, every: Every) -> str:
    before = f"before {every.name_of(first)}"
    return before if when.start < first.start else every.name_of(when)


def _notes(left_out: Mapping[str, int]) -> str:
    counts = ", ".join(f"{count} {what}" for what, count in sorted(left_out.items()) if count)
    return (
        f"left out: {counts or 'nothing'}; gold articles are silver: they contain the answer and "
        "are at most 30 days older than the question, about one in seven by accident, and many "
        "questions have none"
    )

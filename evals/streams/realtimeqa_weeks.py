"""The weekly files of RealTime QA as published by realtimeqa/realtimeqa_public.

Under `past/YEAR/`, for each week, `YYYYMMDD_qa.jsonl` holds the questions (`question_id`,
`question_date`, `question_sentence`, `choices`, and `answer`, the places of the right choices) and
`YYYYMMDD_gcs.jsonl` what a search found for each (`search_time`, `search_result`). Files of other
names there (`_qa_nota`, `_dpr`, what systems answered) are not read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evals.streams.files import at, read_jsonl, required, required_texts
from evals.types import SourceDocument
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, parse_when

_WEEK = re.compile(r"\d{8}_qa\.jsonl")
_QUOTES = " \t\"'“”‘’"
_NO_NAMES = frozenset({"yes", "no", "true", "false", "all of the above", "none of the above"})
"""Answers that a text cannot contain."""
_FRESH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """A question of a quiz."""

    quiz_id: str
    question: str
    answers: tuple[str, ...]
    day: Interval
    """When the quiz appeared."""
    searched: Interval
    """The day on which articles were searched for it."""
    gold: tuple[str, ...]
    """Articles that contain the answer and are at most 30 days older (silver)."""
    passage: str = ""
    """The quiz's own explanation of its answer, where it was published."""

    def numbered(self, times: int) -> "Quiz":
        """The question under a name of its own, where its name is met the second time or later."""
        return self if times == 1 else replace(self, quiz_id=f"{self.quiz_id}-{times}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What was found for a question."""

    day: Interval
    articles: tuple[SourceDocument, ...]


def weekly_files(path: Path) -> list[Path]:
    """The files of questions under a folder `past`, or under the folder itself, by week."""
    past = path / "past"
    found = (past if past.is_dir() else path).rglob("*_qa.jsonl")
    return sorted((file for file in found if _WEEK.fullmatch(file.name)), key=lambda f: f.name)


def read_weeks(files: Sequence[Path]) -> tuple[list[Quiz], list[SourceDocument], Counter[str]]:
    """The questions in order, the articles found for them, and what was left out and how often.

    An article found again in a later week is taken as it was first found.

    Raises:
        EvalError: If a line is not as published.
    """
    quizzes: list[Quiz] = []
    articles: dict[str, SourceDocument] = {}
    left_out: Counter[str] = Counter()
    asked: set[str] = set()
    for file in files:
        searches = _read_searches(file, left_out)
        for search in searches.values():
            for article in search.articles:
                articles.setdefault(article.doc_id, article)
        for line, row in read_jsonl(file):
            quiz = _quiz(row, at(file, line), searches)
            if reason := _unfit(quiz, asked):
                left_out[reason] += 1
            else:
                asked.add(quiz.question.casefold())
                quizzes.append(quiz)
    return quizzes, list(articles.values()), left_out


def _unfit(quiz: Quiz, asked: set[str]) -> str:
    """Why a question is left out, or nothing."""
    if not quiz.answers:
        return "questions whose key names none of their choices"
    if any(answer.casefold() in _NO_NAMES for answer in quiz.answers):
        return "questions with yes/no keys and the like"
    if quiz.question.casefold() in asked:
        return "questions asked before"
    return ""


def _quiz(row: Mapping[str, Any], where: str, searches: Mapping[str, _Search]) -> Quiz:
    quiz_id = required(row, "question_id", where)
    day = _day(row, "question_date", where)
    choices = required(row, "choices", where, list)
    answers = tuple(
        str(choices[int(place)]).strip(_QUOTES)
        for place in required_texts(row, "answer", where)
        if place.isdecimal() and int(place) < len(choices)
    )
    search = searches.get(quiz_id, _Search(day=day, articles=()))
    return Quiz(
        quiz_id=quiz_id,
        question=required(row, "question_sentence", where),
        answers=answers,
        day=day,
        searched=search.day,
        gold=tuple(_silver(search.articles, answers, day.start)),
        passage=required(row, "evidence", where) if "evidence" in row else "",
    )


def _silver(
    articles: Sequence[SourceDocument], answers: Sequence[str], asked: datetime
) -> Iterator[str]:
    """The fresh articles that contain an answer."""
    said = re.compile("|".join(rf"(?<!\w){re.escape(a)}(?!\w)" for a in answers), re.IGNORECASE)
    for article in articles:
        text = f"{article.title} {article.text}"
        if answers and asked - article.published_at <= _FRESH and said.search(text):
            yield article.doc_id


def _read_searches(questions: Path, left_out: Counter[str]) -> dict[str, _Search]:
    """What was found for each question of a week; nothing if that file is not there."""
    path = questions.with_name(questions.name.replace("_qa.", "_gcs."))
    if not path.exists():
        left_out["weeks without search results"] += 1
        return {}
    searches = {}
    for line, row in read_jsonl(path):
        where = at(path, line)
        searches[required(row, "question_id", where)] = _Search(
            day=_day(row, "search_time", where), articles=_articles(row, where, left_out)
        )
    return searches


def _articles(
    row: Mapping[str, Any], where: str, left_out: Counter[str]
) -> tuple[SourceDocument, ...]:
    """What was found for a question, as far as it has a date and a text."""
    articles = []
    for found in required(row, "search_result", where, list):
        if not isinstance(found, dict):
            raise EvalError(f"{where}: 'search_result' must be a list of objects: {found!r:.60}")
        if found.get("publish_date") and found.get("text"):
            articles.append(_article(found, where))
        else:
            left_out["articles found without date or text"] += 1
    return tuple(articles)


def _article(found: Mapping[str, Any], where: str) -> SourceDocument:
    url = required(found, "url", where)
    return SourceDocument(
        doc_id=url,
        title=required(found, "title", where),
        text=required(found, "text", where),
        published_at=_day(found, "publish_date", where).start,
        url=url,
    )


def _day(row: Mapping[str, Any], key: str, where: str) -> Interval:
    """A date written `2022/06/24`, or a time of it written `2022/06/24/14:15`."""
    text = required(row, key, where)
    try:
        return parse_when("-".join(text.split("/")[:3]))[0]
    except ValueError as error:
        raise EvalError(f"{where}: {key!r}: {error}") from error

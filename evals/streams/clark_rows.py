"""The files of CLARK as published: dated documents, and questions with their answers over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evals.streams.files import at, read_jsonl, required, required_date, required_texts
from evals.types import SourceDocument
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import MIN_TIME, Interval, parse_when

_SECOND = timedelta(seconds=1)
_ALWAYS, _FOR_EVER = "0000-00-00", "9999-12-31"
"""How the published histories write a start or an end that is not known."""

Span = tuple[str, datetime, datetime | None]
"""A value, since when, and until when (None: it still holds)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A document, and the part of the key that says what it states."""

    document: SourceDocument
    subject: str
    value: str
    is_month_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A published question, asked at one of the dates."""

    qid: str
    period: str
    question: str
    day: Interval
    answers: tuple[str, ...]
    is_open: bool
    relation: str
    history: tuple[Span, ...]
    linked: tuple[str, ...]
    """The documents published as gold or stale."""

    @property
    def asked_at(self) -> datetime:
        """The last second of the day: its documents are seen, the next day's are not."""
        return self.day.end - _SECOND

    def answers_at(self, moment: datetime) -> frozenset[str]:
        """What the published history holds true at a moment, told or not."""
        return frozenset(
            value
            for value, since, until in self.history
            if since <= moment and (until is None or moment < until)
        )


def read_documents(path: Path) -> tuple[list[Told], int]:
    """The documents in order, and how many are left out because they have no text.

    Raises:
        EvalError: If the file is missing, or a line not as published.
    """
    told = [_told(row, at(path, line)) for line, row in read_jsonl(path)]
    kept = [one for one in told if one.document.text.strip()]
    return kept, len(told) - len(kept)


def _told(row: Mapping[str, Any], where: str) -> Told:
    day = required_date(row, "timestamp", where)
    document = SourceDocument(
        doc_id=required(row, "doc_id", where),
        title=required(row, "title", where),
        text=required(row, "text", where),
        published_at=day.start,
        url=required(row, "url", where),
    )
    return Told(
        document=document,
        subject=required(row, "subject", where),
        value=required(row, "object", where),
        is_month_only=required(row, "timestamp_precision", where) == "month",
    )


def read_questions(path: Path) -> list[Row]:
    """The questions of all dates, open and yes/no, in order.

    Raises:
        EvalError: If the file is missing, empty, or a line not as published.
    """
    rows = [_row(row, at(path, line)) for line, row in read_jsonl(path)]
    if not rows:
        raise EvalError(f"{path}: no questions")
    return rows


def _row(row: Mapping[str, Any], where: str) -> Row:
    return Row(
        qid=required(row, "qid", where),
        period=required(row, "period", where),
        question=required(row, "question", where),
        day=required_date(row, "question_time", where),
        answers=required_texts(row, "answers", where),
        is_open=required(row, "type", where) == "open",
        relation=required(row, "relation", where),
        history=tuple(_span(span, where) for span in required(row, "answer_history", where, list)),
        linked=required_texts(row, "gold_docs", where) + required_texts(row, "stale_docs", where),
    )


def _span(span: Any, where: str) -> Span:
    try:
        value, since, until = span
        start = MIN_TIME if since == _ALWAYS else parse_when(since)[0].start
        return value, start, None if until == _FOR_EVER else parse_when(until)[0].start
    except (TypeError, ValueError, AttributeError) as error:
        raise EvalError(
            f"{where}: 'answer_history' must hold [value, from, to]: {span!r:.60}"
        ) from error

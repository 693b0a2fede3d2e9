"""SituatedQA, temporal part: the same question as of several dates, with different answers.

Zhang & Choi, "SituatedQA: Incorporating Extra-Linguistic Contexts into QA", arXiv 2109.06157. Read
from `data/qa_data/temp.{train,dev,test}.jsonl` as published by mikejqzhang/SituatedQA: one JSON
object a line with `question`, `id`, `edited_question` (the question with its date), `date` (a year
or a day), `date_type`, `answer` and `any_answer`. It comes without documents.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from evals.streams.drafts import Drafts, Every
from evals.streams.files import at, read_jsonl, required, required_texts
from evals.types import Cohort, Example, Form, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, parse_when

_CONTAMINATION = "facts up to 2021, most of them on Wikipedia: models know many of them"
_SECOND = timedelta(seconds=1)
_FOLDERS = ("", "qa_data", "data/qa_data")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A question as of a date."""

    question_id: int
    question: str
    dated: str
    date: str
    when: Interval
    is_start: bool
    """Whether the date is the one on which the answer became right."""
    answers: tuple[str, ...]


@pydantic.validate_call
def load(
    path: Path,
    *,
    seed: int = 0,
    split: Literal["train", "dev", "test"] = "test",
    every: Every = Every.YEAR,
    since: Annotated[int, pydantic.Field(ge=1, le=9998)] = 2000,
) -> Stream:
    """The stream of SituatedQA: periods with questions and no documents.

    It measures what a model knows by itself, and of which time.

    Args:
        path: A file, or the folder that holds it.
        seed: Not used: nothing is drawn.
        split: Which file of a folder.
        every: How long a period is. A question as of a year is counted at the year's end.
        since: The year from which there are periods; earlier dates are counted in the first.

    Raises:
        EvalError: If the file is missing, or a line not as published.
    """
    file = _file(path, split)
    timelines, left_out = _read(file)
    if not timelines:
        raise EvalError(f"{file}: no questions")
    earliest = datetime(since, 1, 1, tzinfo=UTC)
    drafts = Drafts()
    older = 0
    for rows in timelines.values():
        for row in rows:
            moment = row.when.end - _SECOND
            older += moment < earliest
            drafts[every.around(max(moment, earliest))].examples.append(_example(row, rows))
    return Stream(
        name="situatedqa",
        periods=drafts.periods(every.name_of),
        contamination=_CONTAMINATION,
        notes=f"no documents; {older} questions as of a date before {since} are counted in the "
        f"first period; {left_out} questions with the same date as another are left out; the "
        "second and third wordings are ours, made of the published text",
    )


def _file(path: Path, split: str) -> Path:
    if path.is_file():
        return path
    names = [path / folder / f"temp.{split}.jsonl" for folder in _FOLDERS]
    found = next((name for name in names if name.is_file()), None)
    if found is None:
        raise EvalError(f"no temp.{split}.jsonl in {path}", hint="it lies in data/qa_data")
    return found


def _read(path: Path) -> tuple[dict[int, list[_Row]], int]:
    """The dates of each question, and how many rows repeated a date of their question.

    A date may be given both as a start and as a sample; it is then a start.
    """
    timelines: dict[int, dict[str, _Row]] = defaultdict(dict)
    n_rows = 0
    for line, row in read_jsonl(path):
        read = _row(row, at(path, line))
        dates = timelines[read.question_id]
        first = dates.get(read.date, read)
        dates[read.date] = replace(first, is_start=first.is_start or read.is_start)
        n_rows += 1
    kept = {name: list(rows.values()) for name, rows in timelines.items()}
    return kept, n_rows - sum(map(len, kept.values()))


def _row(row: Mapping[str, Any], where: str) -> _Row:
    answers = required_texts(row, "answer", where)
    if not answers:
        raise EvalError(f"{where}: no answer")
    date = required(row, "date", where)
    return _Row(
        question_id=required(row, "id", where, int),
        question=required(row, "question", where),
        dated=required(row, "edited_question", where),
        date=date,
        when=_when(date, where),
        is_start=required(row, "date_type", where) == "start",
        answers=answers,
    )


def _when(date: str, where: str) -> Interval:
    """A year, or a day as it is written in English: `December 13, 1999`."""
    try:
        if date.isdecimal():
            return parse_when(date)[0]
        return parse_when(f"{datetime.strptime(date, '%B %d, %Y').replace(tzinfo=UTC):%Y-%m-%d}")[0]
    except ValueError as error:
        raise EvalError(
            f"{where}: 'date' must be a year or like December 13, 1999: {date!r}"
        ) from error


def _example(row: _Row, timeline: Sequence[_Row]) -> Example:
    superseded = _answers(other for other in timeline if other.when.end <= row.when.start)
    later = _answers(other for other in timeline if other.when.start >= row.when.end)
    cohort = Cohort.UNCHANGED
    if row.is_start:
        cohort = Cohort.UPDATED if superseded else Cohort.NEW
    return Example(
        example_id=f"{row.question_id}@{row.date}",
        wordings=(
            row.dated,
            f"as of {row.date}, {row.question}",
            f"the question is about {row.date}: {row.question}",
        ),
        answers=row.answers,
        superseded=tuple(answer for answer in superseded if answer not in row.answers),
        later=tuple(answer for answer in later if answer not in row.answers),
        cluster=str(row.question_id),
        cohort=cohort,
        form=Form.AS_OF,
        window=row.when,
    )


def _answers(rows: Iterable[_Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer for row in rows for answer in row.answers))

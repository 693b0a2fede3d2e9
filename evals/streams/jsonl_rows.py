"""The rows of a user's own files, as they are written: what each may hold, and of which type."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from evals.streams.files import at, read_json, read_jsonl
from evals.types import Cohort, Form
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, Precision, parse_when

_INSTANT = timedelta(microseconds=1)

Text = Annotated[str, Field(min_length=1)]


def _interval(date: object) -> Interval:
    """What a date names; a year may also be a number."""
    return parse_when(str(date))[0]


def _start(date: object) -> datetime:
    return _interval(date).start


def _last(date: object) -> datetime:
    """The last moment of what a date names; of an instant, itself."""
    when, precision = parse_when(str(date))
    return when.start if precision is Precision.SECOND else when.end - _INSTANT


Start = Annotated[datetime, PlainValidator(_start)]
"""A date that means the moment it begins: `2019-06` is 1 June 2019, 00:00 UTC."""
Last = Annotated[datetime, PlainValidator(_last)]
"""A date that means the moment it is over: `2019-06` is the last moment of June 2019."""
When = Annotated[Interval, PlainValidator(_interval)]
"""A date that means all the time it names."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
"""One text or a list of texts."""


class _Row(BaseModel):
    """An object whose every field is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentRow(_Row):
    """A line of `documents.jsonl`."""

    id: Text
    text: Text
    date: Start
    title: str = ""
    url: str = ""
    revises: str = ""
    period: Text | None = None


class FactRow(_Row):
    """One value of a `history`."""

    value: Text
    begins: Annotated[Start, Field(alias="from")]
    ends: Annotated[Start | None, Field(alias="to")] = None
    told: Start | None = None
    end_told: Start | None = None
    aliases: Texts = ()
    docs: Texts = ()
    statement: str = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.ends is not None and self.ends <= self.begins:
            raise ValueError("'to' is not after 'from'")
        return self


class QuestionRow(_Row):
    """A line of `questions.jsonl`."""

    id: Text
    question: Text | None = None
    wordings: Texts = ()
    answers: Texts | None = None
    history: tuple[FactRow, ...] = ()
    asked_at: Last | None = None
    about: When | None = None
    superseded: Texts = ()
    later: Texts = ()
    gold_docs: Texts = ()
    stale_docs: Texts = ()
    cluster: str = ""
    cohort: Cohort = Cohort.ANY
    form: Form = Form.TIMELESS
    period: Text | None = None
    subject: str = ""
    relation: str = ""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.all_wordings:
            raise ValueError("neither 'question' nor 'wordings'")
        if self.answers is None and not self.history:
            raise ValueError("neither 'answers' nor a 'history' ([] if abstaining is right)")
        kept = sorted(self.model_fields_set & _FOLLOW_FROM_HISTORY)
        if self.answers is None and kept:
            raise ValueError(f"{', '.join(kept)}: without 'answers' this follows from 'history'")
        return self

    @property
    def all_wordings(self) -> tuple[str, ...]:
        """The question and other ways to ask it, each once."""
        own = (self.question,) if self.question else ()
        return tuple(dict.fromkeys((*own, *self.wordings)))


_FOLLOW_FROM_HISTORY = frozenset(
    {"asked_at", "about", "superseded", "later", "gold_docs", "stale_docs", "cohort", "form"}
)


class PeriodRow(_Row):
    """An entry of `periods.json`."""

    name: Text
    start: Start
    end: Start

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"period {self.name!r} does not end after it starts")
        return self


R = TypeVar("R", bound=BaseModel)


def read_rows(path: Path, kind: type[R]) -> Iterator[tuple[str, R]]:
    """The rows of a file, each with its place.

    Raises:
        EvalError: If the file cannot be read or a line is not such a row, naming file and line.
    """
    for line, row in read_jsonl(path):
        where = at(path, line)
        try:
            yield where, kind.model_validate(row)
        except ValidationError as error:
            raise _refused(where, error) from error


def read_periods(path: Path) -> dict[Interval, str]:
    """The periods of a file and their names, in order.

    Raises:
        EvalError: If the file is not a list of periods that follow one another.
    """
    try:
        rows = TypeAdapter(tuple[PeriodRow, ...]).validate_python(read_json(path))
    except ValidationError as error:
        raise _refused(str(path), error) from error
    if not rows:
        raise EvalError(f"{path}: no periods")
    for one, other in pairwise(rows):
        if other.start < one.end:
            raise EvalError(f"{path}: period {other.name!r} starts before {one.name!r} ends")
    if len({row.name for row in rows}) < len(rows):
        raise EvalError(f"{path}: two periods have the same name")
    return {Interval(row.start, row.end): row.name for row in rows}


def _refused(where: str, error: ValidationError) -> EvalError:
    """The first thing that is wrong with a row."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    return EvalError(f"{where}: {f'{field}: ' if field else ''}{message}")

"""Your own documents and questions: a folder with two or three files.

`documents.jsonl`: one JSON object a line.

* `id`, `text`, `date` (when it was published): needed.
* `title`, `url`: as shown; empty if missing.
* `revises`: name of the thing this is a later revision of (a page edited in place); the revision it
  replaces then ends.
* `period`: name of the period it is told in, if that is later than its date says.

`questions.jsonl`: one JSON object a line, of one of two sorts.

* `id`, and `question` or `wordings` (a list; with both, `question` comes first): needed.
* With `answers`, a question whose answer does not change: a list of right answers, any of which
  will do; `[]` if abstaining is right. It may have `asked_at` (nothing published later may count),
  `about` (the time asked about), `superseded` and `later` (values before and after the right one),
  `gold_docs` and `stale_docs` (ids of documents that state the answer, or a superseded value),
  `cohort` and `form` (of `evals.types.Cohort` and `Form`), `period` (name of the one it belongs to)
  and `history`, which lets bounds and perfect reading know what was told of the fact.
* Without `answers`, a question in the present tense, put again after each period: it must have a
  `history`, from which its answer follows.
* Both may have `cluster` (what questions about one thing share: the unit of statistics), `subject`
  and `relation`.

A `history` is a list of values, each with `value` and `from`, and perhaps `to` (when it ended),
`told` and `end_told` (when a document first said that it began and ended; else it is told when it
begins and ends), `aliases`, `docs` (ids of documents that state it) and `statement` (a sentence).

`periods.json`: a list of `{"name", "start", "end"}`, one after another. Without it, periods are
calendar quarters, or what `every` says. What is dated before the first is told in it; what is dated
after the last is left out and counted. A question belongs to the period it names; else to that of
`asked_at`; else to the first by whose end the time it is `about` is over and one of its `gold_docs`
is told; one in the present tense to the period that first tells of it.

Dates are `2019`, `2019-06`, `2019-06-01` or instants. All mean their first moment, but `asked_at`
means the last one, and `about` all the time it names. A name that is not listed here is an error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import validate_call

from evals.streams.drafts import Drafts, Every
from evals.streams.jsonl_rows import DocumentRow, QuestionRow, read_periods, read_rows
from evals.types import Cohort, Example, Fact, SourceDocument, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval

_INSTANT = timedelta(microseconds=1)


@validate_call
def load(
    path: Path,
    *,
    seed: int = 0,
    every: Every = Every.QUARTER,
    contamination: str = "not stated: models may have read the documents in their training",
) -> Stream:
    """The stream of a folder.

    Args:
        path: The folder.
        seed: Not used: everything is taken.
        every: How long a period is, without `periods.json`.
        contamination: Why models may know the answers; empty if they cannot.

    Raises:
        EvalError: If a file is missing or a line is not in the layout, naming file and line.
    """
    named = path / "periods.json"
    calendar = _Calendar(every, read_periods(named) if named.exists() else {})
    documents = _Documents(calendar, read_rows(path / "documents.jsonl", DocumentRow))
    drafts = Drafts()
    for period, told in documents.told.items():
        drafts[period].documents.extend(told)
    asked: set[str] = set()
    for where, row in read_rows(path / "questions.jsonl", QuestionRow):
        _once(row.id, asked, where)
        documents.check(row, where)
        period = calendar.period_of(row, documents, where)
        if row.answers is None:
            drafts[period].standing.append(_standing(row))
        else:
            drafts[period].examples.append(_example(row, row.answers))
    if not drafts.stretches:
        raise EvalError(f"{path}: no documents and no questions")
    left_out = documents.left_out
    return Stream(
        name="jsonl",
        periods=drafts.periods(calendar.name_of),
        contamination=contamination,
        notes=f"documents after the last period, left out: {left_out}" if left_out else "",
    )


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The periods: those that are named, or calendar units."""

    every: Every
    names: Mapping[Interval, str]

    def name_of(self, period: Interval) -> str:
        return self.names.get(period) or self.every.name_of(period)

    def around(self, moment: datetime) -> Interval | None:
        """The first period that ends after a moment; None after the last."""
        if not self.names:
            return self.every.around(moment)
        return next((period for period in self.names if moment < period.end), None)

    def named(self, name: str, where: str) -> Interval:
        """The period of a name."""
        for period, known in self.names.items():
            if known == name:
                return period
        known_names = ", ".join(self.names.values())
        raise EvalError(
            f"{where}: no period {name!r}",
            hint=f"periods.json has {known_names}" if known_names else "name it in periods.json",
        )

    def period_of(self, row: QuestionRow, documents: "_Documents", where: str) -> Interval:
        """The period a question belongs to."""
        if row.period is not None:
            return self.named(row.period, where)
        moment = _settled(row, documents)
        if moment is None:
            raise EvalError(
                f"{where}: nothing says which period the question belongs to",
                hint="give it a 'period', 'asked_at', 'about' or 'gold_docs'",
            )
        period = self.around(moment)
        if period is None:
            raise EvalError(f"{where}: the question is of {moment:%Y-%m-%d}, after the last period")
        return period


class _Documents:
    """The documents by period.

    Attributes:
        told: Those of each period.
        left_out: How many are published after the last period.
    """

    def __init__(self, calendar: _Calendar, rows: Iterable[tuple[str, DocumentRow]]) -> None:
        self.told: dict[Interval, list[SourceDocument]] = {period: [] for period in calendar.names}
        self.left_out = 0
        self._known: set[str] = set()
        self._told_by: dict[str, datetime] = {}
        for where, row in rows:
            _once(row.id, self._known, where)
            period = (
                calendar.around(row.date)
                if row.period is None
                else calendar.named(row.period, where)
            )
            if period is None:
                self.left_out += 1
                continue
            if period.end <= row.date:
                raise EvalError(f"{where}: published after its period {row.period!r} ends")
            self.told.setdefault(period, []).append(_document(row))
            self._told_by[row.id] = period.end - _INSTANT

    def first_told(self, doc_ids: Iterable[str]) -> list[datetime]:
        """The last moment of the first period that tells one of the documents, if any does."""
        told = [self._told_by[doc_id] for doc_id in doc_ids if doc_id in self._told_by]
        return [min(told)] if told else []

    def check(self, row: QuestionRow, where: str) -> None:
        """Refuse a question that names a document which is not there."""
        named = [*row.gold_docs, *row.stale_docs, *(d for fact in row.history for d in fact.docs)]
        for doc_id in named:
            if doc_id not in self._known:
                raise EvalError(f"{where}: no document {doc_id!r} in documents.jsonl")


def _settled(row: QuestionRow, documents: _Documents) -> datetime | None:
    """A moment in the period by whose end a question can be asked, if anything tells."""
    if row.answers is None:
        return min(fact.told or fact.begins for fact in row.history)
    if row.asked_at is not None:
        return row.asked_at
    about = [row.about.end - _INSTANT] if row.about else []
    return max([*about, *documents.first_told(row.gold_docs)], default=None)


def _once(name: str, known: set[str], where: str) -> None:
    if name in known:
        raise EvalError(f"{where}: the id {name!r} is given a second time")
    known.add(name)


def _document(row: DocumentRow) -> SourceDocument:
    return SourceDocument(
        doc_id=row.id,
        title=row.title,
        text=row.text,
        published_at=row.date,
        url=row.url,
        revises=row.revises,
    )


def _standing(row: QuestionRow) -> StandingQuestion:
    return StandingQuestion(
        question_id=row.id,
        wordings=row.all_wordings,
        history=_history(row),
        cluster=row.cluster or row.id,
    )


def _example(row: QuestionRow, answers: Sequence[str]) -> Example:
    is_unanswerable = not answers and row.cohort is Cohort.ANY
    return Example(
        example_id=row.id,
        wordings=row.all_wordings,
        asked_at=row.asked_at,
        answers=tuple(answers),
        superseded=row.superseded,
        later=row.later,
        cluster=row.cluster or row.id,
        cohort=Cohort.UNANSWERABLE if is_unanswerable else row.cohort,
        form=row.form,
        window=row.about,
        gold_docs=row.gold_docs,
        stale_docs=row.stale_docs,
        facts=_history(row),
    )


def _history(row: QuestionRow) -> tuple[Fact, ...]:
    return tuple(
        Fact(
            subject=row.subject or row.cluster or row.id,
            relation=row.relation,
            value=fact.value,
            valid_from=fact.begins,
            valid_to=fact.ends,
            told_at=fact.told,
            end_told_at=fact.end_told,
            statement=fact.statement,
            aliases=fact.aliases,
            doc_ids=fact.docs,
        )
        for fact in row.history
    )

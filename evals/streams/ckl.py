"""CKL (Jang et al., ICLR 2022, arXiv 2110.03215): facts that stay, change and come, asked as cloze.

Layout, as `Datasets.py` of joeljang/continual-knowledge-learning reads it:

* `invariantLAMA.csv`: `id`, `input` with `<extra_id_0>` for the answer, `output`;
* `updatedLAMA.csv`: `unique_id`, `statement`, `new_answer`, and the old value in `original_answer`
  or `old_answer` where the file has it;
* `newLAMA.csv`, `newLAMA_easy.csv`: `unique_id`, `statement`, `answer` (spellings divided by `;`),
  and `question` where the file has it;
* `*_val_answers.json`: all right answers by `unique_id`;
* `recent_news_*.csv`: the articles, undated, whole in `original`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import validate_call

from evals.streams.files import at, read_csv, read_json, required
from evals.types import (
    Cohort,
    Example,
    Fact,
    Form,
    Period,
    SourceDocument,
    StandingQuestion,
    Stream,
)
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval

_BLANK = re.compile(r"<extra_id_0>|\[MASK\]")
_BEFORE = Interval(datetime(2019, 5, 1, tzinfo=UTC), datetime(2020, 5, 1, tzinfo=UTC))
"""From the crawl that T5 was trained on (C4 of April 2019) to the news."""
_AFTER = Interval(_BEFORE.end, datetime(2021, 5, 1, tzinfo=UTC))
"""When the news of CC-RecentNews was published (section 3.1 of the paper)."""
_TOLD_AT = _AFTER.start + timedelta(days=1)
"""When the news is told; after the first period's end, when nothing of it may be known."""
_TITLE_CHARS = 100
_OLD_VALUES = ("original_answer", "old_answer")


@validate_call
def load(path: Path, *, seed: int = 0) -> Stream:
    """Two periods, before the news and with it.

    What stays is asked from the first, what comes in the second. What changes is asked of each
    period's end, and stands.

    Args:
        path: A folder with the csv files, at any depth.
        seed: Nothing is drawn.

    Raises:
        EvalError: If there is none of the question files, or one is not in this layout.
    """
    files = _question_files(path)
    answers = _answers(path)
    stays: list[Example] = []
    changes: list[StandingQuestion] = []
    comes: list[Example] = []
    for file in files:
        kind = file.name.lower()
        if kind.startswith("invariant"):
            stays += _invariant(file)
        elif kind.startswith("updated"):
            changes += _updated(file, answers)
        else:
            comes += _new(file, answers)
    told_before = [question for question in changes if len(question.history) > 1]
    told_after = [question for question in changes if len(question.history) == 1]
    periods = (
        Period(
            name="before",
            start=_BEFORE.start,
            end=_BEFORE.end,
            documents=(),
            examples=(*stays, *_asked_at(told_before, _BEFORE)),
            standing=tuple(told_before),
        ),
        Period(
            name="after",
            start=_AFTER.start,
            end=_AFTER.end,
            documents=tuple(_news(path)),
            examples=(*comes, *_asked_at(changes, _AFTER)),
            standing=tuple(told_after),
        ),
    )
    return Stream(
        name="ckl",
        periods=periods,
        contamination="facts of Wikidata and news until April 2021, known to later models",
        notes=f"{len(stays)} invariant, {len(changes)} updated ({len(told_after)} of them without "
        f"the old value) and {len(comes)} new facts; the news is undated and told after its first "
        "day; nothing tells of the facts before it",
    )


def _question_files(folder: Path) -> list[Path]:
    names = re.compile(r"(?:invariant|updated|new)lama(?:_easy)?(?:_small|_full)?\.csv", re.I)
    found = [path for path in sorted(folder.rglob("*.csv")) if names.fullmatch(path.name)]
    if not found:
        raise EvalError(
            f"none of invariantLAMA.csv, updatedLAMA.csv, newLAMA.csv under {folder}",
            hint="unpack ckl_data.zip there",
        )
    return found


def _answers(folder: Path) -> dict[str, tuple[str, ...]]:
    """All right answers by the number of the question."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted(folder.rglob("*lama*_val_answers.json")):
        table = read_json(file)
        if not isinstance(table, dict):
            raise EvalError(f"{file}: not an object of answers by question")
        for number, texts in table.items():
            listed = texts if isinstance(texts, list) else [texts]
            found[str(number)] = tuple(str(text) for text in listed)
    return found


def _invariant(file: Path) -> Iterator[Example]:
    for line, row in read_csv(file):
        where = at(file, line)
        yield Example(
            example_id=f"invariant/{required(row, 'id', where)}/{line}",
            wordings=(_cloze(required(row, "input", where)),),
            answers=(required(row, "output", where),),
            cohort=Cohort.UNCHANGED,
        )


def _new(file: Path, answers: Mapping[str, tuple[str, ...]]) -> Iterator[Example]:
    for line, row in read_csv(file):
        where = at(file, line)
        number = required(row, "unique_id", where)
        own = [text.strip() for text in required(row, "answer", where).split(";")]
        yield Example(
            example_id=f"{file.stem}/{number}",
            wordings=_wordings(row, where),
            answers=_each_once([*own, *answers.get(number, ())]),
            cluster=f"new/{number}",
            cohort=Cohort.NEW,
        )


def _updated(file: Path, answers: Mapping[str, tuple[str, ...]]) -> Iterator[StandingQuestion]:
    for line, row in read_csv(file):
        where = at(file, line)
        number = required(row, "unique_id", where)
        old = next((row[column] for column in _OLD_VALUES if row.get(column)), "")
        new = required(row, "new_answer", where)
        fact = Fact(
            subject=f"updated/{number}",
            relation="answer",
            value=new,
            valid_from=_AFTER.start,
            told_at=_TOLD_AT,
            aliases=tuple(text for text in answers.get(number, ()) if text not in (new, old)),
        )
        before = Fact(
            subject=fact.subject,
            relation=fact.relation,
            value=old,
            valid_from=_BEFORE.start,
            valid_to=_AFTER.start,
            end_told_at=_TOLD_AT,
        )
        yield StandingQuestion(
            question_id=fact.subject,
            wordings=_wordings(row, where),
            history=(before, fact) if old else (fact,),
        )


def _asked_at(questions: Sequence[StandingQuestion], period: Interval) -> Iterator[Example]:
    """The questions as they are put once, at the end of a period."""
    for question in questions:
        right = [fact for fact in question.history if period.start == fact.valid_from]
        past = [fact for fact in question.history if fact.valid_from < period.start]
        yield Example(
            example_id=f"{question.question_id}@{period.end:%Y-%m-%d}",
            wordings=question.wordings,
            asked_at=period.end,
            answers=right[0].answers,
            superseded=tuple(fact.value for fact in past),
            cluster=question.question_id,
            cohort=Cohort.NEW if period is _BEFORE else Cohort.UPDATED,
            form=Form.NOW,
            facts=question.history,
        )


def _wordings(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    own = _cloze(required(row, "statement", where))
    question = row.get("question", "").strip()
    return (own, question) if question else (own,)


def _cloze(statement: str) -> str:
    """A statement with `_X_` for the answer.

    >>> _cloze("The capital of <extra_id_0> is Oslo.")
    'The capital of _X_ is Oslo.'
    """
    return _BLANK.sub("_X_", statement).strip()


def _news(folder: Path) -> Iterator[SourceDocument]:
    for file in sorted(folder.rglob("recent_news_*.csv")):
        for line, row in read_csv(file):
            text = required(row, "original", at(file, line))
            yield SourceDocument(
                doc_id=f"{file.stem}:{line}",
                title=text.strip().split("\n", 1)[0][:_TITLE_CHARS],
                text=text,
                published_at=_TOLD_AT,
            )


def _each_once(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))

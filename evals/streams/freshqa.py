"""FreshQA (Vu et al., 2023, arXiv 2310.03214): releases of questions whose answers change.

Layout: the spreadsheets that the README of freshllms/freshqa links to, saved as csv, one file a
release with its date in the name (`FreshQA_v04292024.csv`, `FreshQA May 13, 2024.csv`,
`2024-05-13.csv`). A warning and a blank line may stand before the names of the columns: `id`,
`split`, `question`, `effective_year`, `next_review`, `false_premise`, `num_hops`, `fact_type`,
`source`, `answer_0` ... `answer_9`, `note`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import validate_call

from evals.streams.asking import spellings
from evals.streams.drafts import Drafts
from evals.streams.files import at, read_csv, required
from evals.types import Cohort, Example, Fact, Form, StandingQuestion, Stream
from ingest.dates.filenames import from_filename
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval, day_interval

_MONTH_FIRST = re.compile(r"(?<!\d)(\d{2})(\d{2})(20\d{2})(?!\d)")
_HEADER = re.compile(r'\ufeff?"?id"?,')
_MAX_PREAMBLE_LINES = 10
_DAY = timedelta(days=1) - timedelta(seconds=1)
"""To the last second of a day: the next day's release is not known yet."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A question as one release has it."""

    release: datetime
    question_id: str
    question: str
    fact_type: str
    has_false_premise: bool
    answers: tuple[str, ...]


@validate_call
def load(path: Path, *, seed: int = 0, split: Literal["TEST", "DEV", "all"] = "TEST") -> Stream:
    """The releases as periods, each from the release before it to its own day; no documents.

    A question of a slowly or fast changing fact stands, and its answers in the releases are its
    history: a value holds from the first release that gives it. A fact that never changes, and a
    false premise, which is right to correct, are asked once, with the answers of all releases.

    Args:
        path: The folder of the csv files, or one.
        seed: Nothing is drawn.
        split: Which questions.

    Raises:
        EvalError: If there is no file, or one is not in this layout or not dated.
    """
    releases = _releases(path)
    by_question: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for release, file in sorted(releases.items()):
        for row in _rows(file, release, split):
            by_question[row.question_id, row.question].append(row)
    if not by_question:
        raise EvalError(f"{path}: no questions of the split {split}")
    drafts = Drafts()
    periods = _periods(sorted(releases))
    for period in periods.values():
        drafts[period]  # a release in which no question is new is a period too
    kinds: Counter[str] = Counter()
    for rows in by_question.values():
        kinds["of a false premise" if rows[0].has_false_premise else rows[0].fact_type] += 1
        _ask(drafts, periods[rows[0].release], rows)
    return Stream(
        name="freshqa",
        periods=drafts.periods(lambda period: f"{period.end:%Y-%m-%d}"),
        contamination="public releases, which models of later dates may have read",
        notes="questions, no documents: "
        + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        + "; a question that was reworded under its number counts as another, and the last answer "
        "of one that was withdrawn as still right",
    )


def _releases(path: Path) -> dict[datetime, Path]:
    files = [path] if path.is_file() else sorted(path.glob("*.csv"))
    if not files:
        raise EvalError(f"no csv files in {path}", hint="save each release there as csv")
    releases: dict[datetime, Path] = {}
    for file in files:
        other = releases.setdefault(_released(file), file)
        if other is not file:
            raise EvalError(f"two releases of one day: {other.name}, {file.name}")
    return releases


def _released(file: Path) -> datetime:
    """The day of a release, from the file's name.

    >>> str(_released(Path("FreshQA_v04292024 - freshqa.csv")).date())
    '2024-04-29'
    """
    if found := _MONTH_FIRST.search(file.stem):
        month, day, year = map(int, found.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            return day_interval(year, month, day).start
    dated = from_filename(Path(file.name))
    if dated is None:
        raise EvalError(
            f"no date in the name of {file}", hint="name each release like FreshQA_v04292024.csv"
        )
    return dated.interval.start


def _periods(releases: Sequence[datetime]) -> dict[datetime, Interval]:
    """The period that ends with each release's day."""
    ends = [release + _DAY for release in releases]
    starts = [releases[0], *ends[:-1]]
    return dict(zip(releases, map(Interval, starts, ends), strict=True))


def _rows(file: Path, release: datetime, split: str) -> Iterator[_Row]:
    for line, row in read_csv(file, skip=_preamble(file)):
        where = at(file, line)
        answers = [text.strip() for key, text in row.items() if key.startswith("answer_")]
        if not required(row, "id", where) or split not in ("all", required(row, "split", where)):
            continue
        yield _Row(
            release=release,
            question_id=row["id"],
            question=" ".join(required(row, "question", where).split()),
            fact_type=required(row, "fact_type", where),
            has_false_premise=required(row, "false_premise", where).upper() == "TRUE",
            answers=tuple(dict.fromkeys(filter(None, answers))),
        )


def _preamble(file: Path) -> int:
    """How many lines stand before the names of the columns."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in zip(range(_MAX_PREAMBLE_LINES), lines, strict=False):
            if _HEADER.match(line):
                return number
    raise EvalError(f"{file}: no line of column names that begins with 'id'")


def _ask(drafts: Drafts, period: Interval, rows: Sequence[_Row]) -> None:
    """Put a question into the period that has it first."""
    first, history = rows[0], _history(rows)
    name = f"{first.question_id}@{first.release:%Y-%m-%d}"
    is_fixed = first.has_false_premise or first.fact_type == "never-changing"
    if not is_fixed and history:
        question = StandingQuestion(
            question_id=name,
            wordings=(first.question,),
            history=history,
            cluster=first.question_id,
        )
        drafts[period].standing.append(question)
        return
    example = Example(
        example_id=name,
        wordings=(first.question,),
        answers=spellings(history),
        cluster=first.question_id,
        cohort=Cohort.ANY if first.has_false_premise else Cohort.UNCHANGED,
        form=Form.TIMELESS,
    )
    drafts[period].examples.append(example)


def _history(rows: Sequence[_Row]) -> tuple[Fact, ...]:
    """A fact for each stretch of releases whose answers go on from one another.

    An answer that is only spelled in more ways than before is the same.
    """
    facts: list[Fact] = []
    for row in rows:
        if not row.answers:
            continue
        if facts and _share_answer(facts[-1].answers, row.answers):
            old = facts[-1].answers
            aliases = dict.fromkeys((*old[1:], *(a for a in row.answers if a not in old)))
            facts[-1] = replace(facts[-1], aliases=tuple(aliases))
            continue
        if facts:
            facts[-1] = replace(facts[-1], valid_to=row.release)
        facts.append(
            Fact(
                subject=row.question_id,
                relation="answer",
                value=row.answers[0],
                aliases=row.answers[1:],
                valid_from=row.release,
            )
        )
    return tuple(facts)


def _share_answer(one: Sequence[str], other: Sequence[str]) -> bool:
    return not {a.casefold() for a in one}.isdisjoint(b.casefold() for b in other)

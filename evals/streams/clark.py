"""CLARK: facts of Wikidata that change, with the dated articles that tell them, asked at six dates.

Li et al., "Language Modeling with Editable External Knowledge" (ERASE), arXiv 2406.11830.

The published questions stand in the present tense and are asked again at each date T1 to T6. They
become two things here: one standing question for each text, whose history is the published one as
far as documents tell it, and for each date an example that names the date in its words.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pydantic

from evals.streams.articles import read_articles
from evals.streams.clark_rows import Row, Told, read_documents, read_questions
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
from rag_lifelong.temporal import MAX_TIME, Interval

_CONTAMINATION = "Wikidata and news of 2004 to April 2024: models trained later may know the facts"
_SECOND = timedelta(seconds=1)


@pydantic.validate_call
def load(
    path: Path,
    *,
    seed: int = 0,
    questions: Literal["open", "all"] = "open",
    distractors: Path | None = None,
    unanswerable: bool = False,
) -> Stream:
    """The stream of CLARK: a period up to each of its dates.

    Args:
        path: A folder with `docs.jsonl` and `questions.jsonl`.
        seed: Not used: nothing is drawn.
        questions: `open`: those answered by a name. `all`: the yes/no questions too, as examples
            that name their date; no document is linked to them.
        distractors: A file of other articles (`doc_id`, `timestamp`, `title`, `text`; one JSON
            object a line, may be gzipped), told beside the documents and asked about by nobody.
        unanswerable: Ask the published questions too that no document had told anything of by
            their date, where abstaining is right.

    Raises:
        EvalError: If a file is missing, or a line not as published.
    """
    told, empty = read_documents(path / "docs.jsonl")
    rows = read_questions(path / "questions.jsonl")
    ends = _ends(rows)
    standing = _standing([row for row in rows if row.is_open], told)
    examples = _examples(rows, standing, ends)
    notes = _notes(rows, standing, len(examples)) + _document_notes(told, ends, empty)
    documents = [one.document for one in told]
    others = list(read_articles(distractors)) if distractors else []
    if others:
        notes.append(_distractor_note(others, documents, ends))
    if questions == "all":
        examples += _yes_or_no(rows, ends)
    if unanswerable:
        examples += _untold(rows, standing)
    return Stream(
        name="clark",
        periods=_periods(ends, _tell(ends, documents, others), examples, list(standing.values())),
        contamination=_CONTAMINATION,
        notes="; ".join(notes),
    )


def _ends(rows: Sequence[Row]) -> dict[str, datetime]:
    """Each period's name and end, in the order of time."""
    ends = {row.period: row.asked_at for row in rows}
    for row in rows:
        if row.asked_at != ends[row.period]:
            raise EvalError(f"{row.qid}: {row.period} has another question_time elsewhere")
    return dict(sorted(ends.items(), key=lambda item: item[1]))


def _standing(rows: Sequence[Row], told: Sequence[Told]) -> dict[str, StandingQuestion]:
    """The question of each text of which some document tells."""
    documents: dict[tuple[str, str], list[SourceDocument]] = defaultdict(list)
    for one in told:
        documents[one.subject, one.value].append(one.document)
    subjects = {one.document.doc_id: one.subject for one in told}
    asked: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        asked[row.question].append(row)

    standing = {}
    for question, same in asked.items():
        linked = (subjects[doc_id] for row in same for doc_id in row.linked if doc_id in subjects)
        subject = next(linked, "")
        facts = _facts(
            same[0], subject, {value: documents[subject, value] for value, *_ in same[0].history}
        )
        if facts:
            standing[question] = StandingQuestion(
                question_id=f"{same[0].qid}-now",
                wordings=_present(question),
                history=facts,
                cluster=question,
            )
    return standing


def _facts(
    row: Row, subject: str, documents: Mapping[str, Sequence[SourceDocument]]
) -> tuple[Fact, ...]:
    """The history as far as documents tell it: a value that none states is left out."""
    starts: dict[str, list[datetime]] = defaultdict(list)
    spans = sorted(row.history, key=lambda span: span[1])
    for value, since, _ in spans:
        starts[value].append(since)
    facts = []
    for value, since, until in spans:
        stating = [d for d in documents[value] if _spell(d.published_at, starts[value]) == since]
        if stating:
            fact = Fact(
                subject=subject,
                relation=row.relation,
                value=value,
                valid_from=since,
                valid_to=until,
                told_at=min(document.published_at for document in stating),
                statement=f"{subject}, {row.relation}: {value}.",
                doc_ids=tuple(document.doc_id for document in stating),
            )
            facts.append(fact)
    return tuple(replace(fact, end_told_at=_end_told_at(fact, facts)) for fact in facts)


def _spell(published_at: datetime, starts: Sequence[datetime]) -> datetime:
    """Which beginning of a value a document speaks of: the last one before it, or the first."""
    return max((start for start in starts if start <= published_at), default=starts[0])


def _end_told_at(fact: Fact, facts: Sequence[Fact]) -> datetime | None:
    """When a document first stated a value that outlived the fact; never, if none does.

    No document of CLARK is known to state an end by itself.
    """
    if fact.valid_to is None:
        return None
    outlived = [
        other.told_at or other.valid_from
        for other in facts
        if other.valid_to is None or other.valid_to > fact.valid_to
    ]
    return max(fact.valid_to, min(outlived, default=MAX_TIME))


def _examples(
    rows: Sequence[Row], standing: Mapping[str, StandingQuestion], ends: Mapping[str, datetime]
) -> list[tuple[str, Example]]:
    """The open questions of which some document ever tells a right answer, each with its period."""
    return [
        (row.period, example)
        for row in rows
        if row.question in standing
        and (example := _as_of(row, standing[row.question], _before(row, ends))).gold_docs
    ]


def _as_of(row: Row, standing: StandingQuestion, before: datetime | None) -> Example:
    now = standing.at(row.asked_at, since=before)
    facts = standing.history
    superseded = [f for f in facts if f.valid_to and f.valid_to <= row.asked_at]
    later = [f for f in facts if f.valid_from > row.asked_at]
    return Example(
        example_id=row.qid,
        wordings=_dated(row),
        answers=row.answers,
        superseded=_values(superseded, row.answers),
        later=_values(later, row.answers),
        cluster=row.question,
        cohort=now.cohort if now else Cohort.NEW,
        form=Form.AS_OF,
        window=row.day,
        gold_docs=tuple(d for f in facts if f.value in row.answers for d in f.doc_ids),
        stale_docs=tuple(d for f in superseded if f.value not in row.answers for d in f.doc_ids),
        facts=facts,
    )


def _yes_or_no(rows: Sequence[Row], ends: Mapping[str, datetime]) -> list[tuple[str, Example]]:
    return [
        (
            row.period,
            Example(
                example_id=row.qid,
                wordings=_dated(row),
                answers=row.answers,
                cluster=row.question,
                cohort=_changed(row, _before(row, ends)),
                form=Form.AS_OF,
                window=row.day,
            ),
        )
        for row in rows
        if not row.is_open
    ]


def _untold(
    rows: Sequence[Row], standing: Mapping[str, StandingQuestion]
) -> list[tuple[str, Example]]:
    """The open questions as of whose date no document tells any value, asked on that date."""
    return [
        (
            row.period,
            Example(
                example_id=f"{row.qid}-untold",
                wordings=_present(row.question),
                asked_at=row.asked_at,
                cluster=row.question,
                cohort=Cohort.UNANSWERABLE,
                form=Form.NOW,
                window=row.day,
            ),
        )
        for row in rows
        if row.is_open
        and (row.question not in standing or standing[row.question].at(row.asked_at) is None)
    ]


def _changed(row: Row, before: datetime | None) -> Cohort:
    if before is None:
        return Cohort.NEW
    same = row.answers_at(before) == row.answers_at(row.asked_at)
    return Cohort.UNCHANGED if same else Cohort.UPDATED


def _before(row: Row, ends: Mapping[str, datetime]) -> datetime | None:
    """The end of the period before a question's."""
    return max((end for end in ends.values() if end < row.asked_at), default=None)


def _tell(
    ends: Mapping[str, datetime],
    documents: Sequence[SourceDocument],
    others: Sequence[SourceDocument],
) -> dict[Interval, list[SourceDocument]]:
    """What is told in each period, by its time; distractors older than all else in the first."""
    first = min([*(one.published_at for one in documents), *ends.values()])
    # Before the first document, so that nothing is told when the first row is asked.
    bounds = pairwise([first - _SECOND, *ends.values()])
    return {
        Interval(since, until): [
            one for one in (*documents, *others) if since < max(one.published_at, first) <= until
        ]
        for since, until in bounds
    }


def _periods(
    ends: Mapping[str, datetime],
    told: Mapping[Interval, Sequence[SourceDocument]],
    examples: Sequence[tuple[str, Example]],
    standing: Sequence[StandingQuestion],
) -> tuple[Period, ...]:
    return tuple(
        Period(
            name=name,
            start=when.start,
            end=when.end,
            documents=tuple(documents),
            examples=tuple(example for period, example in examples if period == name),
            standing=tuple(s for s in standing if when.start < _first_told(s) <= when.end),
        )
        for name, (when, documents) in zip(ends, told.items(), strict=True)
    )


def _first_told(standing: StandingQuestion) -> datetime:
    return min(fact.told_at or fact.valid_from for fact in standing.history)


def _notes(
    rows: Sequence[Row], standing: Mapping[str, StandingQuestion], n_examples: int
) -> list[str]:
    opened = [row for row in rows if row.is_open]
    kept = [row for row in opened if row.question in standing]
    now = [(row, standing[row.question].at(row.asked_at)) for row in kept]
    same = sum(one is not None and set(one.answers) == set(row.answers) for row, one in now)
    return [
        f"{len(opened) - n_examples} of {len(opened)} open questions are left out: no document "
        "tells a right answer",
        f"in the present tense the right answer is what documents tell by then: the published "
        f"answers in {same} of {len(kept)}",
        "wordings of the dated questions are ours, made of the published text",
    ]


def _document_notes(told: Sequence[Told], ends: Mapping[str, datetime], empty: int) -> list[str]:
    last = max(ends.values())
    late = sum(one.document.published_at > last for one in told)
    months = {(end.year, end.month) for end in ends.values()}
    unsure = [one for one in told if one.is_month_only]
    near = sum(
        (o.document.published_at.year, o.document.published_at.month) in months for o in unsure
    )
    return [
        f"{empty} documents without text and {late} after the last date are left out",
        f"{len(unsure)} documents are dated by month only, taken as the 15th; {near} of them lie "
        "in a month in which a period ends",
    ]


def _distractor_note(
    others: Sequence[SourceDocument],
    documents: Sequence[SourceDocument],
    ends: Mapping[str, datetime],
) -> str:
    """What is told beside the documents.

    Raises:
        EvalError: If a distractor has the id of a document or of another.
    """
    ids = Counter(one.doc_id for one in (*documents, *others))
    if twice := [name for name, times in ids.items() if times > 1]:
        raise EvalError(f"a distractor has an id that is taken: {twice[0]!r}")
    late = sum(one.published_at > max(ends.values()) for one in others)
    return (
        f"{len(others) - late} distractors are told too, and {late} after the last date left out; "
        "one that happens to state an answer counts as a miss"
    )


def _dated(row: Row) -> tuple[str, ...]:
    """The question with its date, in three wordings."""
    day = f"{row.day.start.day} {row.day.start:%B %Y}"
    return (
        f"As of {day}, {_inside(row.question)}",
        f"{row.question[:-1]} as of {day}?",
        f"The question is about {day}: {_inside(row.question)}",
    )


def _present(question: str) -> tuple[str, ...]:
    """The question in the present tense, in three wordings."""
    return question, f"Currently, {_inside(question)}", f"{question[:-1]} at present?"


def _inside(question: str) -> str:
    """The question as it stands after a comma: it starts with a word that is no name."""
    return question[:1].lower() + question[1:]


def _values(facts: Sequence[Fact], right: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact.value for fact in facts if fact.value not in right))

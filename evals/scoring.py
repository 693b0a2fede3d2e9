"""From answers to scores: every answer of a learner measured, in columns.

A score that does not apply to a question (evidence recall where no document states the answer) is
NaN, and means are taken over those it applies to.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.measures import MEASURES, measured
from evals.metrics.normalisation import normalise
from evals.runs import Answered, Cell, Question, Run
from evals.types import Example
from rag_lifelong.errors import EvalError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LABELS: Mapping[str, type] = MappingProxyType(
    {
        "seed": int,
        "wording": int,
        "row": int,
        "q": int,
        "period": int,
        "kind": object,
        "cohort": object,
        "form": object,
        "cluster": object,
        "question": object,
        "answer": object,
        "gold": object,
    }
)
"""What is known of each answer besides its scores: the columns and what they hold.

`cluster` is the fact, the unit of statistics; `question` the example's name; `answer` what was
said, normalised, and empty where it was withheld; `gold` the first right answer. Generated streams
have another world for each seed, so there the cluster and the question begin with the seed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One learner's answers, scored: columns of equal length, an entry an answer."""

    learner: str
    labels: Mapping[str, NDArray[Any]]
    """The columns of `LABELS`."""
    values: Mapping[str, Floats]
    """The columns of `evals.measures.MEASURES`."""

    def __len__(self) -> int:
        return len(self.labels["q"])

    def __getitem__(self, measure: str) -> Floats:
        return self.values[measure]

    def only(self, **wanted: object) -> "Scores":
        """The answers whose labels equal what is wanted; a tuple or set means any of it.

        For example `scores.only(kind="now", row=3, cohort={"new", "updated"})`.
        """
        masks = [_is_any(self.labels[name], value) for name, value in wanted.items()]
        return self.where(reduce(np.logical_and, masks, np.ones(len(self), np.bool_)))

    def where(self, mask: Mask) -> "Scores":
        """The answers a mask chooses."""
        return Scores(
            learner=self.learner,
            labels={name: column[mask] for name, column in self.labels.items()},
            values={name: column[mask] for name, column in self.values.items()},
        )

    def keys(self) -> list[tuple[int, int, int]]:
        """Seed, wording and question of each: what pairs answers of two learners, or two rows."""
        columns = (self.labels[name].tolist() for name in ("seed", "wording", "q"))
        return list(zip(*columns, strict=True))

    def mean(self, measure: str) -> float:
        """The mean over the answers it applies to; NaN if there are none."""
        column = self.values[measure]
        known = column[~np.isnan(column)]
        return float(known.mean()) if known.size else math.nan


def score_run(run: Run) -> dict[str, Scores]:
    """Every learner of a run, scored.

    Raises:
        EvalError: If a cell lacks an answer, or a file is not in its layout.
    """
    questions = {seed: run.questions(seed) for seed in run.seeds}
    return {learner: score_learner(run, learner, questions) for learner in run.learners}


def score_learner(
    run: Run, learner: str, questions: Mapping[int, Mapping[int, Question]]
) -> Scores:
    """Every answer of a learner, scored.

    Args:
        run: Where the answers lie.
        learner: Its spec.
        questions: What was asked, by seed and number.

    Raises:
        EvalError: If a cell lacks an answer, or a file is not in its layout.
    """
    put = [
        (cell, question, answered)
        for cell in run.cells(learner)
        for question, answered in _answered(run, learner, cell, questions[cell.seed])
    ]
    shows_evidence = any(answered.evidence for _, _, answered in put)
    labels = [_labels(run, *one) for one in put]
    finding = _Finding(run)
    values = measured(
        [(finding.example(cell, question), answered) for cell, question, answered in put]
    )
    if not shows_evidence:
        values = {
            name: np.full(len(put), math.nan) if MEASURES[name].is_of_evidence else column
            for name, column in values.items()
        }
    return Scores(
        learner=learner,
        labels={
            name: np.array([one[place] for one in labels], dtype=kind)
            for place, (name, kind) in enumerate(LABELS.items())
        },
        values=values,
    )


class _Finding:
    """Examples with those of their documents that could be found when they were put.

    A document that was not told yet, or was published after the question was asked, is nobody's
    miss; a later reprint of the answer is none either.
    """

    def __init__(self, run: Run) -> None:
        self._times = run.row_times
        self._documents = {seed: run.documents(seed) for seed in run.seeds}
        self._made: dict[tuple[int, int, int], Example] = {}

    def example(self, cell: Cell, question: Question) -> Example:
        """The example as it could be answered in a cell's row."""
        key = (cell.seed, cell.row, question.q)
        if key not in self._made:
            self._made[key] = self._findable(cell, question.example)
        return self._made[key]

    def _findable(self, cell: Cell, example: Example) -> Example:
        asked_at = example.asked_at or self._times[cell.row]
        documents = self._documents[cell.seed]

        def could_be_found(doc_id: str) -> bool:
            told = documents.get(doc_id)
            return told is not None and told.period <= cell.row and told.published_at <= asked_at

        return replace(
            example,
            gold_docs=tuple(filter(could_be_found, example.gold_docs)),
            stale_docs=tuple(filter(could_be_found, example.stale_docs)),
        )


def _is_any(column: NDArray[Any], wanted: object) -> Mask:
    several = wanted if isinstance(wanted, (tuple, set, frozenset)) else (wanted,)
    nothing = np.zeros(len(column), np.bool_)
    return reduce(np.logical_or, (column == value for value in several), nothing)


def _answered(
    run: Run, learner: str, cell: Cell, questions: Mapping[int, Question]
) -> Iterator[tuple[Question, Answered]]:
    answers = run.answers(learner, cell)
    for question in questions.values():
        if question.row not in (None, cell.row):
            continue
        if question.q not in answers:
            raise EvalError(
                f"{learner} has no answer to question {question.q} in row {cell.row} of seed "
                f"{cell.seed}, wording {cell.wording}",
                hint="run the same command again: it makes what is missing",
            )
        yield question, answers[question.q]


def _labels(run: Run, cell: Cell, question: Question, answered: Answered) -> tuple[object, ...]:
    example = question.example
    world = f"{cell.seed}/" if run.is_made else ""
    return (
        cell.seed,
        cell.wording,
        cell.row,
        question.q,
        question.period,
        question.kind,
        example.cohort.value,
        example.form.value,
        f"{world}{example.cluster or example.example_id}",
        f"{world}{example.example_id}",
        "" if answered.abstained else normalise(answered.said),
        normalise(example.answers[0]) if example.answers else "",
    )

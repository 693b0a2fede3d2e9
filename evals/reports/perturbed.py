"""What another date in the same words does to a learner: the drop from a question to its twin.

The drop alone does not tell who reads dates. Whoever always finds the passage of the newest value
is right for one date of a pair and wrong for the other, and has no drop on average; but is right
for both in no pair at all.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evals.reports.comparisons import estimate
from evals.reports.endpoints import Sample, Unit, of_measure
from evals.runs import Run
from evals.scoring import Scores
from evals.statistics import Estimate

SHOWN = ("er1", "answer_recall1", "answer_recall5", "passage_recall1", "passage_recall5", "em")
"""Measures of `evals.measures.MEASURES`."""
_NO_QUESTION = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """One measure of a learner on questions, and on the same questions with another date."""

    learner: str
    measure: str
    n_pairs: int
    original: float
    swapped: float
    both: float
    """Share of the pairs in which it is 1 for both dates."""
    drop: Estimate
    """Original less swapped, paired, with its interval over facts."""


def drops(run: Run, scores: Mapping[str, Scores]) -> tuple[Drop, ...]:
    """How much worse each learner does with the other date; nothing if no question has one.

    Pairs in which a measure applies to one question alone are left out of it. Questions of a fixed
    time, asked after the last period.

    Args:
        run: The run.
        scores: Its learners' answers, scored.
    """
    twins = {seed: dict(_twins(run, seed)) for seed in run.seeds}
    if not any(twins.values()):
        return ()
    last = [one.only(kind="asof", row=run.n_periods) for one in scores.values()]
    return tuple(_drop(one, measure, twins) for one in last for measure in SHOWN)


def _twins(run: Run, seed: int) -> Iterator[tuple[int, int]]:
    """The number of each question that has a twin, and that of the twin."""
    questions = run.questions(seed)
    numbers = {question.example.example_id: q for q, question in questions.items()}
    for q, question in questions.items():
        if question.example.perturbs in numbers:
            yield numbers[question.example.perturbs], q


def _drop(scores: Scores, measure: str, twins: Mapping[int, Mapping[int, int]]) -> Drop:
    keys = scores.keys()
    values = dict(zip(keys, scores[measure].tolist(), strict=True))
    swapped = np.array(
        [
            values.get((seed, wording, twins[seed].get(q, _NO_QUESTION)), math.nan)
            for seed, wording, q in keys
        ],
        float,
    )
    paired = ~np.isnan(scores[measure] + swapped)
    originals = scores.where(paired)
    sample = Sample(values=originals[measure] - swapped[paired], scores=originals)
    original = originals.mean(measure)
    both = np.minimum(originals[measure], swapped[paired])
    return Drop(
        learner=scores.learner,
        measure=measure,
        n_pairs=len(originals),
        original=original,
        swapped=original - sample.estimate,
        both=float(both.mean()) if both.size else math.nan,
        drop=estimate(replace(of_measure(measure), unit=Unit.CHANGE), sample),
    )

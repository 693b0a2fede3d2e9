"""Whether a learner abstains where it should, and only there.

As in Wu et al. (LongMemEval), arXiv 2410.10813, whose unanswerable questions are to be refused.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True)
class Abstention:
    """How well refusing tells unanswerable questions; NaN where there is nothing to divide by."""

    precision: float
    """Of the refusals, the share that was due."""
    recall: float
    """Of the unanswerable questions, the share refused."""
    f1: float
    over_refusal: float
    """Of the answerable questions, the share refused."""


def abstention(abstained: Sequence[bool], answerable: Sequence[bool]) -> Abstention:
    """Precision, recall and F1 of refusing, and the rate of refusing what could be answered.

    >>> found = abstention([True, True, False, False], [False, True, True, False])
    >>> found.precision, found.recall, found.f1, found.over_refusal
    (0.5, 0.5, 0.5, 0.5)

    Raises:
        EvalError: If the lengths differ.
    """
    if len(abstained) != len(answerable):
        raise EvalError(f"{len(abstained)} answers to {len(answerable)} questions")
    refused, known = np.asarray(abstained, np.bool_), np.asarray(answerable, np.bool_)
    due, undue = int((refused & ~known).sum()), int((refused & known).sum())
    n_unanswerable, n_answerable = int((~known).sum()), int(known.sum())
    return Abstention(
        precision=_share(due, due + undue),
        recall=_share(due, n_unanswerable),
        f1=_share(2 * due, due + undue + n_unanswerable),
        over_refusal=_share(undue, n_answerable),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan

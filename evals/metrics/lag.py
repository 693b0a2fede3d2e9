"""Update lag: how many periods pass until a change of facts shows in the answers.

Follows the plots of Liska et al. (StreamingQA), arXiv 2205.11388, as one number.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True)
class UpdateLag:
    """Lags of the periods that had updates."""

    by_period: tuple[int | None, ...]
    """Periods until enough of a period's updates were right: 0 right after it was learnt; None if
    never, or if nothing was updated."""
    mean: float
    """Where it never came, one more than the periods there were: so it is a lower bound. NaN
    without updates."""
    n_never: int


def update_lag(updates: ArrayLike, *, share: float = 0.5) -> UpdateLag:
    """The lag of each period's updates, and their mean.

    Args:
        updates: [T + 1, T] or [T, T], rows and columns as in `evals.metrics.continual`: the share
            of the updates of period j answered right after period i. NaN: not asked.
        share: How many of a period's updates must be right at once, in (0, 1].

    Raises:
        EvalError: If the shape or the share is wrong.

    >>> update_lag([[0.2, 0.0], [0.6, 0.9]]).by_period, update_lag([[0.2, 0.0], [0.6, 0.9]]).mean
    ((1, 0), 0.5)
    """
    scores = np.asarray(updates, np.float64)
    if scores.ndim != 2 or not scores.size or len(scores) - scores.shape[1] not in (0, 1):
        raise EvalError(f"updates have the shape {scores.shape}", hint="[T + 1, T] or [T, T]")
    if not 0 < share <= 1:
        raise EvalError(f"share = {share} of updates", hint="above 0 and at most 1")
    learnt = scores[len(scores) - scores.shape[1] :]
    lags: list[int | None] = []
    counted: list[int] = []
    for period, column in enumerate(learnt.T):
        since = column[period:]
        reached = np.flatnonzero(since >= share)
        lags.append(int(reached[0]) if reached.size else None)
        if not np.isnan(since).all():
            counted.append(int(reached[0]) if reached.size else len(since))
    return UpdateLag(
        by_period=tuple(lags),
        mean=sum(counted) / len(counted) if counted else math.nan,
        n_never=len(counted) - sum(lag is not None for lag in lags),
    )

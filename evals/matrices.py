"""The matrices of scores: row i after period i (0: before any), column j the period asked about.

`R_asof` is made of questions whose answer never changes, `R_now` of standing questions, whose right
answer is the one told by the time of the row. A cell where nothing was asked is NaN. Cells are
means over the questions of the period, and over seeds and wordings alike.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from evals.scoring import Floats, Scores
from evals.types import Cohort


def matrix(scores: Scores, *, kind: str, n_periods: int, measure: str = "em") -> Floats:
    """R[i][j] of one learner, i = 0..T and j = 1..T.

    Args:
        scores: The learner's answers, of all rows.
        kind: `asof` or `now`.
        n_periods: T.
        measure: Which score.

    Returns:
        Of shape [T+1, T]; column j-1 is period j.
    """
    asked = scores.only(kind=kind)
    values = asked[measure]
    known = ~np.isnan(values)
    shape = (n_periods + 1, n_periods)
    cells = np.ravel_multi_index(
        (asked.labels["row"][known].astype(int), asked.labels["period"][known].astype(int) - 1),
        shape,
    )
    sums = np.bincount(cells, weights=values[known], minlength=shape[0] * shape[1])
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    with np.errstate(invalid="ignore"):
        return (sums / counts).reshape(shape)


def r_asof(scores: Scores, *, n_periods: int, measure: str = "em") -> Floats:
    """The matrix of questions whose answer never changes; forgetting is measured on it."""
    return matrix(scores, kind="asof", n_periods=n_periods, measure=measure)


def r_now(scores: Scores, *, n_periods: int, measure: str = "em") -> Floats:
    """The matrix of standing questions; updating is measured on it."""
    return matrix(scores, kind="now", n_periods=n_periods, measure=measure)


def update_matrix(scores: Scores, *, n_periods: int, measure: str = "em") -> Floats:
    """The share of the updates of period j that was answered rightly after period i.

    An update is followed through later rows for as long as its fact is not updated again.

    Args:
        scores: The learner's answers, of all rows.
        n_periods: T.
        measure: Which score.

    Returns:
        Of shape [T+1, T]; NaN above the diagonal.
    """
    now = scores.only(kind="now")
    updated: dict[tuple[int, str], list[int]] = {}
    changes = now.only(cohort=Cohort.UPDATED)
    for seed, fact, row in _columns(changes, "seed", "cluster", "row"):
        updated.setdefault((seed, fact), []).append(row)
    cells: dict[tuple[int, int], list[float]] = {}
    for (seed, fact, row), value in zip(
        _columns(now, "seed", "cluster", "row"), now[measure].tolist(), strict=True
    ):
        since = max((j for j in updated.get((seed, fact), ()) if j <= row), default=0)
        if since:
            cells.setdefault((row, since - 1), []).append(value)
    found = np.full((n_periods + 1, n_periods), np.nan)
    for place, values in cells.items():
        found[place] = np.mean(values)
    return found


def _columns(scores: Scores, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(scores.labels[name].tolist() for name in names), strict=True)

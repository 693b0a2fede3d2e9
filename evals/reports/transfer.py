"""What continual learning reads off a matrix, as far as the run has the learners it needs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from evals.matrices import r_asof
from evals.metrics.continual import ContinualMetrics, fuar
from evals.scoring import Floats, Scores
from evals.types import Cohort

SINGLE, JOINT = "single-period", "joint"
"""The learners that FWD and intransigence need: of each period alone, and of all up to it."""

_SHARES = ("AA", "AIA")
_NEEDS = {"FWD": SINGLE, "intransigence": JOINT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number, its definition and where that is from."""

    label: str
    value: float
    definition: str
    is_share: bool
    """A share, not a difference of shares."""
    is_ratio: bool = False
    """Neither: a number of its own."""


def transfer(
    scores: Scores, matrices: Mapping[str, Mapping[str, Floats]]
) -> dict[str, tuple[Number, ...]]:
    """Average accuracy, forgetting and transfer of a learner on each of its matrices.

    Args:
        scores: The learner's answers, of all rows.
        matrices: Of every learner of the run, by kind.
    """
    own = matrices[scores.learner]
    found = {kind: _numbers(matrix, kind, matrices) for kind, matrix in own.items()}
    found["asof"] += (_forgotten_for_gained(scores, len(own["asof"][0])),)
    return found


def _numbers(
    matrix: Floats, kind: str, matrices: Mapping[str, Mapping[str, Floats]]
) -> tuple[Number, ...]:
    found = ContinualMetrics(
        matrix,
        single=_diagonal(matrices, SINGLE, kind),
        joint=_diagonal(matrices, JOINT, kind),
    )
    return tuple(
        Number(
            label=label,
            value=one.value,
            definition=f"{one.definition} ({one.source}){_missing(label, matrices)}.",
            is_share=label in _SHARES,
        )
        for label, one in found.all.items()
    )


def _forgotten_for_gained(scores: Scores, n_periods: int) -> Number:
    """FUAR over the periods: their own questions before and after each, and after the last."""
    kept, updated, new = (
        r_asof(scores.only(cohort=cohort), n_periods=n_periods)
        for cohort in (Cohort.UNCHANGED, Cohort.UPDATED, Cohort.NEW)
    )
    lost = kept[1:].diagonal() - kept[-1]
    gained = [matrix[1:].diagonal() - matrix[:-1].diagonal() for matrix in (updated, new)]
    found = fuar(*(_measured(gaps) for gaps in (lost, *gained)))
    terms = "R[j][j] − R[T][j] of unchanged facts to R[j][j] − R[j−1][j] of updated and of new ones"
    return Number(
        label="FUAR",
        value=found.value,
        definition=f"{found.definition} ({found.source}); here over periods j: {terms}.",
        is_share=False,
        is_ratio=True,
    )


def _measured(gaps: Floats) -> list[float]:
    return [float(gap) for gap in gaps if not math.isnan(gap)]


def _diagonal(
    matrices: Mapping[str, Mapping[str, Floats]], learner: str, kind: str
) -> Floats | None:
    return matrices[learner][kind][1:].diagonal() if learner in matrices else None


def _missing(label: str, matrices: Mapping[str, Mapping[str, Floats]]) -> str:
    needed = _NEEDS.get(label)
    if needed is None or needed in matrices:
        return ""
    return f"; not measured, since the run has no learner {needed}"

"""What continual learning reads off a matrix, as far as the run has the learners it needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from evals.metrics.continual import ContinualMetrics
from evals.scoring import Floats

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


def transfer(
    learner: str, matrices: Mapping[str, Mapping[str, Floats]]
) -> dict[str, tuple[Number, ...]]:
    """Average accuracy, forgetting and transfer of a learner on each of its matrices.

    Args:
        learner: Its spec.
        matrices: Of every learner of the run, by kind.
    """
    return {kind: _numbers(matrix, kind, matrices) for kind, matrix in matrices[learner].items()}


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


def _diagonal(
    matrices: Mapping[str, Mapping[str, Floats]], learner: str, kind: str
) -> Floats | None:
    return matrices[learner][kind][1:].diagonal() if learner in matrices else None


def _missing(label: str, matrices: Mapping[str, Mapping[str, Floats]]) -> str:
    needed = _NEEDS.get(label)
    if needed is None or needed in matrices:
        return ""
    return f"; not measured, since the run has no learner {needed}"

"""Whether a learner knows what it knows: calibration, risk over coverage, abstention."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.metrics.abstention import abstention
from evals.metrics.calibration import (
    aurc,
    auroc,
    brier_score,
    expected_calibration_error,
    risk_coverage,
)
from evals.scoring import Scores

_POINTS = 100
"""Of a drawn curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """After the last period; NaN where it was not measured."""

    ece: float
    brier: float
    auroc: float
    aurc: float
    coverage: Sequence[float]
    """At most a hundred points of the curve; none without confidences."""
    risk: Sequence[float]
    abstention_precision: float
    abstention_recall: float
    abstention_f1: float
    over_refusal: float


def confidence(scores: Scores, *, row: int) -> Confidence:
    """How well a learner's confidence and silence tell what it knows.

    Confidence is held against exact match of what was said, whether or not it was withheld.
    """
    asked = scores.only(row=row)
    refusal = abstention((asked["abstained"] == 1).tolist(), (asked["answerable"] == 1).tolist())
    has_unanswerable = bool((asked["answerable"] == 0).any())
    told = asked.where(~np.isnan(asked["confidence"]))
    sure, right = told["confidence"], told["em_said"]
    curve = risk_coverage(sure, right) if sure.size else None
    chosen = np.unique(np.linspace(0, sure.size - 1, min(_POINTS, sure.size)).astype(int))
    return Confidence(
        ece=expected_calibration_error(sure, right) if curve else math.nan,
        brier=brier_score(sure, right) if curve else math.nan,
        auroc=auroc(sure, right) if curve else math.nan,
        aurc=aurc(sure, right) if curve else math.nan,
        coverage=curve.coverage[chosen].tolist() if curve else [],
        risk=curve.risk[chosen].tolist() if curve else [],
        abstention_precision=refusal.precision if has_unanswerable else math.nan,
        abstention_recall=refusal.recall,
        abstention_f1=refusal.f1 if has_unanswerable else math.nan,
        over_refusal=refusal.over_refusal,
    )

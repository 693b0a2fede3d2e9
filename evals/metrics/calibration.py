"""Whether a learner's confidence tells when it is right.

Equal confidences are never told apart, so that no number depends on the order of the questions.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import brier_score_loss, roc_auc_score

from rag_lifelong.errors import EvalError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """What share is wrong when only the surest answers are given."""

    coverage: Floats
    """[n]: 1/n, 2/n, ..., 1."""
    risk: Floats
    """[n]: the share of wrong answers among them, expected over the order of equal confidences."""


def expected_calibration_error(confidence: ArrayLike, right: ArrayLike, *, bins: int = 15) -> float:
    """Mean distance of confidence from the share of right answers, over bins of equal mass.

    Naeini et al. (AAAI 2015), with equal mass as Nixon et al., arXiv 1904.01685. Bins end at
    quantiles; there are fewer where confidences repeat.

    >>> round(expected_calibration_error([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0], bins=2), 3)
    0.1
    """
    sure, correct = _checked(confidence, right)
    if bins < 1:
        raise EvalError(f"bins = {bins}", hint="at least 1")
    edges = np.quantile(sure, np.arange(1, bins) / bins)
    bin_of = np.searchsorted(edges, sure, side="left")
    gaps = np.bincount(bin_of, weights=sure - correct)
    return float(np.abs(gaps).sum() / sure.size)


def brier_score(confidence: ArrayLike, right: ArrayLike) -> float:
    """Mean squared distance of confidence from being right (1) or wrong (0).

    Brier, Monthly Weather Review 1950.

    >>> round(brier_score([0.8, 0.4], [1, 0]), 3)
    0.1
    """
    sure, correct = _checked(confidence, right)
    return float(brier_score_loss(correct, sure, pos_label=1))


def auroc(confidence: ArrayLike, right: ArrayLike) -> float:
    """The chance that a right answer is surer than a wrong one, ties counting half.

    The area under the receiver operating characteristic; NaN if all are right or all wrong.

    >>> auroc([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])
    0.75
    """
    sure, correct = _checked(confidence, right)
    return float(roc_auc_score(correct, sure)) if 0 < correct.sum() < correct.size else math.nan


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> RiskCoverage:
    """The risk at every coverage, the surest answers first.

    Geifman & El-Yaniv, arXiv 1705.08500.

    >>> risk_coverage([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]).risk.round(3).tolist()
    [0.0, 0.5, 0.333, 0.5]
    """
    sure, correct = _checked(confidence, right)
    _, group_of, sizes = np.unique(-sure, return_inverse=True, return_counts=True)
    shares = np.bincount(group_of, weights=1 - correct) / sizes
    ranks = np.arange(1, sure.size + 1)
    return RiskCoverage(coverage=ranks / sure.size, risk=np.repeat(shares, sizes).cumsum() / ranks)


def aurc(confidence: ArrayLike, right: ArrayLike) -> float:
    """The area under the risk-coverage curve: the mean risk over all coverages; lower is better.

    Geifman et al., arXiv 1805.08206.

    >>> round(aurc([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]), 3)
    0.333
    """
    return float(risk_coverage(confidence, right).risk.mean())


def threshold_at_risk(confidence: ArrayLike, right: ArrayLike, *, risk: float) -> float | None:
    """The least confidence to answer at, so that no more than `risk` of the answers are wrong.

    The answers given are those at least as sure. It holds for these answers; on others the risk
    may be higher (Geifman & El-Yaniv, arXiv 1705.08500, bound it). None if no threshold keeps it.

    >>> threshold_at_risk([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], risk=0.4)
    0.7
    """
    sure, correct = _checked(confidence, right)
    values, group_of, sizes = np.unique(-sure, return_inverse=True, return_counts=True)
    wrong = np.bincount(group_of, weights=1 - correct).cumsum()
    kept = np.flatnonzero(wrong / sizes.cumsum() <= risk)
    return float(-values[kept[-1]]) if kept.size else None


def _checked(confidence: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    sure, correct = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    if sure.shape != correct.shape or not sure.size:
        raise EvalError(f"{sure.size} confidences of {correct.size} answers")
    if not ((sure >= 0) & (sure <= 1)).all():
        raise EvalError(
            "a confidence lies outside [0, 1]", hint="leave out those that are not told"
        )
    if not np.isin(correct, (0, 1)).all():
        raise EvalError("an answer is neither right (1) nor wrong (0)")
    return sure, correct

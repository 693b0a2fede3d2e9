"""Metrics of continual learning from the matrix R, each with the definition it follows.

R[i][j] is the score on period j's questions after period i has been learnt, i and j from 1 to T;
row 0, if there is one, is before anything was learnt. R must be that of questions whose answers
do not change (R_asof): with others, right updating would count as forgetting.

Papers disagree on these names, so a number comes with its formula. What differs: the survey's
forgetting takes the best score since the period was learnt, the last one too, and is never
negative, Chaudhry's the best of all rows but the last; GEM's forward transfer looks at a period
before it is learnt, the survey's FWD after. Means are over T - 1 periods where the papers say so,
although GEM's published code and TRACE divide by T. A period without questions (a NaN column) is
left out of every mean; a score that is needed and was not taken makes the metric NaN.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rag_lifelong.errors import EvalError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Defined:
    """A number, and what it means."""

    value: float
    """NaN where it is not defined, or needs a score that was not taken."""
    definition: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class ContinualMetrics:
    """The metrics of one matrix.

    Args:
        matrix: [T + 1, T] with row 0 before anything was learnt, or [T, T] without it. Above the
            diagonal NaN is allowed.
        baseline: [T] scores b of a learner that knows nothing; by default row 0.
        single: [T] scores of a learner of period j alone on j.
        joint: [T] scores on j of a learner of periods 1 to j at once.

    Raises:
        EvalError: If shapes do not fit.

    >>> nan = float("nan")
    >>> found = ContinualMetrics([[0.9, nan, nan], [0.8, 0.85, nan], [0.7, 0.75, 0.8]])
    >>> [round(one.value, 3) for one in (found.aa, found.aia, found.fgt_survey, found.bwt)]
    [0.75, 0.825, 0.15, -0.15]
    """

    matrix: ArrayLike
    baseline: ArrayLike | None = None
    single: ArrayLike | None = None
    joint: ArrayLike | None = None

    def __post_init__(self) -> None:
        shape = np.shape(self.matrix)
        if len(shape) != 2 or not shape[1] or shape[0] - shape[1] not in (0, 1):
            raise EvalError(
                f"R has the shape {shape}", hint="[T + 1, T] with the row before, or [T, T]"
            )
        for name in ("baseline", "single", "joint"):
            given = getattr(self, name)
            if given is not None and np.shape(given) != shape[1:]:
                raise EvalError(f"{name} has the shape {np.shape(given)}, R {shape[1]} periods")

    @property
    def all(self) -> Mapping[str, Defined]:
        """Every metric by its name."""
        return {
            "AA": self.aa,
            "AIA": self.aia,
            "FGT (survey)": self.fgt_survey,
            "FGT (Chaudhry)": self.fgt_chaudhry,
            "BWT": self.bwt,
            "FWT (GEM)": self.fwt_gem,
            "FWD": self.fwd,
            "intransigence": self.intransigence,
        }

    @property
    def aa(self) -> Defined:
        """Average accuracy, GEM's ACC: the mean of the last row."""
        return Defined(
            self._mean(self._learnt[-1]),
            "mean over j of R[T][j]",
            "Lopez-Paz & Ranzato (GEM), arXiv 1706.08840, eq. 2; survey arXiv 2406.06391",
        )

    @property
    def aia(self) -> Defined:
        """Average incremental accuracy: the mean over time of the average accuracy so far."""
        rows = [
            self._mean(row, slice(after))
            for after, row in enumerate(self._learnt, start=1)
            if self._asked[:after].any()
        ]
        return Defined(
            _mean(np.array(rows)),
            "mean over t of the mean over j <= t of R[t][j]",
            "Rebuffi et al. (iCaRL), arXiv 1611.07725; survey arXiv 2406.06391",
        )

    @property
    def fgt_survey(self) -> Defined:
        """Forgetting from the best score since learning, the last included; at least 0."""
        scores = self._learnt
        best = np.array([scores[j:, j].max() for j in range(len(scores))])
        return Defined(
            self._mean(best - scores[-1], slice(-1)),
            "mean over j < T of (max over i = j..T of R[i][j]) - R[T][j]",
            "survey arXiv 2406.06391",
        )

    @property
    def fgt_chaudhry(self) -> Defined:
        """Forgetting from the best score in any earlier row; negative where the last is the best.

        Rows from before a period was learnt count too, where its questions were asked then.
        """
        scores = self._learnt
        best = np.fmax.reduce(scores[:-1], axis=0, initial=-math.inf)
        # A score missing after learning might have been the best.
        best[np.isnan(np.tril(scores)[:-1]).any(axis=0)] = math.nan
        return Defined(
            self._mean(best - scores[-1], slice(-1)),
            "mean over j < T of (max over i = 1..T-1 of R[i][j]) - R[T][j]",
            "Chaudhry et al. (RWalk), arXiv 1801.10112",
        )

    @property
    def bwt(self) -> Defined:
        """Backward transfer: what learning later periods did to earlier ones; negative: harm."""
        scores = self._learnt
        return Defined(
            self._mean(scores[-1] - scores.diagonal(), slice(-1)),
            "mean over j < T of R[T][j] - R[j][j]",
            "Lopez-Paz & Ranzato (GEM), arXiv 1706.08840, eq. 3",
        )

    @property
    def fwt_gem(self) -> Defined:
        """Forward transfer before learning: the leak detector where facts are invented."""
        scores = self._learnt
        before = np.append(np.nan, scores.diagonal(1))
        return Defined(
            self._mean(before - self._baseline, slice(1, None)),
            "mean over j > 1 of R[j-1][j] - b[j]",
            "Lopez-Paz & Ranzato (GEM), arXiv 1706.08840, eq. 4",
        )

    @property
    def fwd(self) -> Defined:
        """Forward transfer after learning: what earlier periods did for learning a later one."""
        return Defined(
            self._mean(self._learnt.diagonal() - self._given(self.single), slice(1, None)),
            "mean over j > 1 of R[j][j] - (score of learning j alone)",
            "survey arXiv 2406.06391; Wang et al., arXiv 2302.00487",
        )

    @property
    def intransigence(self) -> Defined:
        """What joint learning gets on a new period beyond learning one after another."""
        return Defined(
            self._mean(self._given(self.joint) - self._learnt.diagonal()),
            "mean over j of (score of learning 1..j jointly) - R[j][j]",
            "Chaudhry et al. (RWalk), arXiv 1801.10112, there for one j",
        )

    @property
    def _learnt(self) -> Floats:
        """[T, T]: the rows after each period."""
        scores = np.asarray(self.matrix, np.float64)
        return scores[len(scores) - scores.shape[1] :]

    @property
    def _asked(self) -> NDArray[np.bool_]:
        """[T]: whether a period has questions at all."""
        return np.asarray(~np.isnan(np.asarray(self.matrix, np.float64)).all(axis=0))

    @property
    def _baseline(self) -> Floats:
        scores = np.asarray(self.matrix, np.float64)
        has_row_0 = len(scores) > scores.shape[1]
        return scores[0] if self.baseline is None and has_row_0 else self._given(self.baseline)

    def _given(self, scores: ArrayLike | None) -> Floats:
        if scores is None:
            return np.full(len(self._learnt), math.nan)
        return np.asarray(scores, np.float64)

    def _mean(self, by_period: Floats, periods: slice = slice(None)) -> float:
        """The mean over some periods, of those that have questions."""
        return _mean(by_period[periods][self._asked[periods]])


def fuar(
    forgotten: Sequence[float], updated: Sequence[float], acquired: Sequence[float]
) -> Defined:
    """What is forgotten for each thing updated or acquired; lower is better.

    Jang et al. (CKL), arXiv 2110.03215. A gap is a score of knowledge before minus after for what
    may be forgotten, after minus before for the rest; negative gaps count as 0.

    Args:
        forgotten: Gaps of knowledge that did not change.
        updated: Gaps of knowledge that changed.
        acquired: Gaps of new knowledge.

    >>> round(fuar([0.1, 0.05], [0.2], [0.3]).value, 3)
    0.3
    """
    lost, *gained = (
        math.fsum(max(0.0, gap) for gap in gaps) for gaps in (forgotten, updated, acquired)
    )
    return Defined(
        lost / sum(gained) if sum(gained) > 0 else math.nan,
        "sum of forgotten gaps / (sum of updated + sum of acquired gaps); none without a gain",
        "Jang et al. (CKL), arXiv 2110.03215",
    )


def _mean(scores: Floats) -> float:
    return float(scores.mean()) if scores.size else math.nan

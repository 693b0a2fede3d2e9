"""What decides a comparison: endpoints fixed in advance, each the mean of one value a question.

Averages over periods, F1 and calibration error are no plain means, but each is one of its influence
values: v' = M + w (v - m), so that the mean of v' is the endpoint and its spread over facts is the
endpoint's (the linearisation of Efron, "Nonparametric estimates of standard error", 1981). One
bootstrap of means by fact then serves them all, and so do paired differences.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evals.measures import MEASURES
from evals.reports.page import DASH, decimal, per_cent, signed, signed_points
from evals.scoring import Floats, Scores
from evals.statistics import Estimate
from evals.types import Cohort

FRESH = frozenset({Cohort.NEW, Cohort.UPDATED})
"""The cohorts of the primary endpoint."""
_BINS = 15
_EVENT = ("seed", "wording", "cluster")


class Unit(StrEnum):
    """What an endpoint is counted in."""

    SHARE = "share"
    CHANGE = "change"
    """A difference of shares, around 0."""
    PERIODS = "periods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Values whose mean is an endpoint, with what they depend on."""

    values: Floats
    scores: Scores
    """The answers they are of, in the same order."""
    spread_unknown: str = ""
    """Why their spread over facts says nothing of the endpoint's; empty where it does."""

    @property
    def estimate(self) -> float:
        """The endpoint; NaN of nothing."""
        return float(self.values.mean()) if self.values.size else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A number that learners are compared by."""

    name: str
    label: str
    definition: str
    draw: Callable[[Scores, int], Sample]
    """From a learner's answers and T to the values it is the mean of."""
    is_primary: bool = False
    is_lower_better: bool = False
    unit: Unit = Unit.SHARE

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the greatest value there can be."""
        match self.unit:
            case Unit.SHARE:
                return 0.0, 1.0
            case Unit.CHANGE:
                return -1.0, 1.0
            case Unit.PERIODS:
                return 0.0, math.inf

    @property
    def change_limits(self) -> tuple[float, float]:
        """The least and the greatest difference of two values."""
        low, high = self.limits
        return low - high, high - low


def macro(values: Floats, strata: NDArray[np.object_], scores: Scores) -> Sample:
    """The mean over strata of their means, where no value is NaN; every stratum counts alike.

    Values 1, 1, 0 in period 1 and 0 in period 2 give (2/3 + 0) / 2 = 1/3, not 1/2.
    """
    known = ~np.isnan(values)
    values, strata = values[known], strata[known]
    if not values.size:
        return Sample(values=values, scores=scores.where(known))
    _, place, counts = np.unique(strata, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=values) / counts
    weights = len(values) / (len(counts) * counts)
    influence = means.mean() + weights[place] * (values - means[place])
    chosen = scores.where(known)
    return Sample(values=influence, scores=chosen, spread_unknown=_lone(place, chosen))


def _lone(place: NDArray[np.intp], scores: Scores) -> str:
    """Whether a stratum has one fact alone, which is then its mean and seems not to vary."""
    facts = zip(place.tolist(), scores.labels["cluster"].tolist(), strict=True)
    per_stratum = Counter(stratum for stratum, _ in set(facts))
    return "a period has one fact alone" if min(per_stratum.values()) < 2 else ""


def plain(values: Floats, scores: Scores) -> Sample:
    """The mean over all answers that have a value."""
    known = ~np.isnan(values)
    return Sample(values=values[known], scores=scores.where(known))


def ratio(numerator: Floats, denominator: Floats, scores: Scores) -> Sample:
    """The sum of one over the sum of another, such as F1 = 2 TP / (2 TP + FP + FN)."""
    if not denominator.sum():
        return Sample(values=np.empty(0), scores=scores.where(np.zeros(len(scores), bool)))
    whole = numerator.sum() / denominator.sum()
    influence = whole + (numerator - whole * denominator) / denominator.mean()
    return Sample(values=influence, scores=scores)


def of_measure(name: str) -> Endpoint:
    """The mean of a measure over all answers after the last period that it applies to."""
    measure = MEASURES[name]
    return Endpoint(
        name=name,
        label=measure.label,
        definition=measure.definition,
        draw=_mean_at_end(name),
        unit=Unit.SHARE if measure.is_share else Unit.CHANGE,
    )


def _fresh(measure: str) -> Callable[[Scores, int], Sample]:
    def draw(scores: Scores, last: int) -> Sample:
        asked = scores.only(kind="now", row=last, cohort=FRESH)
        return macro(asked[measure], asked.labels["period"], asked)

    return draw


def _mean_at_end(measure: str, **only: object) -> Callable[[Scores, int], Sample]:
    def draw(scores: Scores, last: int) -> Sample:
        asked = scores.only(row=last, **only)
        return plain(asked[measure], asked)

    return draw


def _average_accuracy(scores: Scores, last: int) -> Sample:
    asked = scores.only(kind="asof", row=last)
    return macro(asked["em"], asked.labels["period"], asked)


def _backward_transfer(scores: Scores, last: int) -> Sample:
    asof = scores.only(kind="asof")
    after = asof.only(row=last, period=tuple(range(1, last)))
    learnt = asof.where(asof.labels["row"] == asof.labels["period"])
    before = dict(zip(learnt.keys(), learnt["em"], strict=True))
    change = np.array(
        [
            now - before.get(key, math.nan)
            for key, now in zip(after.keys(), after["em"], strict=True)
        ]
    )
    return macro(change, after.labels["period"], after)


def _abstention_f1(scores: Scores, last: int) -> Sample:
    asked = scores.only(row=last)
    refused, unanswerable = asked["abstained"], 1 - asked["answerable"]
    if not unanswerable.any():
        return plain(np.full(len(asked), math.nan), asked)
    return ratio(2 * refused * unanswerable, refused + unanswerable, asked)


def _calibration_error(scores: Scores, last: int) -> Sample:
    asked = scores.only(row=last)
    asked = asked.where(~np.isnan(asked["confidence"]))
    sure = asked["confidence"]
    if not sure.size:
        return Sample(values=sure, scores=asked)
    gap = sure - asked["em_said"]
    # The bins of evals.metrics.calibration; each member counts with the sign of its bin's gap.
    edges = np.quantile(sure, np.arange(1, _BINS) / _BINS)
    bin_of = np.searchsorted(edges, sure, side="left")
    return Sample(values=gap * np.sign(np.bincount(bin_of, weights=gap))[bin_of], scores=asked)


def _lag(scores: Scores, last: int) -> Sample:
    now = scores.only(kind="now")
    events = now.only(cohort=Cohort.UPDATED, row=tuple(range(1, last + 1)))
    right = {
        (seed, wording, fact, row)
        for seed, wording, fact, row, em in zip(
            *(now.labels[name].tolist() for name in (*_EVENT, "row")), now["em"], strict=True
        )
        if em == 1
    }
    lags = [
        next((row for row in range(since, last + 1) if (*fact, row) in right), last + 1) - since
        for *fact, since in zip(
            *(events.labels[name].tolist() for name in (*_EVENT, "row")), strict=True
        )
    ]
    return Sample(values=np.array(lags, float), scores=events)


ENDPOINTS = (
    Endpoint(
        name="fresh_em",
        label="EM, new and updated",
        definition="Exact match of standing questions asked after the last period whose fact was "
        "first told or changed in it; mean over the periods the facts are from. R_now.",
        draw=_fresh("em"),
        is_primary=True,
    ),
    Endpoint(
        name="bwt",
        label="Backward transfer",
        definition="1/(T-1) Σ_{j<T} (R[T][j] − R[j][j]) on R_asof (GEM, arXiv 1706.08840, eq. 3): "
        "below 0 is forgetting.",
        draw=_backward_transfer,
        is_primary=True,
        unit=Unit.CHANGE,
    ),
    Endpoint(
        name="average_accuracy",
        label="Average accuracy",
        definition="1/T Σ_j R[T][j] on R_asof, exact match (GEM, arXiv 1706.08840, eq. 2).",
        draw=_average_accuracy,
    ),
    Endpoint(
        name="em",
        label="EM, all",
        definition="Exact match, the mean over all questions after the last period: each counts "
        "alike, whatever its period.",
        draw=_mean_at_end("em"),
    ),
    Endpoint(
        name="f1",
        label="F1, all",
        definition="Token F1 of the same.",
        draw=_mean_at_end("f1"),
    ),
    Endpoint(
        name="staleness",
        label="Staleness",
        definition="Share of standing questions after the last period, among those whose fact has "
        "a superseded value, that were answered with one and with no right value.",
        draw=_mean_at_end("stale", kind="now"),
        is_lower_better=True,
    ),
    Endpoint(
        name="strict_em",
        label="Strict EM",
        definition="As the first, and naming no superseded value beside the right one (STRICT of "
        "FreshQA, arXiv 2310.03214).",
        draw=_fresh("strict_em"),
    ),
    Endpoint(
        name="em_said",
        label="EM, nothing withheld",
        definition="As the first, of what would have been said had nothing been withheld.",
        draw=_fresh("em_said"),
    ),
    Endpoint(
        name="part",
        label="Part match",
        definition="Share of questions after the last period whose answer lies within a right one, "
        "or a right one within it, and not so with a superseded value.",
        draw=_mean_at_end("part"),
    ),
    Endpoint(
        name="part_said",
        label="Part match, nothing withheld",
        definition="The same, of what would have been said had nothing been withheld.",
        draw=_mean_at_end("part_said"),
    ),
    Endpoint(
        name="er1",
        label="ER@1",
        definition="Evidence recall: share of questions after the last period whose first document "
        "of evidence states the answer.",
        draw=_mean_at_end("er1"),
    ),
    Endpoint(
        name="er5",
        label="ER@5",
        definition="Evidence recall: share of questions after the last period with a document that "
        "states the answer among the first five of the evidence.",
        draw=_mean_at_end("er5"),
    ),
    Endpoint(
        name="answer_recall1",
        label="AR@1",
        definition="Answer recall: share of questions after the last period whose first line of "
        "evidence contains a right answer, whether or not it states it.",
        draw=_mean_at_end("answer_recall1"),
    ),
    Endpoint(
        name="answer_recall5",
        label="AR@5",
        definition="As AR@1, among the first five lines.",
        draw=_mean_at_end("answer_recall5"),
    ),
    Endpoint(
        name="stale_above_gold",
        label="Stale above gold",
        definition="Share of questions after the last period, among those with a document of a "
        "superseded value and one of the right value, in whose evidence the former ranks first.",
        draw=_mean_at_end("stale_above_gold"),
        is_lower_better=True,
    ),
    Endpoint(
        name="lag",
        label="Update lag",
        definition="Periods from an update of a fact until a standing question about it is first "
        "answered rightly, the mean over updates; where it never was, one more than the periods "
        "there were.",
        draw=_lag,
        is_lower_better=True,
        unit=Unit.PERIODS,
    ),
    Endpoint(
        name="abstention_f1",
        label="Abstention F1",
        definition="F1 of abstaining as a detector of questions that no document answers, after "
        "the last period.",
        draw=_abstention_f1,
    ),
    Endpoint(
        name="ece",
        label="ECE",
        definition="Expected calibration error over 15 bins of equal mass, of confidence against "
        "exact match of what was said; its interval holds the bins fixed.",
        draw=_calibration_error,
        is_lower_better=True,
    ),
)
"""The endpoints in the order they are shown, the primary ones first."""


def endpoint(name: str) -> Endpoint:
    """The endpoint of a name."""
    return next(one for one in ENDPOINTS if one.name == name)


def value_of(endpoint: Endpoint, value: float) -> str:
    """A value as the endpoint is counted."""
    match endpoint.unit:
        case Unit.SHARE:
            return per_cent(value)
        case Unit.CHANGE:
            return signed_points(value)
        case Unit.PERIODS:
            return decimal(value)


def ends_of(endpoint: Endpoint, one: Estimate) -> str:
    """The ends of a value's interval."""
    return _between(value_of(endpoint, one.low), value_of(endpoint, one.high))


def change_of(endpoint: Endpoint, value: float) -> str:
    """A difference of two values of the endpoint."""
    return signed(value) if endpoint.unit is Unit.PERIODS else signed_points(value)


def change_ends_of(endpoint: Endpoint, one: Estimate) -> str:
    """The ends of a difference's interval."""
    return _between(change_of(endpoint, one.low), change_of(endpoint, one.high))


def _between(low: str, high: str) -> str:
    return "" if DASH in (low, high) else f"[{low}, {high}]"

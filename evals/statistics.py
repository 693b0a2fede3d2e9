"""How sure a mean or a difference is, when questions about one fact are not independent.

The unit is the cluster (one fact, however often it is asked about): clusters are resampled whole,
so that asking about a fact twice does not count as knowing two facts. Seeds are a second factor,
crossed with the first, and are resampled too. All is deterministic given `Resampling.seed`.
"""

import math
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from rag_lifelong.errors import EvalError

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Labels = Sequence[Hashable] | NDArray[Any]
"""What each value belongs to, as a list or a column."""
_Statistic = Callable[..., Floats]

_BATCH = 100
"""Resamples drawn at a time: they stay in the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How intervals are made."""

    resamples: int = 10_000
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean, or a difference of means, with its confidence interval."""

    value: float
    low: float
    high: float
    """Both NaN where there are fewer than two clusters."""
    level: float
    method: str
    """`BCa`, `percentile`, or `none`."""
    n_clusters: int
    n_seeds: int = 1
    note: str = ""
    """Why it is not the BCa interval; empty if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """McNemar's exact test of paired answers."""

    only_first: int
    """Questions that the first alone has right."""
    only_second: int
    p: float
    """Two-sided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverWordings:
    """A score over several wordings of the same questions."""

    mean: float
    worst: float
    each: Mapping[Hashable, float]


def mean_interval(
    values: ArrayLike,
    clusters: Labels,
    *,
    seeds: Labels | None = None,
    how: Resampling | None = None,
) -> Estimate:
    """The mean of the values, with a bootstrap interval over clusters, and over seeds if given.

    The bias-corrected and accelerated bootstrap (BCa; Efron, JASA 1987) of a ratio: the sum of a
    resample over its number of values, so that clusters may differ in size. With several seeds
    both factors are resampled at once (Owen, "The pigeonhole bootstrap", Annals of Applied
    Statistics 2007), which errs on the wide side. Where BCa has no answer, as with values all
    alike, the interval is that of percentiles and the note says so.

    Args:
        values: [n] scores; NaN where the score does not apply.
        clusters: [n] what each value belongs to. Where every seed has facts of its own, their
            names must differ.
        seeds: [n] which seed each value comes from.
        how: Number of resamples, level and seed.

    Raises:
        EvalError: If the lengths differ or no value applies.

    >>> mean_interval([1, 1, 0, 1], ["a", "a", "b", "c"]).value
    0.75
    """
    scores = np.asarray(values, np.float64)
    _check_lengths(scores, clusters, seeds)
    known = ~np.isnan(scores)
    if not known.any():
        raise EvalError("no value to take the mean of", hint="every score is NaN")
    cluster_at, n_clusters = _numbered(clusters, known)
    seed_at, n_seeds = (
        (np.zeros(known.sum(), np.intp), 1) if seeds is None else _numbered(seeds, known)
    )
    table = np.zeros((2, n_seeds, n_clusters))
    np.add.at(table[0], (seed_at, cluster_at), scores[known])
    np.add.at(table[1], (seed_at, cluster_at), 1.0)
    return _interval(table, how or Resampling())


def difference_interval(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Labels,
    *,
    seeds: Labels | None = None,
    how: Resampling | None = None,
) -> Estimate:
    """The mean of first minus second on the same questions, with an interval as `mean_interval`.

    Pairing by question takes out what makes a question hard for both. Pairs with a NaN are left
    out.

    >>> difference_interval([1, 1, 1, 0], [0, 1, 0, 0], ["a", "b", "c", "d"]).value
    0.5
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    _check_pairs(one, other)
    return mean_interval(one - other, clusters, seeds=seeds, how=how)


def mcnemar(first: ArrayLike, second: ArrayLike) -> McNemar:
    """McNemar's exact test: are the questions that one alone has right evenly shared out?

    McNemar, Psychometrika 1947, by the binomial distribution. Questions count as independent: give
    it one a cluster.

    Args:
        first: [n] whether the first is right, as booleans or 0 and 1.
        second: [n] the same of the second.

    Raises:
        EvalError: If the lengths differ, or a value is neither 0 nor 1.

    >>> mcnemar([1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]).p
    0.03125
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    _check_pairs(one, other)
    if not np.isin((one, other), (0, 1)).all():
        raise EvalError("McNemar's test takes answers that are right (1) or wrong (0)")
    only_first, only_second = int((one > other).sum()), int((other > one).sum())
    n = only_first + only_second
    p = float(stats.binomtest(only_first, n, 0.5).pvalue) if n else 1.0
    return McNemar(only_first=only_first, only_second=only_second, p=p)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P values adjusted for how many there are, in the order given.

    Holm, Scandinavian Journal of Statistics 1979: the smallest is multiplied by n, the next by
    n - 1, and none may fall below one before it.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    stepped = np.maximum.accumulate(np.asarray(p_values, np.float64)[order] * factors)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(p) for p in adjusted)


def over_wordings(values: ArrayLike, wordings: Labels) -> OverWordings:
    """The mean of each wording's mean, and the worst of them; NaN values are left out.

    >>> over_wordings([1, 1, 0, 1], [0, 0, 1, 1]).worst
    0.5

    Raises:
        EvalError: If the lengths differ or no value applies.
    """
    scores = np.asarray(values, np.float64)
    _check_lengths(scores, wordings, None)
    known: dict[Hashable, list[float]] = {}
    for wording, score in zip(wordings, scores.tolist(), strict=True):
        if not math.isnan(score):
            known.setdefault(wording, []).append(score)
    if not known:
        raise EvalError("no value to take the mean of", hint="every score is NaN")
    each = {wording: math.fsum(found) / len(found) for wording, found in known.items()}
    mean = math.fsum(each.values()) / len(each)
    return OverWordings(mean=mean, worst=min(each.values()), each=MappingProxyType(each))


def _check_lengths(scores: Floats, labels: Labels, seeds: Labels | None) -> None:
    for name, column in (("labels", labels), ("seeds", seeds)):
        if column is not None and len(column) != scores.size:
            raise EvalError(f"{scores.size} values have {len(column)} {name}")


def _check_pairs(one: Floats, other: Floats) -> None:
    if one.shape != other.shape:
        raise EvalError(f"{one.size} values cannot be paired with {other.size}")


def _numbered(labels: Labels, known: NDArray[np.bool_]) -> tuple[Integers, int]:
    """The labels that are known as numbers in order of appearance, and how many there are."""
    number: dict[Hashable, int] = {}
    numbered = [
        number.setdefault(label, len(number))
        for label, is_known in zip(labels, known.tolist(), strict=True)
        if is_known
    ]
    return np.array(numbered, np.intp), len(number)


def _interval(table: Floats, how: Resampling) -> Estimate:
    """The estimate from the [2, seeds, clusters] table of sums and counts."""
    _, n_seeds, n_clusters = table.shape
    value = float(table[0].sum() / table[1].sum())
    low, high, method, note = math.nan, math.nan, "none", "fewer than two clusters"
    if n_clusters > 1:
        low, high, method, note = _bootstrap(table, how)
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=how.level,
        method=method,
        n_clusters=n_clusters,
        n_seeds=n_seeds,
        note=note,
    )


def _bootstrap(table: Floats, how: Resampling) -> tuple[float, float, str, str]:
    data, statistic, is_paired = _by_cluster(table) if table.shape[1] == 1 else _crossed(table)
    settings: dict[str, Any] = {
        "paired": is_paired,
        "vectorized": True,
        "confidence_level": how.level,
        "rng": np.random.default_rng(how.seed),
    }
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        result = stats.bootstrap(
            data, statistic, n_resamples=how.resamples, batch=_BATCH, method="BCa", **settings
        )
        bounds = result.confidence_interval
        if np.isfinite((bounds.low, bounds.high)).all():
            return float(bounds.low), float(bounds.high), "BCa", ""
        again = stats.bootstrap(
            data, statistic, n_resamples=0, bootstrap_result=result, method="percentile", **settings
        ).confidence_interval
    is_alike = bool(np.ptp(result.bootstrap_distribution) == 0)
    why = "all clusters score alike" if is_alike else "the bias correction is not finite"
    return float(again.low), float(again.high), "percentile", f"BCa is undefined: {why}"


def _by_cluster(table: Floats) -> tuple[tuple[Floats, ...], _Statistic, bool]:
    def mean(sums: Floats, counts: Floats, axis: int = -1) -> Floats:
        return np.asarray(sums.sum(axis=axis) / counts.sum(axis=axis))

    return (table[0, 0], table[1, 0]), mean, True


def _crossed(table: Floats) -> tuple[tuple[Integers, ...], _Statistic, bool]:
    """Data are the numbers of clusters and seeds: each is resampled on its own."""
    _, n_seeds, n_clusters = table.shape
    overall = table[0].sum() / table[1].sum()

    def mean(clusters: Integers, seeds: Integers, axis: int = -1) -> Floats:
        del axis  # always the last
        times = [(seeds == seed).sum(axis=-1) for seed in range(n_seeds)]
        sums, counts = (
            sum(n * row[clusters].sum(axis=-1) for n, row in zip(times, part, strict=True))
            for part in table
        )
        # Seeds with facts of their own may leave a resample empty: it then tells nothing new.
        return np.asarray(np.where(counts > 0, sums / counts, overall))

    return (np.arange(n_clusters), np.arange(n_seeds)), mean, False

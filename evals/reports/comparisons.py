"""Estimates with their intervals, and paired differences between two learners."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evals import statistics
from evals.reports.endpoints import Endpoint, Sample
from evals.scoring import Scores
from evals.statistics import Estimate, McNemar

NOT_MEASURED = Estimate(
    value=math.nan, low=math.nan, high=math.nan, level=0.95, method="none", n_clusters=0
)


def estimate(endpoint: Endpoint, sample: Sample) -> Estimate:
    """An endpoint with its interval over facts and seeds, within what there can be."""
    if not sample.values.size:
        return NOT_MEASURED
    labels = sample.scores.labels
    if sample.spread_unknown:
        return _without_interval(sample.estimate, sample)
    found = statistics.mean_interval(
        sample.values, labels["cluster"].tolist(), seeds=_several(labels["seed"].tolist())
    )
    return _within(found, endpoint.limits)


def difference(endpoint: Endpoint, first: Sample, second: Sample) -> Estimate:
    """An endpoint of one learner less that of another, paired by question.

    Questions that one of them has no value for are left out.
    """
    other = dict(zip(second.scores.keys(), second.values.tolist(), strict=True))
    labels = first.scores.labels
    pairs = [
        (value, other[key], cluster, seed)
        for key, value, cluster, seed in zip(
            first.scores.keys(),
            first.values.tolist(),
            labels["cluster"].tolist(),
            labels["seed"].tolist(),
            strict=True,
        )
        if key in other
    ]
    if not pairs:
        return NOT_MEASURED
    one, two, clusters, seeds = map(list, zip(*pairs, strict=True))
    if first.spread_unknown:
        return _without_interval(float(np.mean(one) - np.mean(two)), first)
    found = statistics.difference_interval(one, two, clusters, seeds=_several(seeds))
    return _within(found, endpoint.change_limits)


def pairing(first: Scores, second: Scores) -> McNemar:
    """McNemar's test of exact match, each question once: in its first wording and seed."""
    one, other = _once(first), _once(second)
    both = sorted(one.keys() & other.keys())
    return statistics.mcnemar([one[name] for name in both], [other[name] for name in both])


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """The p values corrected for how many there are, by name."""
    return dict(zip(p_values, statistics.holm(list(p_values.values())), strict=True))


def _without_interval(value: float, sample: Sample) -> Estimate:
    return replace(
        NOT_MEASURED,
        value=value,
        n_clusters=len(set(sample.scores.labels["cluster"].tolist())),
        note=sample.spread_unknown,
    )


def _within(found: Estimate, limits: tuple[float, float]) -> Estimate:
    # Influence values are linear and know no bounds.
    low, high = (float(np.clip(end, *limits)) for end in (found.low, found.high))
    return replace(found, low=low, high=high)


def _once(scores: Scores) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for name, em in zip(scores.labels["question"].tolist(), scores["em"].tolist(), strict=True):
        found.setdefault(name, em == 1)
    return found


def _several(seeds: Sequence[Any]) -> Sequence[Any] | None:
    return seeds if len(set(seeds)) > 1 else None

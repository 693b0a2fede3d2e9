"""Everything a report shows, computed once and in a form that machines read: `scores.json`."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import to_jsonable_python

from evals import guards
from evals.guards import Leak, Reordered, Swapped
from evals.matrices import r_asof, r_now, update_matrix
from evals.measures import MEASURES
from evals.metrics.lag import UpdateLag, update_lag
from evals.registry import LEARNERS
from evals.reports.comparisons import difference, estimate, holm, pairing
from evals.reports.confidence import Confidence, confidence
from evals.reports.costs import Cost, Crossing, cost, crossings
from evals.reports.endpoints import ENDPOINTS
from evals.reports.evidence import Found, found_by_date
from evals.reports.perturbed import Drop, drops
from evals.reports.transfer import Number, transfer
from evals.runs import Run
from evals.scoring import Floats, Scores
from evals.statistics import Estimate, McNemar


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The questions of one kind and one cohort or form, after the last period."""

    kind: str
    by: str
    """`cohort` or `form`; `all`: not divided."""
    name: str
    learner: str
    n: int
    means: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """How a learner does row by row."""

    em_now: Sequence[float]
    """Standing questions right, the mean over the periods they are from."""
    staleness: Sequence[float]
    average_accuracy: Sequence[float]
    """Of questions of a fixed time, over the periods up to the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """A learner with options beside itself with fewer."""

    learner: str
    base: str
    endpoints: Mapping[str, Estimate]
    """Differences to the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run in numbers. Mappings are by learner unless said otherwise."""

    run: Mapping[str, Any]
    reference: str
    """The learner that the others are compared to."""
    estimates: Mapping[str, Mapping[str, Estimate]]
    """By endpoint, then learner."""
    differences: Mapping[str, Mapping[str, Estimate]]
    """To the reference, by endpoint, then learner."""
    pairings: Mapping[str, McNemar]
    """With the reference, on the first endpoint's questions."""
    holm: Mapping[str, float]
    """The pairings' p values, corrected for the number of learners."""
    wordings: Mapping[str, Mapping[int, float]]
    """The first endpoint by wording."""
    seeds: Mapping[str, Mapping[int, float]]
    """The first endpoint by seed."""
    groups: Sequence[Group]
    found: Sequence[Found]
    """Evidence by date."""
    drops: Sequence[Drop]
    """From questions to themselves with another date; none where the benchmark has no such."""
    matrices: Mapping[str, Mapping[str, Sequence[Sequence[float]]]]
    """By learner, then `asof` and `now`."""
    transfer: Mapping[str, Mapping[str, Sequence[Number]]]
    """By learner, then `asof` and `now`."""
    lags: Mapping[str, UpdateLag]
    """By the share of updates that are right."""
    over_time: Mapping[str, OverTime]
    confidence: Mapping[str, Confidence]
    costs: Mapping[str, Cost]
    crossings: Sequence[Crossing]
    ablations: Sequence[Ablation]
    leaks: Sequence[Leak]
    """None on a benchmark whose facts models may know."""
    leaks_holm: Mapping[str, float]
    """The p values of the leak detector, corrected for the number of learners."""
    swapped: Sequence[Swapped]
    reordered: Sequence[Reordered]

    @property
    def leaking(self) -> tuple[str, ...]:
        """Learners of which the detector says that they knew the future."""
        return tuple(name for name, p in self.leaks_holm.items() if p < guards.ALPHA)

    def as_json(self) -> str:
        """The same numbers as the same bytes; what was not measured is null."""
        plain = _finite(to_jsonable_python(self, inf_nan_mode="constants"))
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)


def summarise(run: Run, scores: Mapping[str, Scores]) -> Summary:
    """Compute everything a report shows.

    Args:
        run: The run.
        scores: Its learners' answers, scored.
    """
    last = run.n_periods
    reference = reference_of(run.learners)
    drawn = {e.name: {name: e.draw(s, last) for name, s in scores.items()} for e in ENDPOINTS}
    first = ENDPOINTS[0]
    rivals = [name for name in run.learners if name != reference]
    pairings = {
        name: pairing(drawn[first.name][name].scores, drawn[first.name][reference].scores)
        for name in rivals
    }
    matrices = {name: _matrices(one, last) for name, one in scores.items()}
    costs = {name: cost(run, name) for name in run.learners}
    leaks = () if run.contamination else _leaks(scores, last)
    return Summary(
        run=run.about,
        reference=reference,
        estimates={
            e.name: {name: estimate(e, sample) for name, sample in drawn[e.name].items()}
            for e in ENDPOINTS
        },
        differences={
            e.name: {
                name: difference(e, drawn[e.name][name], drawn[e.name][reference])
                for name in rivals
            }
            for e in ENDPOINTS
        },
        pairings=pairings,
        holm=holm({name: one.p for name, one in pairings.items()}),
        wordings={name: _split(one, "wording", last) for name, one in scores.items()},
        seeds={name: _split(one, "seed", last) for name, one in scores.items()},
        groups=_groups(scores, last),
        found=found_by_date(run, scores),
        drops=drops(run, scores),
        matrices={
            name: {kind: cells.tolist() for kind, cells in both.items()}
            for name, both in matrices.items()
        },
        transfer={name: transfer(one, matrices) for name, one in scores.items()},
        lags={name: update_lag(update_matrix(one, n_periods=last)) for name, one in scores.items()},
        over_time={name: _over_time(one, matrices[name], last) for name, one in scores.items()},
        confidence={name: confidence(one, row=last) for name, one in scores.items()},
        costs=costs,
        crossings=crossings(costs, reference, last),
        ablations=_ablations(run.learners, drawn),
        leaks=leaks,
        leaks_holm=holm({one.learner: one.p for one in leaks if one.n_facts}),
        swapped=_swapped(run, scores, last),
        reordered=_reordered(scores, last),
    )


def reference_of(learners: Sequence[str]) -> str:
    """The learner that others are compared to: `ours`, or the first that is named so, or any.

    >>> reference_of(["bm25", "ours@k=3", "dense"]), reference_of(["bm25", "dense"])
    ('ours@k=3', 'bm25')
    """
    named = [name for name in learners if name.partition("@")[0] == "ours"]
    return "ours" if "ours" in named else (named or list(learners))[0]


def base_of(learner: str, learners: Sequence[str]) -> str | None:
    """The learner of the same name with the most of the same options and none besides.

    >>> base_of("ours@k=3,order=shuffled", ["ours", "ours@k=3", "hybrid@k=3"])
    'ours@k=3'
    """
    name, options = _options(learner)
    plainer = [
        (len(fewer), other)
        for other in learners
        for same, fewer in [_options(other)]
        if same == name and fewer < options
    ]
    return max(plainer)[1] if plainer else None


def is_bound(learner: str) -> bool:
    """Whether a learner may look at the key."""
    entry = LEARNERS.get(learner.partition("@")[0])
    return entry is not None and entry.is_bound


def _options(learner: str) -> tuple[str, frozenset[str]]:
    name, _, options = learner.partition("@")
    return name, frozenset(options.split(",")) - {""}


def _matrices(scores: Scores, last: int) -> dict[str, Floats]:
    return {
        "asof": r_asof(scores, n_periods=last),
        "now": r_now(scores, n_periods=last),
    }


def _split(scores: Scores, label: str, last: int) -> dict[int, float]:
    values = sorted(set(scores.labels[label].tolist()))
    return {
        value: ENDPOINTS[0].draw(scores.only(**{label: value}), last).estimate for value in values
    }


def _groups(scores: Mapping[str, Scores], last: int) -> list[Group]:
    found = []
    for one in scores.values():
        end = one.only(row=last)
        for kind in sorted(set(end.labels["kind"])):
            asked = end.only(kind=kind)
            found.append(_group(asked, kind=kind, by="all", name=""))
            for by in ("cohort", "form"):
                found += [
                    _group(asked.only(**{by: name}), kind=kind, by=by, name=name)
                    for name in sorted(set(asked.labels[by]))
                ]
    return found


def _group(scores: Scores, *, kind: str, by: str, name: str) -> Group:
    return Group(
        kind=kind,
        by=by,
        name=name,
        learner=scores.learner,
        n=len(scores),
        means={measure: scores.mean(measure) for measure in MEASURES},
    )


def _over_time(scores: Scores, matrices: Mapping[str, Floats], last: int) -> OverTime:
    rows = range(last + 1)
    now = scores.only(kind="now")
    return OverTime(
        em_now=[_mean(matrices["now"][row]) for row in rows],
        staleness=[now.only(row=row).mean("stale") for row in rows],
        average_accuracy=[_mean(matrices["asof"][row][:row]) for row in rows],
    )


def _mean(cells: Floats) -> float:
    known = cells[~np.isnan(cells)]
    return float(known.mean()) if known.size else math.nan


def _ablations(
    learners: Sequence[str], drawn: Mapping[str, Mapping[str, Any]]
) -> tuple[Ablation, ...]:
    pairs = [(name, base_of(name, learners)) for name in learners]
    return tuple(
        Ablation(
            learner=name,
            base=base,
            endpoints={
                e.name: difference(e, drawn[e.name][name], drawn[e.name][base]) for e in ENDPOINTS
            },
        )
        for name, base in pairs
        if base is not None
    )


def _leaks(scores: Mapping[str, Scores], last: int) -> tuple[Leak, ...]:
    return tuple(
        guards.leak(one, n_periods=last) for name, one in scores.items() if not is_bound(name)
    )


def _swapped(run: Run, scores: Mapping[str, Scores], last: int) -> tuple[Swapped, ...]:
    pairs = {seed: guards.date_pairs(run.questions(seed).values()) for seed in run.seeds}
    if not any(pairs.values()):
        return ()
    return tuple(guards.swapped_dates(one, pairs, row=last) for one in scores.values())


def _reordered(scores: Mapping[str, Scores], last: int) -> tuple[Reordered, ...]:
    found = []
    for name, one in scores.items():
        same, options = _options(name)
        order = {option for option in options if option.startswith("order=")}
        base = next((o for o in scores if order and _options(o) == (same, options - order)), None)
        if base:
            found.append(guards.reordered(one, scores[base], row=last))
    return tuple(found)


def _finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case float():
            return round(value, 6)
        case list():
            return [_finite(one) for one in value]
        case dict():
            return {key: _finite(one) for key, one in value.items()}
        case _:
            return value

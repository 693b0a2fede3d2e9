"""What learning and answering cost, from what the runner measured."""

import math
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from evals.cost import break_even
from evals.runs import Run

_READ_BY_THE_SAME = "retrieval-over-frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one learner cost; NaN where it was not measured. Means over seeds."""

    flops: float
    """Operations of learning all periods."""
    tokens: float
    """Tokens that went through a model while learning."""
    learning_seconds: float
    energy_j: float
    """Joules of learning; an estimate where the machine has no meter."""
    peak_rss_bytes: float
    state_bytes: float
    """Kept after the last period."""
    growth: tuple[float, ...]
    """Bytes kept after each period."""
    answer_flops: float
    """Operations a question."""
    median_seconds: float
    """Of answering a question; half took less."""
    p95_seconds: float
    """19 of 20 questions took less."""
    calls: float
    """Times the language model was asked, a question."""
    tokens_in: float
    tokens_out: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """At how many questions a period two ways of knowing cost the same."""

    taught: str
    """The learner that costs more to teach."""
    retrieval: str
    questions: float
    reading: str


def cost(run: Run, learner: str) -> Cost:
    """What a learner cost in a run."""
    observed = [one for seed in run.seeds if (one := run.taught(learner, seed))]
    used = [one for cell in run.cells(learner) for one in run.used(learner, cell)]
    seconds = np.array([one.seconds for one in used]) if used else np.array([math.nan])
    metered = [[o.energy_j for o in seed if o.energy_j is not None] for seed in observed]
    return Cost(
        flops=_mean([sum(one.flops for one in seed) for seed in observed]),
        tokens=_mean([sum(one.tokens for one in seed) for seed in observed]),
        learning_seconds=_mean([sum(one.seconds for one in seed) for seed in observed]),
        energy_j=_mean([sum(seed) for seed in metered if seed]),
        peak_rss_bytes=max((o.peak_rss_bytes for seed in observed for o in seed), default=math.nan),
        state_bytes=_mean([seed[-1].state_bytes for seed in observed]),
        growth=tuple(_mean(list(kept)) for kept in zip(*_states(run, learner), strict=False)),
        answer_flops=_mean([
            o.answer_flops_per_question
            for seed in observed for o in seed if o.answer_flops_per_question is not None
        ]),
        median_seconds=float(np.median(seconds)),
        p95_seconds=float(np.quantile(seconds, 0.95)),
        calls=_mean([one.calls for one in used]),
        tokens_in=_mean([one.tokens_in for one in used]),
        tokens_out=_mean([one.tokens_out for one in used]),
    )  # fmt: skip


def crossings(costs: dict[str, Cost], reference: str, n_periods: int) -> tuple[Crossing, ...]:
    """Where looking up and each learner that costs more to teach cost the same.

    What looks up is retrieval read by the model that the others teach, untaught, if it takes part:
    then both sides read with the same model. Else it is the reference. Only learners whose
    operations of answering were measured can be compared.
    """
    retrieval = _READ_BY_THE_SAME if _READ_BY_THE_SAME in costs else reference
    ours = costs[retrieval]
    found = []
    for name, one in costs.items():
        update = (one.flops - ours.flops) / n_periods
        if name == retrieval or not update > 0 or math.isnan(one.answer_flops + ours.answer_flops):
            continue
        even = break_even(
            update,
            retrieval_query_flops=ours.answer_flops,
            closed_query_flops=one.answer_flops,
        )
        found.append(
            Crossing(
                taught=name, retrieval=retrieval, questions=even.questions, reading=even.reading
            )
        )
    return tuple(found)


def _states(run: Run, learner: str) -> list[list[float]]:
    return [[one.state_bytes for one in run.taught(learner, seed)] for seed in run.seeds]


def _mean(numbers: list[float] | list[int]) -> float:
    return fmean(numbers) if numbers else math.nan

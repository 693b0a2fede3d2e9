"""What was found, each time it was asked for: recall and staleness of the evidence, by date."""

from collections.abc import Mapping
from dataclasses import dataclass

from evals.reports.comparisons import estimate
from evals.reports.endpoints import of_measure, plain
from evals.runs import Run
from evals.scoring import Scores
from evals.statistics import Estimate

SHOWN = (
    "er1",
    "er5",
    "answer_recall1",
    "answer_recall5",
    "passage_recall1",
    "passage_recall5",
    "stale_above_gold",
    "stale",
)
"""Measures of `evals.measures.MEASURES`; the last is of the answer that was read from it."""
_WHOLE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A learner's evidence for the questions of one date or period."""

    learner: str
    kind: str
    at: str
    """Questions of the present: the period after which they were asked. Questions of a fixed time:
    the period they belong to, asked after the last one. Empty: all of these."""
    n: int
    """Answers."""
    estimates: Mapping[str, Estimate]
    """By the names of `SHOWN`, each with its interval over facts."""


def found_by_date(run: Run, scores: Mapping[str, Scores]) -> tuple[Found, ...]:
    """The evidence of every learner, by date and as a whole.

    Args:
        run: The run.
        scores: Its learners' answers, scored.
    """
    made = []
    for one in scores.values():
        now, asof = one.only(kind="now"), one.only(kind="asof", row=run.n_periods)
        for number, name in enumerate(run.periods, start=1):
            made.append(_found(now.only(row=number), "now", name))
            made.append(_found(asof.only(period=number), "asof", name))
        made.append(_found(now.only(row=tuple(range(1, run.n_periods + 1))), "now", _WHOLE))
        made.append(_found(asof, "asof", _WHOLE))
    return tuple(one for one in made if one.n)


def _found(scores: Scores, kind: str, at: str) -> Found:
    return Found(
        learner=scores.learner,
        kind=kind,
        at=at,
        n=len(scores),
        estimates={name: estimate(of_measure(name), plain(scores[name], scores)) for name in SHOWN},
    )

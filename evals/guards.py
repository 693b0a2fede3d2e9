"""Guards: signs that a comparison is not what it seems.

* Leaks: on invented facts, nobody can answer before the fact was told.
* Contamination: on public facts, models may know them from their training.
* Swapped dates: whoever reads the date in the question changes the answer with it.
* Order of evidence: whoever reads all evidence does not change the answer with its order.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

import numpy as np
from scipy.stats import binomtest

from evals.metrics.answers import normalise
from evals.runs import Question
from evals.scoring import Scores
from evals.types import Cohort, Form

ALPHA = 0.05
"""Familywise error rate of the leak detector."""

_DATED = frozenset({Form.AS_OF, Form.BETWEEN})

Pair = tuple[Question, Question]
"""Two questions about one fact as of different dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Whether a learner knew facts before any document told them."""

    learner: str
    n_facts: int
    before: float
    """Share right in row 0, before anything was told."""
    guess: float
    """Share that is right by always giving the commonest right answer."""
    future: float
    """Share right in later rows about periods that were still to come."""
    n_better: int
    """Facts of which more was right later than in row 0."""
    n_worse: int
    p: float
    """Of so much by guessing, in row 0 or later: the less of two one-sided tests, doubled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """Two questions that differ in their date alone, and in the right answer."""

    learner: str
    n_pairs: int
    same_answer: float
    """Share of pairs given one and the same answer: the date was not read."""
    both_right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reordered:
    """A learner beside itself with its evidence in another order."""

    learner: str
    base: str
    n: int
    changed: float
    """Share of questions with another answer."""
    em_difference: float


def leak(scores: Scores, *, n_periods: int) -> Leak:
    """Test one learner for knowledge of the future, on invented facts.

    Two exact tests over the facts that are new in periods 2 to T. Binomial: is more right in row 0,
    before anything was told, than by always giving the commonest right answer? Sign test: is more
    right in rows 1 to j-1, when others were told but not yet period j, than in row 0?

    Args:
        scores: The learner's answers.
        n_periods: T.
    """
    asked = scores.only(kind="asof", cohort=Cohort.NEW, period=tuple(range(2, n_periods + 1)))
    early = asked.where(asked.labels["row"] < asked.labels["period"])
    is_before = early.labels["row"] == 0
    before, later = (_by_fact(early.where(mask)) for mask in (is_before, ~is_before))
    both = [(before[fact], later[fact]) for fact in before if fact in later]
    better = sum(then > first for first, then in both)
    worse = sum(then < first for first, then in both)
    guess = _commonest(early.where(is_before))
    right = sum(first > 0.5 for first, _ in both)
    tests = [_p_greater(right, len(both), guess), _p_greater(better, better + worse, 0.5)]
    return Leak(
        learner=scores.learner,
        n_facts=len(both),
        before=early.where(is_before).mean("em"),
        guess=guess,
        future=early.where(~is_before).mean("em"),
        n_better=better,
        n_worse=worse,
        p=min(1.0, 2 * min(tests)) if both else math.nan,
    )


def _by_fact(scores: Scores) -> dict[str, float]:
    """The share right of each fact's questions."""
    found: dict[str, list[float]] = defaultdict(list)
    for fact, em in zip(scores.labels["cluster"].tolist(), scores["em"].tolist(), strict=True):
        found[fact].append(em)
    return {fact: fmean(ems) for fact, ems in found.items()}


def _commonest(scores: Scores) -> float:
    """The share of the facts that have the commonest right answer."""
    gold = dict(zip(scores.labels["cluster"].tolist(), scores.labels["gold"].tolist(), strict=True))
    return max(Counter(gold.values()).values()) / len(gold) if gold else math.nan


def _p_greater(successes: int, n: int, chance: float) -> float:
    return float(binomtest(successes, n, chance, alternative="greater").pvalue) if n else 1.0


def date_pairs(questions: Iterable[Question]) -> tuple[Pair, ...]:
    """Questions as of neighbouring dates about one fact, with no right answer in common."""
    by_fact: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        example = question.example
        is_dated = question.kind == "asof" and example.form in _DATED and example.window
        if is_dated and example.cluster and example.answers:
            by_fact[example.cluster].append(question)
    return tuple(
        (first, second)
        for same in by_fact.values()
        for first, second in pairwise(sorted(same, key=_window_start))
        if first.example.window != second.example.window
        and not _spellings(first.example.answers) & _spellings(second.example.answers)
    )


def swapped_dates(scores: Scores, pairs: Mapping[int, Sequence[Pair]], *, row: int) -> Swapped:
    """How a learner tells the dates of pairs of questions apart.

    Args:
        scores: The learner's answers.
        pairs: Of each seed, what `date_pairs` found.
        row: The row whose answers are looked at.
    """
    asked = scores.only(kind="asof", row=row)
    said = dict(zip(asked.keys(), asked.labels["answer"], strict=True))
    right = dict(zip(asked.keys(), asked["em"] == 1, strict=True))
    put = [
        ((seed, wording, first.q), (seed, wording, second.q))
        for seed, wording in sorted({key[:2] for key in said})
        for first, second in pairs[seed]
    ]
    return Swapped(
        learner=scores.learner,
        n_pairs=len(put),
        same_answer=_share(bool(said[one]) and said[one] == said[other] for one, other in put),
        both_right=_share(right[one] and right[other] for one, other in put),
    )


def reordered(scores: Scores, base: Scores, *, row: int) -> Reordered:
    """How much a learner's answers depend on the order of its evidence.

    Args:
        scores: The learner with its evidence in another order.
        base: The same learner with its own order.
        row: The row whose answers are looked at.
    """
    one, other = scores.only(row=row), base.only(row=row)
    before = dict(
        zip(other.keys(), zip(other.labels["answer"], other["em"], strict=True), strict=True)
    )
    both = [
        (answer != before[key][0], em - before[key][1])
        for key, answer, em in zip(one.keys(), one.labels["answer"], one["em"], strict=True)
        if key in before
    ]
    return Reordered(
        learner=scores.learner,
        base=base.learner,
        n=len(both),
        changed=_share(changed for changed, _ in both),
        em_difference=float(np.mean([gain for _, gain in both])) if both else math.nan,
    )


def _share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return sum(counted) / len(counted) if counted else math.nan


def _window_start(question: Question) -> tuple[object, int]:
    window = question.example.window
    return (window.start if window else None, question.q)


def _spellings(answers: Iterable[str]) -> set[str]:
    return {normalise(answer) for answer in answers}

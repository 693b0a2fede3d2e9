"""Two learners of a run, question by question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.measures import MEASURES
from evals.reports.comparisons import difference, estimate, pairing
from evals.reports.endpoints import Endpoint, Sample, of_measure, plain
from evals.runs import Question, Run
from evals.scoring import Scores, score_learner
from evals.statistics import Estimate, McNemar
from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the questions, and how the two learners do on them."""

    name: str
    n: int
    """Answers of each."""
    first: float
    second: float
    difference: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A question on which the two learners differ."""

    question: str
    example_id: str
    kind: str
    period: str
    answers: Sequence[str]
    superseded: Sequence[str]
    first_said: str
    second_said: str
    first_score: float
    second_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The first learner beside the second, after the last period."""

    first: str
    second: str
    metric: str
    first_mean: Estimate
    second_mean: Estimate
    difference: Estimate
    """First less second, paired by question, with its interval over facts."""
    mcnemar: McNemar
    """Of exact match, each question once: in its first wording and seed."""
    cohorts: Sequence[Part]
    forms: Sequence[Part]
    differing: Sequence[Differing]
    """In the first seed and wording."""


def compare(run: Path, a: str, b: str, *, metric: str = "em") -> Comparison:
    """Compare two learners of a run after the last period, over questions of both kinds.

    Args:
        run: The run's folder.
        a: The first learner's spec.
        b: The second's.
        metric: One of `evals.measures.MEASURES`.

    Raises:
        EvalError: If the folder is no run, a learner is not in it or a metric is not known.
    """
    if metric not in MEASURES:
        raise EvalError(f"no metric {metric!r}", hint=f"one of: {', '.join(MEASURES)}")
    read = Run(run)
    for learner in (a, b):
        if learner not in read.learners:
            raise EvalError(
                f"the run has no learner {learner!r}", hint=f"one of: {', '.join(read.learners)}"
            )
    questions = {seed: read.questions(seed) for seed in read.seeds}
    one, other = (score_learner(read, name, questions).only(row=read.n_periods) for name in (a, b))
    endpoint = of_measure(metric)
    first, second = plain(one[metric], one), plain(other[metric], other)
    return Comparison(
        first=a,
        second=b,
        metric=metric,
        first_mean=estimate(endpoint, first),
        second_mean=estimate(endpoint, second),
        difference=difference(endpoint, first, second),
        mcnemar=pairing(one, other),
        cohorts=_parts(endpoint, first, second, "cohort"),
        forms=_parts(endpoint, first, second, "form"),
        differing=_differing(read, questions, one, other, metric),
    )


def _parts(endpoint: Endpoint, first: Sample, second: Sample, by: str) -> list[Part]:
    names = sorted(set(first.scores.labels[by]) & set(second.scores.labels[by]))
    parts = []
    for name in names:
        one, other = (
            plain(scores[endpoint.name], scores)
            for scores in (first.scores.only(**{by: name}), second.scores.only(**{by: name}))
        )
        parts.append(
            Part(
                name=name,
                n=len(one.scores),
                first=one.estimate,
                second=other.estimate,
                difference=difference(endpoint, one, other),
            )
        )
    return parts


def _differing(
    run: Run,
    questions: Mapping[int, Mapping[int, Question]],
    one: Scores,
    other: Scores,
    metric: str,
) -> list[Differing]:
    keys = sorted(set(one.keys()) & set(other.keys()))
    if not keys:
        return []
    seed, wording = keys[0][:2]
    first, second = (
        _by_question(one, seed, wording, metric),
        _by_question(other, seed, wording, metric),
    )
    return [
        _one(run, questions[seed][q], wording, first[q], second[q])
        for q in sorted(first.keys() & second.keys())
        if first[q][1] != second[q][1]
    ]


def _by_question(
    scores: Scores, seed: int, wording: int, metric: str
) -> dict[int, tuple[str, float]]:
    part = scores.only(seed=seed, wording=wording)
    columns = (part.labels["q"].tolist(), part.labels["answer"].tolist(), part[metric].tolist())
    return {q: (said, score) for q, said, score in zip(*columns, strict=True) if score == score}


def _one(
    run: Run,
    question: Question,
    wording: int,
    first: tuple[str, float],
    second: tuple[str, float],
) -> Differing:
    example = question.example
    return Differing(
        question=example.wordings[wording % len(example.wordings)],
        example_id=example.example_id,
        kind=question.kind,
        period=run.periods[question.period - 1],
        answers=example.answers,
        superseded=example.superseded,
        first_said=first[0],
        second_said=second[0],
        first_score=first[1],
        second_score=second[1],
    )

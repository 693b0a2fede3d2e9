"""What is measured of every single answer, with the definition that is printed beside the number.

Answers withheld count as wrong where there is a right one, and as right where there is none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from evals.metrics.answers import exact_match, part_match, relaxed_match, strict_match, token_f1
from evals.metrics.retrieval import RankScores, passage_recall, rank_scores, temporal_gains
from evals.metrics.staleness import conflicts, harm_score, stale, stale_above_gold
from evals.runs import Answered
from evals.types import Example
from rag_lifelong.temporal import MAX_TIME, Interval

Floats = NDArray[np.float64]
Answers = Sequence[tuple[Example, Answered]]
_Pattern = tuple[tuple[float, ...], tuple[float, ...]]

_REMEMBERED = 1 << 17
"""Judgements of answers and texts kept: learners, rows and wordings repeat them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A score that every answer has, or NaN."""

    label: str
    definition: str
    is_of_evidence: bool = False
    """Not measured of a learner that never shows evidence."""
    is_share: bool = True
    """From 0 to 1, of which the mean is a share."""


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "em": Measure(
            label="EM",
            definition="Exact match with a right answer after normalisation (SQuAD, arXiv "
            "1606.05250), dates and numbers made alike first.",
        ),
        "f1": Measure(
            label="F1",
            definition="Token F1 with the right answer it is most like (SQuAD, arXiv 1606.05250).",
        ),
        "em_said": Measure(
            label="EM, nothing withheld",
            definition="Exact match of what would have been said, had nothing been withheld.",
        ),
        "part": Measure(
            label="Part match",
            definition="The answer lies within a right one, or a right one within it, as whole "
            "words, and not so with a superseded value. For benchmarks whose answers are labels "
            "of a knowledge base, which documents shorten.",
        ),
        "part_said": Measure(
            label="Part match, nothing withheld",
            definition="Part match of what would have been said, had nothing been withheld.",
        ),
        "strict_em": Measure(
            label="Strict",
            definition="Names a right answer and no superseded value (STRICT of FreshQA, arXiv "
            "2310.03214).",
        ),
        "stale": Measure(
            label="Stale",
            definition="Names a superseded value and no right one; of questions that have a "
            "superseded value (after EvolvingQA, arXiv 2311.08106).",
        ),
        "abstained": Measure(label="Abstained", definition="No answer was given."),
        "answerable": Measure(label="Answerable", definition="There is a right answer."),
        "harm": Measure(
            label="Harm score",
            definition="1 for a right answer, 0 for none, −1 for a wrong one (HoH, arXiv "
            "2503.04800); from −1 to 1.",
            is_share=False,
        ),
        "confidence": Measure(
            label="Confidence", definition="How sure the learner said it was, from 0 to 1."
        ),
        "er1": Measure(
            label="ER@1",
            definition="Evidence recall: the first document states the answer.",
            is_of_evidence=True,
        ),
        "er5": Measure(
            label="ER@5",
            definition="Evidence recall: one of the first five documents states the answer.",
            is_of_evidence=True,
        ),
        "mrr": Measure(
            label="MRR",
            definition="1 over the rank of the first document that states the answer, among ten.",
            is_of_evidence=True,
        ),
        "ndcg10": Measure(
            label="nDCG@10",
            definition="Normalised discounted cumulative gain of the documents that state the "
            "answer.",
            is_of_evidence=True,
        ),
        "tndcg10": Measure(
            label="tnDCG@10",
            definition="Temporal nDCG: a document's gain is the overlap of the time its fact "
            "holds with the time asked about, over their union.",
            is_of_evidence=True,
        ),
        "answer_recall1": Measure(
            label="AR@1",
            definition="Answer recall: the first line of evidence contains a right answer after "
            "normalisation, whether or not it states it (MRAG, arXiv 2412.15540).",
            is_of_evidence=True,
        ),
        "answer_recall5": Measure(
            label="AR@5",
            definition="Answer recall: one of the first five lines of evidence contains a right "
            "answer after normalisation.",
            is_of_evidence=True,
        ),
        "passage_recall1": Measure(
            label="PR@1",
            definition="Passage recall: the first line of evidence holds a passage that states the "
            "answer, where the benchmark tells which these are (evidence recall of MRAG, arXiv "
            "2412.15540).",
            is_of_evidence=True,
        ),
        "passage_recall5": Measure(
            label="PR@5",
            definition="Passage recall: one of the first five lines of evidence does.",
            is_of_evidence=True,
        ),
        "conflict": Measure(
            label="Conflict",
            definition="The evidence states values of one fact that hold at different times.",
            is_of_evidence=True,
        ),
        "stale_above_gold": Measure(
            label="Stale above gold",
            definition="A document that states a superseded value ranks above all that state the "
            "right one; of questions that have both.",
            is_of_evidence=True,
        ),
    }
)
"""Name of a measure -> what it is, in the order they are shown."""


def measured(answers: Answers) -> dict[str, Floats]:
    """Every measure of every answer: columns by the names of `MEASURES`."""
    columns = {
        **_said(answers),
        **_ranked(answers),
        **_conflicting(answers),
    }
    return {name: columns[name] for name in MEASURES}


def _said(answers: Answers) -> dict[str, Floats]:
    names = (
        "em",
        "f1",
        "em_said",
        "part",
        "part_said",
        "strict_em",
        "stale",
        "abstained",
        "answerable",
        "harm",
    )
    rows = [
        _judged(answered.said, answered.abstained, example.answers, example.superseded)
        for example, answered in answers
    ]
    table = np.array(rows, dtype=float).reshape(len(rows), len(names))
    columns = dict(zip(names, table.T, strict=True))
    columns["confidence"] = np.array(
        [math.nan if one.confidence is None else one.confidence for _, one in answers]
    )
    return columns


@lru_cache(_REMEMBERED)
def _judged(
    said: str,
    abstained: bool,  # noqa: FBT001 - part of the cache's key
    right: tuple[str, ...],
    superseded: tuple[str, ...],
) -> tuple[float, ...]:
    """The measures of an answer by itself, in the order of `_said`."""
    if right:
        em_said = exact_match(said, right)
        em = em_said and not abstained
        f1 = 0.0 if abstained else token_f1(said, right)
        part_said = part_match(said, right, superseded)
        part = part_said and not abstained
        strict = strict_match(said, right, superseded) and not abstained
    else:
        em_said, em, f1, strict = not said, abstained, float(abstained), abstained
        part_said, part = em_said, em
    is_stale = stale(said, right, superseded) and not abstained if superseded else math.nan
    harm = harm_score(right=em, abstained=abstained)
    return em, f1, em_said, part, part_said, strict, is_stale, abstained, bool(right), harm


def _ranked(answers: Answers) -> dict[str, Floats]:
    found = [tuple(dict.fromkeys(line.doc_id for line in one.evidence)) for _, one in answers]
    gold = [
        _pattern(doc_ids, dict.fromkeys(example.gold_docs, 1.0))
        for doc_ids, (example, _) in zip(found, answers, strict=True)
    ]
    in_time = [
        _pattern(doc_ids, _timely(example))
        for doc_ids, (example, _) in zip(found, answers, strict=True)
    ]
    at = {k: _scored(gold, k) for k in (1, 5, 10)}
    return {
        "er1": _column(gold, at[1], "hit"),
        "er5": _column(gold, at[5], "hit"),
        "mrr": _column(gold, at[10], "reciprocal_rank"),
        "ndcg10": _column(gold, at[10], "ndcg"),
        "tndcg10": _column(in_time, _scored(in_time, 10), "ndcg"),
    }


def _pattern(found: Sequence[str], gains: Mapping[str, float]) -> _Pattern:
    """The gains in the order found, and those not found.

    Scores of rankings depend on nothing else, and there are far fewer patterns than rankings.
    """
    missed = sorted(gain for doc_id, gain in gains.items() if doc_id not in found)
    return tuple(gains.get(doc_id, 0.0) for doc_id in found), tuple(missed)


def _scored(patterns: Sequence[_Pattern], k: int) -> dict[_Pattern, RankScores]:
    distinct = list(dict.fromkeys(patterns))
    ranked = {str(n): list(map(str, range(len(found)))) for n, (found, _) in enumerate(distinct)}
    relevance = {
        str(n): {str(place): gain for place, gain in enumerate((*found, *missed)) if gain}
        for n, (found, missed) in enumerate(distinct)
    }
    scores = rank_scores(ranked, relevance, k=k)
    return {distinct[int(n)]: score for n, score in scores.items()}


def _column(
    patterns: Sequence[_Pattern], scores: Mapping[_Pattern, RankScores], field: str
) -> Floats:
    return np.array([getattr(scores[p], field) if p in scores else math.nan for p in patterns])


def _timely(example: Example) -> Mapping[str, float]:
    """By document, how well the time of its fact fits the time asked about; the best has 1."""
    if example.window is None:
        return {}
    focus = {
        doc_id: Interval(fact.valid_from, fact.valid_to or MAX_TIME)
        for fact in example.facts
        for doc_id in fact.doc_ids
    }
    gains = temporal_gains(example.window, focus)
    # A moment is but a tiny part of any fact's time; nDCG does not change with the scale.
    best = max(gains.values(), default=1.0)
    return {doc_id: gain / best for doc_id, gain in gains.items()}


def _conflicting(answers: Answers) -> dict[str, Floats]:
    names = (
        "answer_recall1",
        "answer_recall5",
        "passage_recall1",
        "passage_recall5",
        "conflict",
        "stale_above_gold",
    )
    rows = [
        (
            _names_answer(example, answered, 1),
            _names_answer(example, answered, 5),
            _holds_passage(example, answered, 1),
            _holds_passage(example, answered, 5),
            _conflict(example, answered),
            _upside_down(example, answered),
        )
        for example, answered in answers
    ]
    table = np.array(rows, dtype=float).reshape(len(rows), len(names))
    return dict(zip(names, table.T, strict=True))


def _names_answer(example: Example, answered: Answered, k: int) -> float:
    if not example.answers:
        return math.nan
    return any(_names(line.text, example.answers) for line in answered.evidence[:k])


def _holds_passage(example: Example, answered: Answered, k: int) -> float:
    if not example.gold_texts:
        return math.nan
    return passage_recall([line.text for line in answered.evidence], example.gold_texts, k=k)


@lru_cache(_REMEMBERED)
def _names(text: str, answers: tuple[str, ...]) -> bool:
    return relaxed_match(text, answers)


def _conflict(example: Example, answered: Answered) -> float:
    if not example.facts:
        return math.nan
    return conflicts({line.doc_id for line in answered.evidence}, example.facts)


def _upside_down(example: Example, answered: Answered) -> float:
    if not example.gold_docs or not example.stale_docs:
        return math.nan
    found = [line.doc_id for line in answered.evidence]
    return stale_above_gold(found, gold=example.gold_docs, stale=example.stale_docs)

"""Whether what is needed was retrieved, and how high it was ranked.

Scored by trec_eval through ir-measures (MacAvaney et al., ECIR 2022). A document found more than
once, by several of its chunks, stands at its best place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, R, Success, nDCG

from evals.metrics.answers import relaxed_match
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval

_GRADES = 1000
"""Gains become whole numbers for trec_eval, the best so many: nDCG does not change with scale."""

Relevance = Mapping[str, Mapping[str, float]]
"""By question, the gain in (0, 1] of each document that is of use; 1 where there are no grades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankScores:
    """The scores of one ranking, cut at k."""

    hit: float
    """1 if any relevant document is there: over questions, the evidence recall ER of MRAG."""
    recall: float
    """The share of the relevant documents that are there."""
    reciprocal_rank: float
    """1 over the rank of the first relevant document; over questions, the MRR."""
    ndcg: float
    """Discounted cumulative gain over that of the best ranking (Järvelin & Kekäläinen, 2002)."""


def rank_scores(
    ranked: Mapping[str, Sequence[str]], relevance: Relevance, *, k: int
) -> dict[str, RankScores]:
    """The scores of every question with a relevant document.

    Args:
        ranked: By question, document ids, best first; a question that is missing found nothing.
        relevance: By question, the gain of every relevant document, found or not.
        k: How many documents count.

    >>> found = rank_scores({"q": ["x", "a"]}, {"q": {"a": 1.0, "b": 1.0}}, k=5)["q"]
    >>> found.hit, found.recall, found.reciprocal_rank, round(found.ndcg, 3)
    (1.0, 0.5, 0.5, 0.387)

    Raises:
        EvalError: If k is below 1, or a gain lies outside [0, 1].
    """
    if k < 1:
        raise EvalError(f"k = {k} documents", hint="at least 1")
    names = {Success @ k: "hit", R @ k: "recall", RR @ k: "reciprocal_rank", nDCG @ k: "ndcg"}
    scores: dict[str, dict[str, float]] = {}
    for found in ir_measures.iter_calc(list(names), list(_qrels(relevance)), list(_run(ranked))):
        scores.setdefault(found.query_id, {})[names[found.measure]] = found.value
    return {question: RankScores(**found) for question, found in scores.items()}


def temporal_gains(window: Interval, focus: Mapping[str, Interval]) -> dict[str, float]:
    """How well the time each document is about fits the time asked about, where it does at all.

    The gain is |window ∩ focus| / |window ∪ focus| (Jaccard). Given to `rank_scores`, its nDCG is
    the temporal nDCG.

    Args:
        window: The time asked about.
        focus: By document, the time it is about.

    >>> from rag_lifelong.temporal import day_interval, month_interval, year_interval
    >>> focus = {"month": month_interval(2021, 6), "later": year_interval(2022)}
    >>> temporal_gains(day_interval(2021, 6, 1), focus) == {"month": 1 / 30}
    True
    """
    gains = {doc_id: _jaccard(window, interval) for doc_id, interval in focus.items()}
    return {doc_id: gain for doc_id, gain in gains.items() if gain > 0}


def answer_recall(texts: Sequence[str], answers: Sequence[str], *, k: int) -> bool:
    """Whether one of the first k texts names a right answer; over questions, AR@k.

    It overstates, for a text may name the answer and be about something else: tell it beside
    `RankScores.hit` (Zhang et al. (MRAG), arXiv 2412.15540).

    >>> answer_recall(["Rome is old.", "Oslo lies on a fjord."], ["Oslo"], k=1)
    False
    """
    return any(relaxed_match(text, answers) for text in texts[:k])


def passage_recall(texts: Sequence[str], passages: Sequence[str], *, k: int) -> bool:
    """Whether one of the first k texts holds a passage that states the answer.

    Letter for letter, but for white space. Unlike `answer_recall` it tells the place that states
    the answer from one that merely names it.

    Args:
        texts: What was found, best first.
        passages: Words that stand there alone, with single spaces.
        k: How many texts count.

    >>> texts = ["Ann Lee was born in Ulm.", "In 1907 Ann  Lee bought it."]
    >>> [passage_recall(texts, ["Ann Lee bought it"], k=k) for k in (1, 2)]
    [False, True]
    """
    found = [" ".join(text.split()) for text in texts[:k]]
    return any(passage in text for text in found for passage in passages)


def _qrels(relevance: Relevance) -> Iterator[ir_measures.Qrel]:
    for question, gains in relevance.items():
        best = max(gains.values(), default=0.0)
        for doc_id, gain in gains.items():
            if not 0 <= gain <= 1:
                raise EvalError(f"{doc_id} has the gain {gain} for {question}", hint="in [0, 1]")
            if gain > 0:
                yield ir_measures.Qrel(question, doc_id, max(1, round(_GRADES * gain / best)))


def _run(ranked: Mapping[str, Sequence[str]]) -> Iterator[ir_measures.ScoredDoc]:
    for question, doc_ids in ranked.items():
        for place, doc_id in enumerate(dict.fromkeys(doc_ids)):
            yield ir_measures.ScoredDoc(question, doc_id, -float(place))


def _jaccard(one: Interval, other: Interval) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    whole = max(one.end, other.end) - min(one.start, other.start)
    return max(0.0, shared / whole) if whole else 0.0

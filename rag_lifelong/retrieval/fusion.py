"""Reciprocal rank fusion of ranked lists (Cormack, Clarke & Büttcher, SIGIR 2009)."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

RRF_K = 60
"""The paper's constant: how slowly a rank's weight falls."""


def reciprocal_rank_fusion(rankings: Iterable[Sequence[T]]) -> dict[T, float]:
    """Score of each item: the sum over rankings of 1 / (60 + rank), ranks from 1; best first.

    >>> fused = reciprocal_rank_fusion([["a", "b"], ["b", "c"]])
    >>> list(fused), round(fused["b"], 5)
    (['b', 'a', 'c'], 0.03252)
    """
    scores: dict[T, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (RRF_K + rank)
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))

"""Learners that rank the store's chunks by a known method: plain retrieval, and published rivals.

All search every revision that was told and published by then, not only those that still hold, with
the question as it is put, and give the reader their best lines with their dates. So what they lack
against the product is what their methods lack. A text told again word for word is one chunk, dated
as it was told last before the question.

Where a rival needs the time a question asks about, it gets it from the product's own grammar, which
favours the rival: its paper had a language model or the data set's annotation tell it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from evals.learners import temporal_scores
from evals.learners.options import Options, read_options
from evals.learners.reading import as_retrieved
from evals.learners.store_learner import LineOrder, StoreLearner
from evals.ports import Bench
from evals.types import Period, Taught
from rag_lifelong.ports import Embedder, Snapshot
from rag_lifelong.retrieval.focus import focus
from rag_lifelong.retrieval.fusion import reciprocal_rank_fusion
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MIN_TIME, Interval
from rag_lifelong.types import Chunk, Evidence, Retrieved, TimeFilter, TimeIntent

_INSTANT = timedelta(microseconds=1)


class RetrieverOptions(Options):
    """Options of every one."""

    k: int = Field(ge=1, le=20)
    """Lines given to the reader; by default as many as the product gives at most."""
    candidates: int = Field(ge=1)
    """Chunks taken from each search; by default the product's number, or the published one."""
    order: LineOrder = LineOrder.BEST_LAST


OptionsT = TypeVar("OptionsT", bound=RetrieverOptions)


class HalfLifeOptions(RetrieverOptions):
    """Options of `half-life`, by default as published."""

    alpha: float = Field(default=0.7, ge=0, le=1)
    days: float = Field(default=14.0, gt=0)


class ChronosOptions(RetrieverOptions):
    """Options of `chronos`, by default as published."""

    alpha: float = Field(default=0.75, ge=0, le=1)
    days: float = Field(default=180.0, gt=0)


class MragOptions(RetrieverOptions):
    """Options of `mrag`, by default as published."""

    base: float = Field(default=0.0, ge=0, le=1)


@dataclass(frozen=True)
class Search:
    """A question, and what a ranking may ask the store about it."""

    question: str
    moment: Moment
    snapshot: Snapshot
    embedder: Embedder
    candidates: int

    @cached_property
    def vector(self) -> NDArray[np.float32]:
        """The question's vector: [dim]."""
        [vector] = self.embedder.embed([self.question])
        return np.asarray(vector)

    @cached_property
    def intent(self) -> TimeIntent:
        """What the question says about time."""
        return parse_time_intent(self.question, asked_at=self.moment.asked_at)

    @property
    def time(self) -> TimeFilter:
        """All that was published when the question was asked, as was told by the last period."""
        until = self.moment.asked_at + _INSTANT
        return TimeFilter(between=Interval(MIN_TIME, until), known_at=self.moment.known_at)

    def dense(self) -> dict[int, float]:
        """Chunk numbers of the highest cosines, best first."""
        hits = self.snapshot.search_dense(self.vector, self.time, self.candidates)
        return {hit.chunk_no: hit.score for hit in hits}

    def lexical(self) -> dict[int, float]:
        """Chunk numbers of the highest BM25, best first."""
        hits = self.snapshot.search_lexical(self.question, self.time, self.candidates)
        return {hit.chunk_no: hit.score for hit in hits}

    def hybrid(self) -> dict[int, float]:
        """Chunk numbers of both searches by reciprocal rank fusion, best first."""
        fused = reciprocal_rank_fusion([list(self.dense()), list(self.lexical())])
        return dict(islice(fused.items(), self.candidates))

    def chunks(self, numbers: Sequence[int]) -> list[Chunk]:
        """The chunks of these numbers."""
        return self.snapshot.chunks(numbers, self.moment.known_at)

    def published(self, numbers: Sequence[int]) -> list[datetime]:
        """When each was published."""
        return [chunk.valid_from for chunk in self.chunks(numbers)]

    def cosines(self, numbers: Sequence[int]) -> NDArray[np.float64]:
        """Of each with the question, none below 0: [n]."""
        if not numbers:
            return np.empty(0)
        cosines = self.snapshot.vectors_of(numbers) @ self.vector
        return cosines.clip(min=0).astype(np.float64)


Rank = Callable[[Search], dict[int, float]]
"""The score of each chunk worth reading, by its number, best first."""


class Retriever(StoreLearner):
    """Gives the reader the best chunks of a ranking.

    Args:
        bench: What it works with.
        rank: The ranking.
        options: Those of its method.
    """

    def __init__(self, bench: Bench, rank: Rank, options: RetrieverOptions) -> None:
        super().__init__(bench, options.order)
        self._rank = rank
        self._options = options

    def find(self, question: str, moment: Moment) -> Retrieved:
        """The best of the ranking; supported as the product reckons it, by the highest cosine."""
        search = Search(
            question, moment, self.store.snapshot, self.embedder, self._options.candidates
        )
        ranked = self._rank(search)
        best = dict(islice(ranked.items(), self._options.k))
        evidence = [
            Evidence(chunk, score)
            for chunk, score in zip(search.chunks(list(best)), best.values(), strict=True)
        ]
        # Only what a language model reads needs its sentences chosen.
        if self.bench.reading == "llm":
            quote_chars = self.bench.config.retrieval.quote_chars
            evidence = focus(evidence, search.vector, self.embedder, max_chars=quote_chars)
        support = float(max(search.cosines(list(ranked)), default=0.0))
        return as_retrieved(evidence, asked=question, support=support)


class StaleIndex(Retriever):
    """Learns the first period, and nothing after it."""

    def observe(self, period: Period) -> Taught:
        """Add the first period; later ones change nothing and cost nothing."""
        if self.store.known_at is None:
            self._taught = super().observe(period)
            return self._taught
        return replace(self._taught, flops=0.0, tokens=0)


def bm25(bench: Bench) -> Retriever:
    """BM25 (Robertson & Zaragoza, 2009), over what passes the filter."""
    return Retriever(bench, Search.lexical, _options(RetrieverOptions, bench, "bm25"))


def dense(bench: Bench) -> Retriever:
    """Cosine of sentence embeddings."""
    return Retriever(bench, Search.dense, _options(RetrieverOptions, bench, "dense"))


def hybrid(bench: Bench) -> Retriever:
    """BM25 and cosine by reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009)."""
    return Retriever(bench, Search.hybrid, _options(RetrieverOptions, bench, "hybrid"))


def stale_index(bench: Bench) -> Retriever:
    """The hybrid over the first period alone."""
    return StaleIndex(bench, Search.hybrid, _options(RetrieverOptions, bench, "stale-index"))


def newest_first(bench: Bench) -> Retriever:
    """The hybrid's best 20, newest first."""
    return Retriever(
        bench, _newest_first, _options(RetrieverOptions, bench, "newest-first", candidates=20)
    )


def half_life(bench: Bench) -> Retriever:
    """Cosine and a recency prior (arXiv 2509.19376), over the dense candidates."""
    options = _options(HalfLifeOptions, bench, "half-life")
    rank = partial(_half_life, alpha=options.alpha, days=options.days)
    return Retriever(bench, rank, options)


def tempralm(bench: Bench) -> Retriever:
    """Cosine plus a scaled inverse of time (TempRALM, arXiv 2401.13222), over the dense ones."""
    return Retriever(bench, _tempralm, _options(RetrieverOptions, bench, "tempralm"))


def chronos(bench: Bench) -> Retriever:
    """Cosine and nearness to the interval asked about (arXiv 2604.05096), over the dense 20."""
    options = _options(ChronosOptions, bench, "chronos", candidates=20)
    return Retriever(bench, partial(_chronos, alpha=options.alpha, days=options.days), options)


def mrag(bench: Bench) -> Retriever:
    """Relevance times a spline of years (MRAG, arXiv 2412.15540), over the hybrid's 100.

    What is left out of it: the keywords and summaries that a language model writes, and the
    cross-encoder, for which the cosine that all arms share stands in; the sentences of a chunk
    share its relevance.
    """
    options = _options(MragOptions, bench, "mrag", candidates=100)
    return Retriever(bench, partial(_mrag, base=options.base), options)


def _newest_first(search: Search) -> dict[int, float]:
    numbers = list(search.hybrid())
    age = temporal_scores.ages(search.published(numbers), search.moment.asked_at)
    return _ranked(numbers, temporal_scores.newest_first(age))


def _half_life(search: Search, *, alpha: float, days: float) -> dict[int, float]:
    numbers = list(search.dense())
    age = temporal_scores.ages(search.published(numbers), search.moment.asked_at)
    cosines = search.cosines(numbers)
    scores = temporal_scores.half_life(cosines, age, alpha=alpha, half_life_days=days)
    return _ranked(numbers, scores)


def _tempralm(search: Search) -> dict[int, float]:
    """The query's time is the last moment the question asks about, or else when it is asked.

    What is later scores minus infinity, which is not searching it.
    """
    at, window = search.moment.asked_at, search.intent.window
    if window is not None:
        at = min(at, window.end - _INSTANT)
    earlier = replace(search, moment=replace(search.moment, asked_at=at))
    numbers = list(earlier.dense())
    age = temporal_scores.ages(earlier.published(numbers), at)
    return _ranked(numbers, temporal_scores.tempralm(earlier.cosines(numbers), age))


def _chronos(search: Search, *, alpha: float, days: float) -> dict[int, float]:
    """A question that asks about no time is ranked by similarity."""
    numbers = list(search.dense())
    window = search.intent.window
    cosines = search.cosines(numbers)
    if window is None:
        return _ranked(numbers, cosines)
    distance = temporal_scores.distances(search.published(numbers), window)
    scores = temporal_scores.chronos(cosines, distance, alpha=alpha, tau_days=days)
    return _ranked(numbers, scores)


def _mrag(search: Search, *, base: float) -> dict[int, float]:
    """Searches with the question without its time, as published."""
    topic = temporal_scores.without_order(search.intent.topic or search.question)
    timeless = replace(search, question=topic)
    numbers = list(timeless.hybrid())
    cosines = timeless.cosines(numbers)
    constraint = temporal_scores.year_constraint(search.intent)
    if constraint is None:
        return _ranked(numbers, cosines)
    coefficients = np.array(
        [
            temporal_scores.text_coefficient(chunk.text, constraint, title=chunk.context)
            for chunk in search.chunks(numbers)
        ],
        np.float64,
    )
    return _ranked(numbers, temporal_scores.mrag(cosines, coefficients, base=base))


def _ranked(numbers: Sequence[int], scores: NDArray[np.float64]) -> dict[int, float]:
    """Chunks by score, best first; of equals, in the order given."""
    order = np.argsort(-scores, kind="stable")
    return {numbers[i]: float(scores[i]) for i in order}


def _options(
    kind: type[OptionsT], bench: Bench, learner: str, *, candidates: int | None = None
) -> OptionsT:
    """The user's options, over the product's own settings or the published number."""
    product = bench.config.retrieval
    defaults = {"k": str(product.evidence), "candidates": str(candidates or product.candidates)}
    given = replace(bench, options={**defaults, **bench.options})
    return read_options(kind, given, learner=learner)

"""Finds chunks that may bear on a question, and how much each does, without regard to its time.

Candidates come from dense search and BM25 inside the time asked about and inside what holds now.
Time is applied afterwards, to what is found here: a model that compares a question with texts
prefers older ones (FRESCO, arXiv 2604.14227), and must not have the last word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.ports import Encoders, Snapshot
from rag_lifelong.retrieval.claims import Claim, about_subject, of_relation, read_claim
from rag_lifelong.retrieval.fusion import reciprocal_rank_fusion
from rag_lifelong.retrieval.names import Subject, Text, subject_shares
from rag_lifelong.retrieval.plan import Plan
from rag_lifelong.retrieval.statements import Asked
from rag_lifelong.types import Chunk, TimeFilter, indexed_text

_LONGEST_ALIAS = 6
"""Words of the longest redirect title looked for in a question."""
_COURSE = 5
"""Times the candidates that are taken of all that ever held: many revisions say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched for."""

    topic: str
    """The question without the words for its time."""
    words: str
    """The question with them: a text may name the time."""
    vector: NDArray[np.float32]
    """[dim], of the topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the searches found, each chunk at the same position everywhere."""

    numbers: list[int]
    chunks: list[Chunk]
    vectors: NDArray[np.float32]
    """[n, dim]"""
    cosines: NDArray[np.float32]
    """[n], with the question; at least 0."""
    relevance: NDArray[np.float32]
    """[n]: cosine and BM25 together, or what the reranker says."""


class Finder:
    """Finds in one snapshot, by one set of settings."""

    def __init__(self, snapshot: Snapshot, encoders: Encoders, settings: RetrievalConfig) -> None:
        self._snapshot = snapshot
        self._encoders = encoders
        self._settings = settings

    def query(self, topic: str, words: str) -> Query:
        """A question that may be searched for."""
        return Query(topic=topic, words=words, vector=self._encoders.embedder.embed([topic])[0])

    def find(self, query: Query, plan: Plan) -> Found:
        """The candidates with how much each bears on the question."""
        lexical = self._candidates(query, plan)
        numbers = list(lexical)
        vectors = np.empty((0, len(query.vector)), np.float32)
        if numbers:
            vectors = self._snapshot.vectors_of(numbers)
        cosines = (vectors @ query.vector).clip(min=0)
        weight = self._settings.lexical_weight
        shares = np.array(list(lexical.values()), np.float32)
        chunks = self._snapshot.chunks(numbers, plan.base.known_at)
        return Found(
            numbers=numbers,
            chunks=chunks,
            vectors=vectors,
            cosines=cosines,
            relevance=self._reranked(query, chunks, (1 - weight) * cosines + weight * shares),
        )

    def claims(self, topic: str, found: Found, known_at: datetime | None) -> list[Claim]:
        """What the candidates say of what is asked, the most relevant first."""
        if not self._settings.by_names:
            return []
        texts = [Text(f"{chunk.context} . {chunk.text}") for chunk in found.chunks]
        subject = Subject(topic, texts)
        shares = subject_shares(subject, texts)
        is_about = about_subject(shares, found.relevance, self._settings)
        order = np.argsort(-found.relevance, kind="stable")
        asked = Asked(topic)
        claims = [
            read_claim(
                i,
                found.chunks[i],
                subject,
                asked,
                partial(self._first_told, found.numbers[i], known_at),
            )
            for i in order[is_about[order]].tolist()
        ]
        return of_relation(claims)

    def _first_told(self, number: int, known_at: datetime | None, sentence: str) -> datetime:
        return self._snapshot.first_told(number, sentence, known_at)

    def _candidates(self, query: Query, plan: Plan) -> dict[int, float]:
        """Chunk numbers worth reading, each with its BM25 as a share of its search's best.

        Searches inside the preferred window and in what holds anyway are fused each on its own and
        then united: summed, a statement that never changed would outrank the one that held only
        then, because it is in both. The second search keeps the question's own dates.
        """
        snapshot, settings = self._snapshot, self._settings
        aliases = " ".join(self._targets(query.topic, plan.base))
        searches: list[tuple[TimeFilter, str, int]] = [
            (plan.base, query.words, settings.candidates)
        ]
        if plan.preferred is not None and settings.unite_times:
            searches.insert(0, (plan.preferred, query.topic, settings.candidates))
        if plan.course is not None:
            searches.append((plan.course, query.topic, _COURSE * settings.candidates))
        found: dict[int, float] = {}
        for time, words, k in searches:
            dense = snapshot.search_dense(query.vector, time, k)
            lexical = snapshot.search_lexical(f"{words} {aliases}", time, k)
            best = lexical[0].score if lexical else 1.0
            shares = {hit.chunk_no: hit.score / best for hit in lexical}
            rankings = ([hit.chunk_no for hit in hits] for hits in (dense, lexical))
            for number in islice(reciprocal_rank_fusion(rankings), k):
                found[number] = max(found.get(number, 0.0), shares.get(number, 0.0))
        return found

    def _reranked(
        self, query: Query, chunks: list[Chunk], relevance: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Relevance with what the reranker says of the best; every other is below all of them."""
        reranker = self._encoders.reranker
        if reranker is None or not chunks:
            return relevance
        best = np.argsort(-relevance, kind="stable")[: self._settings.rerank]
        scores = reranker.score(
            query.topic, [indexed_text(chunks[i].context, chunks[i].text) for i in best]
        )
        below = np.nextafter(scores.min(), np.float32(-1))
        reranked: NDArray[np.float32] = np.minimum(relevance, below)
        reranked[best] = scores
        return reranked

    def _targets(self, topic: str, time: TimeFilter) -> Iterator[str]:
        """Titles that words of the topic are another name of."""
        words = re.findall(r"[^\s?!,;:\"]+", topic)
        spans = chain.from_iterable(
            (" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
            for n in range(_LONGEST_ALIAS, 0, -1)
        )
        for span in spans:
            target = self._snapshot.redirect_target(span, time)
            if target is not None and target.casefold() not in topic.casefold():
                yield target

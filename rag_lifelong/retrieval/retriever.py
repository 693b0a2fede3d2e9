"""Time-aware retrieval: from a question and a moment to a few dated chunks, conflicts resolved.

Dense and BM25 candidates from inside the time asked about and from what holds now, fused by rank,
weighed by time fit; then older statements of the same thing give way to newer ones, because one
stale passage misleads a small reader more than six irrelevant ones (HoH, arXiv 2503.04800).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.errors import EmbedderMismatchError
from rag_lifelong.ports import Embedder, Hit, Snapshot
from rag_lifelong.retrieval.fusion import reciprocal_rank_fusion
from rag_lifelong.retrieval.plan import Moment, Plan, describe, plan_time
from rag_lifelong.retrieval.temporal_score import superseded, time_fit, weigh
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.types import Chunk, Evidence, TimeFilter, TimeIntent, TimeReport

_CONSIDERED = 20
"""Fused candidates that are read from the store and compared with each other."""
_LONGEST_ALIAS = 6
"""Words of the longest redirect title looked for in a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Evidence for a question, best first, with what was done about time."""

    evidence: tuple[Evidence, ...]
    time: TimeReport
    support: float
    """Highest cosine between the question and a piece of evidence; 0 without evidence."""


def retrieve(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    embedder: Embedder,
    settings: RetrievalConfig,
) -> Retrieved:
    """Find the evidence for a question.

    Raises:
        EmbedderMismatchError: If the store's vectors come from another model than the embedder's.
    """
    _check_model(snapshot, embedder)
    intent = parse_time_intent(question, asked_at=moment.now)
    plan = plan_time(intent, moment)
    topic = intent.topic or question
    vector = embedder.embed([topic])[0]  # [dim]
    rankings = list(_rankings(question, topic, vector, plan, snapshot, settings.candidates))
    fused = reciprocal_rank_fusion([hit.chunk_no for hit in hits] for hits in rankings)
    numbers = list(fused)[:_CONSIDERED]
    chunks = snapshot.chunks(numbers, moment.known_at)
    vectors = snapshot.vectors_of(numbers) if numbers else np.empty((0, len(vector)), np.float32)
    cosines = vectors @ vector  # [n]
    evidence = _choose(chunks, cosines, vectors, plan, settings)
    return Retrieved(
        evidence=tuple(evidence),
        time=_report(intent, plan, evidence),
        support=float(max((c for c in cosines), default=0.0)),
    )


def _rankings(
    question: str,
    topic: str,
    vector: NDArray[np.float32],
    plan: Plan,
    snapshot: Snapshot,
    k: int,
) -> Iterator[list[Hit]]:
    """Candidate lists: inside the preferred window on the topic, and in what holds anyway.

    The second keeps the question's own dates in the lexical query: a text may name them.
    """
    aliases = " ".join(_targets(topic, snapshot, plan.base.known_at))
    searches: list[tuple[TimeFilter, str]] = [(plan.base, question)]
    if plan.preferred is not None:
        searches.insert(0, (plan.preferred, topic))
    for time, words in searches:
        yield snapshot.search_dense(vector, time, k)
        yield snapshot.search_lexical(f"{words} {aliases}", time, k)


def _choose(
    chunks: list[Chunk],
    cosines: NDArray[np.float32],
    vectors: NDArray[np.float32],
    plan: Plan,
    settings: RetrievalConfig,
) -> list[Evidence]:
    """The best chunks for the plan's time, best first, older statements replaced."""
    fits = [1.0 if plan.preferred is None else _fit(chunk, plan) for chunk in chunks]
    replaced = (
        superseded(chunks, vectors, settings.same_statement, plan.window) if plan.window else set()
    )
    scored = [
        Evidence(chunk, weigh(max(0.0, float(cosine)), fit), _why(fit, plan))
        for i, (chunk, cosine, fit) in enumerate(zip(chunks, cosines, fits, strict=True))
        if i not in replaced
    ]
    scored.sort(key=lambda evidence: -evidence.score)
    return scored[: settings.evidence]


def _fit(chunk: Chunk, plan: Plan) -> float:
    return 1.0 if plan.window is None else time_fit(chunk, plan.window)


def _why(fit: float, plan: Plan) -> str:
    if plan.preferred is None:
        return "valid at the time asked about" if plan.window else "relevant"
    if fit == 1.0:
        return "of the time asked about"
    return "held at the time asked about" if fit > 0 else "of another time"


def _report(intent: TimeIntent, plan: Plan, evidence: list[Evidence]) -> TimeReport:
    relaxed = None
    if plan.preferred is not None and not any(e.why != "of another time" for e in evidence):
        relaxed = f"nothing found {plan.parsed}; used what holds {plan.applied.split(';')[0]}"
    parsed = f"{intent.phrase!r}: {plan.parsed}" if plan.parsed and intent.phrase else plan.parsed
    return TimeReport(parsed=parsed, applied=plan.applied, relaxed=relaxed)


def _targets(topic: str, snapshot: Snapshot, known_at: datetime | None) -> Iterator[str]:
    """Titles that words of the topic are another name of."""
    words = re.findall(r"[^\s?!,;:\"]+", topic)
    spans = chain.from_iterable(
        (" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
        for n in range(_LONGEST_ALIAS, 0, -1)
    )
    for span in spans:
        target = snapshot.redirect_target(span, known_at)
        if target is not None and target.casefold() not in topic.casefold():
            yield target


def _check_model(snapshot: Snapshot, embedder: Embedder) -> None:
    stored = snapshot.embedding_model
    if stored is not None and stored != embedder.model:
        raise EmbedderMismatchError(
            f"the store's vectors come from {stored}, the embedder is {embedder.model}",
            hint="configure the store's embedder, or ingest into a new --store",
        )

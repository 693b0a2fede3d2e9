"""Time-aware retrieval: from a question and a moment to a few dated chunks, conflicts resolved.

Dense and BM25 candidates from inside the time asked about and from what holds now, fused by rank,
weighed by time fit; then older statements of the same thing give way to newer ones, because one
stale passage misleads a small reader more than six irrelevant ones (HoH, arXiv 2503.04800).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.errors import EmbedderMismatchError
from rag_lifelong.ports import Embedder, Snapshot
from rag_lifelong.retrieval.focus import focus
from rag_lifelong.retrieval.fusion import reciprocal_rank_fusion
from rag_lifelong.retrieval.plan import Moment, Plan, plan_time
from rag_lifelong.retrieval.temporal_score import superseded, time_fit, weigh
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.types import Chunk, Evidence, Retrieved, TimeFilter, TimeIntent, TimeReport

_LONGEST_ALIAS = 6
"""Words of the longest redirect title looked for in a question."""


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
    lexical = _candidates(question, topic, vector, plan, snapshot, settings)
    numbers = list(lexical)
    chunks = snapshot.chunks(numbers, moment.known_at)
    vectors = snapshot.vectors_of(numbers) if numbers else np.empty((0, len(vector)), np.float32)
    cosines = (vectors @ vector).clip(min=0)  # [n]
    weight = settings.lexical_weight
    relevance = (1 - weight) * cosines + weight * np.array(list(lexical.values()), np.float32)
    chosen = _choose(chunks, relevance, vectors, plan, settings)
    evidence = chosen
    if settings.quote_chars:
        evidence = focus(chosen, vector, embedder, max_chars=settings.quote_chars)
    numbered = dict(zip((chunk.chunk_id for chunk in chunks), numbers, strict=True))
    held = plan.preferred or plan.base
    evidence = [
        replace(one, also_at=snapshot.also_at(numbered[one.chunk.chunk_id], held))
        for one in evidence
    ]
    return Retrieved(
        evidence=tuple(evidence),
        time=_report(intent, plan, evidence),
        asked=topic if plan.preferred is not None else question,
        support=float(max(cosines, default=0.0)),
    )


def _candidates(
    question: str,
    topic: str,
    vector: NDArray[np.float32],
    plan: Plan,
    snapshot: Snapshot,
    settings: RetrievalConfig,
) -> dict[int, float]:
    """Chunk numbers worth reading, each with its BM25 as a share of the best one's.

    Searches inside the preferred window and in what holds anyway are fused each on its own and
    then united: summed, a statement that never changed would outrank the one that held only then,
    because it is in both. The second search keeps the question's own dates, which a text may name.
    """
    aliases = " ".join(_targets(topic, snapshot, plan.base.known_at))
    searches: list[tuple[TimeFilter, str]] = [(plan.base, question)]
    if plan.preferred is not None:
        searches.insert(0, (plan.preferred, topic))
    found: dict[int, float] = {}
    for time, words in searches:
        dense = snapshot.search_dense(vector, time, settings.candidates)
        lexical = snapshot.search_lexical(f"{words} {aliases}", time, settings.candidates)
        best = lexical[0].score if lexical else 1.0
        shares = {hit.chunk_no: hit.score / best for hit in lexical}
        rankings = ([hit.chunk_no for hit in hits] for hits in (dense, lexical))
        for number in islice(reciprocal_rank_fusion(rankings), settings.candidates):
            found[number] = max(found.get(number, 0.0), shares.get(number, 0.0))
    return found


def _choose(
    chunks: list[Chunk],
    relevance: NDArray[np.float32],
    vectors: NDArray[np.float32],
    plan: Plan,
    settings: RetrievalConfig,
) -> list[Evidence]:
    """The best chunks for the plan's time, best first, older statements replaced."""
    fits = [_fit(chunk, plan) for chunk in chunks]
    replaced: set[int] = set()
    if plan.window is not None:
        replaced = superseded(chunks, vectors, relevance, settings, plan.window)
    scored = [
        Evidence(chunk, weigh(float(relevant), fit), _why(fit, plan))
        for i, (chunk, relevant, fit) in enumerate(zip(chunks, relevance, fits, strict=True))
        if i not in replaced
    ]
    scored.sort(key=lambda evidence: -evidence.score)
    least = settings.least_share * scored[0].score if scored else 0.0
    return [one for one in scored[: settings.evidence] if one.score >= least]


def _fit(chunk: Chunk, plan: Plan) -> float:
    """How well a chunk fits the time in the question's words; 1 where they name none."""
    if plan.preferred is None or plan.window is None:
        return 1.0
    return time_fit(chunk, plan.window)


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

"""Time-aware retrieval: from a question and a moment to a few dated lines, conflicts resolved.

question -> candidates -> names -> claims -> time -> resolve -> lines. Dense and BM25 candidates
come from inside the time asked about and from what holds now. Those that name what the question
names and bear on it about as much claim the same thing, and the time they tell of orders them: one
stale passage misleads a small reader more than six irrelevant ones (HoH, arXiv 2503.04800).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.errors import EmbedderMismatchError
from rag_lifelong.ports import Embedder, Encoders, Snapshot
from rag_lifelong.retrieval.claims import Claim, about_subject, of_relation, read_claim
from rag_lifelong.retrieval.focus import focus
from rag_lifelong.retrieval.fusion import reciprocal_rank_fusion
from rag_lifelong.retrieval.names import Subject, Text, subject_shares
from rag_lifelong.retrieval.plan import Moment, Plan, plan_time
from rag_lifelong.retrieval.temporal_score import superseded, time_fit, weigh
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.retrieval.timeline import Resolved, asks_for_many, is_ordered, resolve
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.types import Chunk, Evidence, Retrieved, TimeFilter, TimeIntent, TimeReport

_LONGEST_ALIAS = 6
"""Words of the longest redirect title looked for in a question."""
_STEP = 0.05
"""Share of the best score that each next claim scores less: their order is all that is known."""
_MOST_STEPS = 10
_UNNAMED_SHARE = 0.9
"""Most share of the best claim's score for what claims nothing of what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the searches found, each chunk at the same position everywhere."""

    numbers: list[int]
    chunks: list[Chunk]
    vectors: NDArray[np.float32]
    """[n, dim]"""
    cosines: NDArray[np.float32]
    """[n], with the question; at least 0."""
    relevance: NDArray[np.float32]
    """[n]: cosine and BM25 together."""


def retrieve(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    encoders: Encoders,
    settings: RetrievalConfig,
) -> Retrieved:
    """Find the evidence for a question.

    Raises:
        EmbedderMismatchError: If the store's vectors come from another model than the embedder's.
    """
    embedder = encoders.embedder
    _check_model(snapshot, embedder)
    watch = Stopwatch()
    intent = parse_time_intent(question, asked_at=moment.now, timezone=moment.timezone)
    plan = plan_time(intent, moment)
    topic = _without_event(intent.topic or question, intent)
    watch.mark("parse")
    vector = embedder.embed([topic])[0]  # [dim]
    watch.mark("embed")
    words = topic if intent.anchor else question
    lexical = _candidates(words, topic, vector, plan, snapshot, settings)
    found = _weighed(lexical, vector, snapshot, moment, settings)
    watch.mark("search")
    claims = _claims(topic, found, moment, snapshot, settings)
    watch.mark("claims")
    resolved = _resolved(topic, claims, intent, plan, moment, settings)
    chosen = _lines(found, resolved, plan, settings)
    watch.mark("resolve")
    evidence = [one for _, one in chosen]
    if settings.quote_chars:
        evidence = focus(evidence, vector, embedder, max_chars=settings.quote_chars)
    held = plan.preferred or plan.base
    evidence = [
        replace(one, also_at=snapshot.also_at(found.numbers[position], held))
        for one, (position, _) in zip(evidence, chosen, strict=True)
    ]
    watch.mark("focus")
    return Retrieved(
        evidence=tuple(evidence),
        time=_report(intent, plan, resolved, evidence),
        asked=intent.topic if plan.preferred is not None else question,
        support=float(max(found.cosines, default=0.0)),
        timings_s=watch.report(),
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
    if plan.preferred is not None and settings.unite_times:
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


def _without_event(topic: str, intent: TimeIntent) -> str:
    """The question without the event that dates it, whose names are not the subject's."""
    return topic if intent.anchor is None else topic.replace(intent.anchor.event, " ")


def _weighed(
    lexical: dict[int, float],
    vector: NDArray[np.float32],
    snapshot: Snapshot,
    moment: Moment,
    settings: RetrievalConfig,
) -> _Found:
    """The candidates with how much each bears on the question."""
    numbers = list(lexical)
    vectors = snapshot.vectors_of(numbers) if numbers else np.empty((0, len(vector)), np.float32)
    cosines = (vectors @ vector).clip(min=0)
    weight = settings.lexical_weight
    shares = np.array(list(lexical.values()), np.float32)
    return _Found(
        numbers=numbers,
        chunks=snapshot.chunks(numbers, moment.known_at),
        vectors=vectors,
        cosines=cosines,
        relevance=(1 - weight) * cosines + weight * shares,
    )


def _claims(
    topic: str,
    found: _Found,
    moment: Moment,
    snapshot: Snapshot,
    settings: RetrievalConfig,
) -> list[Claim]:
    """What the candidates say of what is asked, the most relevant first."""
    if not settings.by_names:
        return []
    texts = [Text(f"{chunk.context} . {chunk.text}") for chunk in found.chunks]
    subject = Subject(topic, texts)
    is_about = about_subject(subject_shares(subject, texts), found.relevance, settings)
    order = np.argsort(-found.relevance, kind="stable")
    claims = [
        read_claim(
            i,
            found.chunks[i],
            subject,
            Text(topic),
            partial(_first_told, snapshot, found.numbers[i], moment),
        )
        for i in order[is_about[order]].tolist()
    ]
    return of_relation(claims)


def _first_told(snapshot: Snapshot, number: int, moment: Moment, sentence: str) -> datetime:
    return snapshot.first_told(number, sentence, moment.known_at)


def _resolved(
    topic: str,
    claims: list[Claim],
    intent: TimeIntent,
    plan: Plan,
    moment: Moment,
    settings: RetrievalConfig,
) -> Resolved:
    """The claims in the order of the time asked about, and which of them are replaced."""
    if not settings.score_time or not is_ordered(intent, plan.window):
        return Resolved(tuple(claims), {})
    if not settings.resolve:
        intent = replace(intent, ordinal=None, anchor=None)
    resolved = resolve(claims, intent, plan.window, now=moment.now)
    if not settings.supersede or asks_for_many(topic):
        return replace(resolved, replaced={})
    return resolved


def _lines(
    found: _Found, resolved: Resolved, plan: Plan, settings: RetrievalConfig
) -> list[tuple[int, Evidence]]:
    """The best candidates with their positions, best first: the claims, then what else bears."""
    fits = [_fit(chunk, plan) for chunk in found.chunks]
    scores = np.array([weigh(float(r), f) for r, f in zip(found.relevance, fits, strict=True)])
    dropped = _dropped(found, resolved, plan, settings)
    ranked = [claim.position for claim in resolved.claims]
    if resolved.is_ordered and ranked:
        top = max(float(scores.max()), *(float(found.relevance[i]) for i in ranked))
        scores = np.minimum(scores, _UNNAMED_SHARE * top)
        scores[ranked] = top * (1 - _STEP * np.arange(len(ranked)).clip(max=_MOST_STEPS))
    order = [i for i in np.argsort(-scores, kind="stable").tolist() if i not in dropped]
    least = settings.least_share * scores[order[0]] if order else 0.0
    return [
        (
            i,
            Evidence(
                found.chunks[i],
                float(scores[i]),
                _why(i, fits[i], resolved, plan),
                until=resolved.replaced.get(i),
            ),
        )
        for i in order[: settings.evidence]
        if scores[i] >= least
    ]


def _dropped(found: _Found, resolved: Resolved, plan: Plan, settings: RetrievalConfig) -> set[int]:
    """Positions of what must not be read: replaced, of another time, or not the one counted."""
    if resolved.decided:
        return set(range(len(found.chunks))) - {claim.position for claim in resolved.claims}
    if resolved.keeps_replaced:
        return set()
    dropped = set(resolved.replaced) | set(resolved.left_out)
    if plan.window is not None and settings.supersede and not resolved.claims:
        dropped |= superseded(found.chunks, found.vectors, found.relevance, settings, plan.window)
    return dropped


def _fit(chunk: Chunk, plan: Plan) -> float:
    """How well a chunk fits the time in the question's words; 1 where they name none."""
    if plan.preferred is None or plan.window is None:
        return 1.0
    return time_fit(chunk, plan.window)


def _why(position: int, fit: float, resolved: Resolved, plan: Plan) -> str:
    if resolved.decided and resolved.claims:
        return resolved.decided
    if resolved.is_ordered and resolved.claims and position == resolved.claims[0].position:
        return "newest of the time asked about"
    if position in resolved.replaced:
        return f"held until {resolved.replaced[position].date()}"
    if plan.preferred is None:
        return "valid at the time asked about" if plan.window else "relevant"
    if fit == 1.0:
        return "of the time asked about"
    return "held at the time asked about" if fit > 0 else "of another time"


def _report(
    intent: TimeIntent, plan: Plan, resolved: Resolved, evidence: list[Evidence]
) -> TimeReport:
    relaxed = None
    if plan.preferred is not None and not any(e.why != "of another time" for e in evidence):
        relaxed = f"nothing found {plan.parsed}; used what holds {plan.applied.split(';')[0]}"
    parsed = f"{intent.phrase!r}: {plan.parsed}" if plan.parsed and intent.phrase else plan.parsed
    applied = f"{plan.applied}; {resolved.decided}" if resolved.decided else plan.applied
    newest = max((one.chunk.date.interval.start for one in evidence), default=None)
    return TimeReport(parsed=parsed, applied=applied, relaxed=relaxed, newest=newest)


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

"""Time-aware retrieval: from a question and a moment to a few dated lines, conflicts resolved.

question -> candidates -> names -> claims -> time -> resolve -> lines. Dense and BM25 candidates
come from inside the time asked about and from what holds now. Those that name what the question
names and bear on it about as much claim the same thing, and the time they tell of orders them: one
stale passage misleads a small reader more than six irrelevant ones (HoH, arXiv 2503.04800). A time
that only a text can date is looked up first, and the question asked again for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.errors import EmbedderMismatchError
from rag_lifelong.ports import Embedder, Encoders, Snapshot
from rag_lifelong.retrieval.claims import Claim
from rag_lifelong.retrieval.event_dates import (
    date_event,
    own_window,
    related_window,
    without_event,
)
from rag_lifelong.retrieval.finder import Finder, Found, Query
from rag_lifelong.retrieval.focus import focus
from rag_lifelong.retrieval.lines import OF_ANOTHER_TIME, Line, choose_lines
from rag_lifelong.retrieval.plan import Moment, Plan, describe, plan_time
from rag_lifelong.retrieval.statements import asks_for_many
from rag_lifelong.retrieval.temporal_score import told_by
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.retrieval.timeline import Resolved, beside, is_ordered, resolve
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.temporal import Interval
from rag_lifelong.types import (
    Anchor,
    CountedFrom,
    DatedEvent,
    Evidence,
    Retrieved,
    TimeIntent,
    TimeRelation,
    TimeReport,
)


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
        ModelError: If a model fails.
    """
    _check_model(snapshot, encoders.embedder)
    search = _Search(moment, Finder(snapshot, encoders, settings), settings)
    intent = parse_time_intent(question, asked_at=moment.now, timezone=moment.timezone)
    intent = replace(intent, topic=intent.topic or question)
    topic = without_event(intent.topic, intent.anchor)
    search.watch.mark("parse")
    query = search.finder.query(topic, question if intent.anchor is None else topic)
    search.watch.mark("embed")
    seen = search.of_event(query, search.of_time(query, intent))
    lines = choose_lines(seen.found, seen.resolved, seen.plan, settings)
    search.watch.mark("resolve")
    evidence = _finished(lines, query, seen, snapshot, encoders.embedder, settings)
    search.watch.mark("focus")
    return Retrieved(
        evidence=tuple(evidence),
        time=_report(seen, evidence),
        asked=_asked(question, query, seen, evidence),
        support=float(max(seen.found.cosines, default=0.0)),
        timings_s=search.watch.report(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was found for one reading of the question's time."""

    intent: TimeIntent
    plan: Plan
    found: Found
    resolved: Resolved
    event: DatedEvent | None = None
    """What dates the event that the question names."""
    unread: str = ""
    """What of the question's time is not applied, and why; empty if all is."""


class _Search:
    """Searches for a question as it is understood, and again when its event is dated."""

    def __init__(self, moment: Moment, finder: Finder, settings: RetrievalConfig) -> None:
        self.watch = Stopwatch()
        self.finder = finder
        self._moment = moment
        self._settings = settings

    def of_time(self, query: Query, intent: TimeIntent) -> _Seen:
        """What is found, with its claims in the order of the time asked about."""
        plan = plan_time(intent, self._moment)
        found = self.finder.find(query, plan)
        self.watch.mark("search")
        claims = self.finder.claims(query.topic, found, self._moment.known_at)
        self.watch.mark("claims")
        resolved = self._resolved(query.topic, claims, intent, plan)
        self.watch.mark("resolve")
        return _Seen(intent=intent, plan=plan, found=found, resolved=resolved)

    def of_event(self, query: Query, seen: _Seen) -> _Seen:
        """The same for the time of the question's event, where counting values does not decide."""
        anchor, ordinal = seen.intent.anchor, seen.intent.ordinal
        if anchor is None or not self._settings.resolve:
            return seen
        is_counted_from_it = ordinal is None or ordinal.counted_from is CountedFrom.TIME
        if seen.resolved.decided and is_counted_from_it:
            return seen
        if not anchor.phrase:
            return replace(seen, unread=f"nothing found tells what follows {anchor.event!r}")
        event = date_event(anchor, query.topic, self._moment, self.finder)
        self.watch.mark("anchor")
        if event is None:
            return replace(seen, unread=f"nothing found tells when {anchor.event!r} was")
        window = self._window(anchor, event, seen.intent)
        intent = None if window is None else _dated(seen.intent, anchor, window, query.topic)
        if intent is None or plan_time(intent, self._moment).preferred is None:
            told = f"{anchor.event!r} was {describe(event.interval)}"
            return replace(seen, unread=f"{told}: no time {anchor.relation} it may be seen")
        again = self.of_time(query, intent)
        return replace(again, event=event, resolved=beside(again.resolved, anchor.event))

    def _window(self, anchor: Anchor, event: DatedEvent, intent: TimeIntent) -> Interval | None:
        """The time that relates to the event, inside a date that the question names beside it."""
        window = related_window(anchor.relation, event.interval, self._moment.now)
        beside = intent.window
        is_now = intent.relation is TimeRelation.NOW
        if beside is None or is_now or own_window(anchor, self._moment) is not None:
            return window
        start, end = max(window.start, beside.start), min(window.end, beside.end)
        return Interval(start, end) if start < end else None

    def _resolved(
        self, topic: str, claims: list[Claim], intent: TimeIntent, plan: Plan
    ) -> Resolved:
        """The claims in the order of the time asked about, and which of them are replaced."""
        if not self._settings.score_time or not is_ordered(intent, plan.window):
            return Resolved(tuple(claims), {})
        if not self._settings.resolve:
            intent = replace(intent, ordinal=None, anchor=None)
        # What begins after all that may be seen is not counted, though it may be told of there.
        end = self._moment.seen.end
        now = min(self._moment.now, end - end.resolution)
        resolved = resolve(claims, intent, plan.window, now=now)
        if not self._settings.supersede or asks_for_many(topic):
            return replace(resolved, replaced={})
        return resolved


def _dated(intent: TimeIntent, anchor: Anchor, window: Interval, topic: str) -> TimeIntent:
    """The intent with the time of its event in place of the event."""
    # A position is counted inside the time: "the first after the merger" is none before it.
    relation = anchor.relation if intent.ordinal is None else TimeRelation.DURING
    return replace(
        intent,
        relation=relation,
        window=window,
        phrase=anchor.phrase,
        topic=topic,
        anchor=None,
    )


def _asked(question: str, query: Query, seen: _Seen, evidence: Sequence[Evidence]) -> str:
    """The question to read the evidence for: without what of its time is settled already.

    A position among values is, where one was picked; a time in words is by the date of the best
    document. What was told after that time tells of it in its own words alone, which a reader must
    compare.
    """
    if seen.resolved.decided:
        return query.topic
    window = seen.plan.window
    if seen.plan.preferred is None or window is None:
        return question
    is_settled = all(told_by(one.chunk, window) for one in evidence[:1])
    return seen.intent.topic if is_settled else question


def _finished(
    lines: Sequence[Line],
    query: Query,
    seen: _Seen,
    snapshot: Snapshot,
    embedder: Embedder,
    settings: RetrievalConfig,
) -> list[Evidence]:
    """The lines as evidence: with what is quoted of each, and where else it is told."""
    evidence = [line.evidence for line in lines]
    if settings.quote_chars:
        evidence = focus(evidence, query.vector, embedder, max_chars=settings.quote_chars)
    held = seen.plan.preferred or seen.plan.base
    numbers = [seen.found.numbers[line.position] for line in lines]
    return [
        replace(one, also_at=snapshot.also_at(number, held))
        for one, number in zip(evidence, numbers, strict=True)
    ]


def _report(seen: _Seen, evidence: Sequence[Evidence]) -> TimeReport:
    plan, phrase = seen.plan, seen.intent.phrase
    relaxed = [seen.unread] if seen.unread else []
    if plan.parsed and plan.preferred is None and seen.intent.relation is not TimeRelation.NOW:
        relaxed.append(f"nothing may be seen {plan.parsed}")
    if plan.preferred is not None and not any(e.why != OF_ANOTHER_TIME for e in evidence):
        used = plan.applied.split(";")[0]
        relaxed.append(f"nothing found {plan.parsed}; used what is {used}")
    told = [plan.applied]
    if seen.event is not None:
        told.append(_told(seen.event))
    if seen.resolved.decided:
        told.append(seen.resolved.decided)
    return TimeReport(
        parsed=f"{phrase!r}: {plan.parsed}" if plan.parsed and phrase else plan.parsed,
        applied="; ".join(told),
        relaxed="; ".join(relaxed) or None,
        newest=max((one.chunk.date.interval.start for one in evidence), default=None),
        anchor=seen.event,
    )


def _told(event: DatedEvent) -> str:
    how = "dated" if event.is_dated else "first told"
    return f"{event.event!r} {how} {describe(event.interval)} ({event.chunk.citation})"


def _check_model(snapshot: Snapshot, embedder: Embedder) -> None:
    stored = snapshot.embedding_model
    if stored is not None and stored != embedder.model:
        raise EmbedderMismatchError(
            f"the store's vectors come from {stored}, the embedder is {embedder.model}",
            hint="configure the store's embedder, or ingest into a new --store",
        )

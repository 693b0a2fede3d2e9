"""Questions that the course of things answers: what held when, how long, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_lifelong.answering.course import as_lines, course
from rag_lifelong.answering.grounds import why_not_read
from rag_lifelong.answering.spans import SpanQuestion, asked_span, reckon
from rag_lifelong.config import RetrievalConfig
from rag_lifelong.ports import Encoders, Snapshot
from rag_lifelong.retrieval.names import names_in
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.types import AskedFor, Evidence, Retrieved, Stretch, TimeIntent

_COURSE_LINES = 30
"""Evidence looked at for the course of things."""
_COURSE_SHARE = 0.5
"""Least share of the best score that a line of it needs: the least that a claim has."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """An answer that needs no reader, from stretches of time and what tells each."""

    found: Retrieved
    """With the evidence that tells the stretches, in their order."""
    text: str
    timeline: tuple[Stretch, ...]
    reason: str = ""
    """Why there is no answer; empty if there is."""


def reckon_answer(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    encoders: Encoders,
    settings: RetrievalConfig,
) -> Reckoned | None:
    """The answer that the course of things gives; None if the question is one to be read for.

    Raises:
        EmbedderMismatchError: If the store was embedded with another model.
        ModelError: If a model fails.
    """
    intent = parse_time_intent(question, asked_at=moment.now, timezone=moment.timezone)
    span = _span(question, intent)
    if span is None and intent.asks is not AskedFor.TIMELINE:
        return None
    course_of = question if span is None else span.course
    found = _all_along(course_of, moment, snapshot, encoders, settings)
    reason = why_not_read(found, moment, settings.min_support)
    if span is not None:
        given = reckon(span, course(found.evidence), min(moment.seen.end, moment.now))
        if given is not None:
            return _reckoned(found, given.text, given.told)
        if not span.is_of_order:
            return None
        # A reader's "yes" has no words by which to see that it is of another time.
        found = replace(found, evidence=found.evidence[: settings.evidence])
        return Reckoned(found, "", (), reason or "nothing found decides which came first")
    has_claims = any(one.since for one in found.evidence)
    if not reason and not has_claims and _tells_names(question, settings):
        reason = "nothing found names what the question is about"
    if reason or not has_claims:
        # Nothing tells claims from other lines: only as many as would be read.
        found = replace(found, evidence=found.evidence[: settings.evidence])
    if reason:
        return Reckoned(found, "", (), reason)
    told = course(found.evidence)
    return _reckoned(found, as_lines(stretch for stretch, _ in told), told)


def _span(question: str, intent: TimeIntent) -> SpanQuestion | None:
    """What is asked of when values held, unless it is asked of a part of the time only."""
    span = asked_span(question)
    if span is None or intent.window is not None:
        return None
    # "before Bo Cruz" is an event too.
    is_of_part = intent.anchor is not None and intent.anchor.event not in span.values
    return None if is_of_part else span


def _reckoned(found: Retrieved, text: str, told: Sequence[tuple[Stretch, Evidence]]) -> Reckoned:
    evidence = tuple(replace(one, quote=one.claim or one.quote) for _, one in told)
    newest = max((one.chunk.date.interval.start for one in evidence), default=None)
    found = replace(found, evidence=evidence, time=replace(found.time, newest=newest))
    return Reckoned(found, text, tuple(stretch for stretch, _ in told))


def _all_along(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    encoders: Encoders,
    settings: RetrievalConfig,
) -> Retrieved:
    """Evidence of all times up to the one asked about: many lines, since one is told a value."""
    moment = replace(moment, as_of=None, between=moment.seen)
    wide: dict[str, object] = {
        "evidence": max(_COURSE_LINES, settings.evidence),
        "least_share": _COURSE_SHARE,
    }
    if _tells_names(question, settings):
        # Claims are quoted, and choosing other sentences of so many lines takes long.
        wide["quote_chars"] = 0
    return retrieve(question, moment, snapshot, encoders, settings.model_copy(update=wide))


def _tells_names(question: str, settings: RetrievalConfig) -> bool:
    """Whether what is told of the question's subject is known by its name."""
    return settings.by_names and bool(names_in(question))

"""The question line, from a question to an answer or an abstention."""

from collections.abc import Callable
from dataclasses import replace

from rag_lifelong.answering.course import as_lines, course
from rag_lifelong.answering.grounds import why_not_read
from rag_lifelong.answering.reading import Reading, read
from rag_lifelong.config import Config, RetrievalConfig
from rag_lifelong.ports import Encoders, Reader, Snapshot
from rag_lifelong.retrieval.plan import Moment, describe
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.temporal import MIN_TIME, Interval, instant_interval
from rag_lifelong.types import Answer, AskedFor, Retrieved

NOT_IN_SOURCES = "not in the sources"

_COURSE_LINES = 30
"""Evidence looked at for the course of things."""
_COURSE_SHARE = 0.5
"""Least share of the best score that a line of it needs: the least that a claim has."""


def answer(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    encoders: Encoders,
    reader: Callable[[], Reader],
    config: Config,
) -> Answer:
    """Answer a question from a snapshot, as of a moment, or abstain.

    Args:
        question: The question, in words.
        moment: When it is asked, and any time its asker fixed.
        snapshot: What the store holds.
        encoders: Compare the question with texts.
        reader: Gives the language model; not called when there is nothing to read.
        config: Settings of retrieval and reading.

    Raises:
        EmbedderMismatchError: If the store was embedded with another model.
        ModelError: If a model fails.
    """
    timer = Stopwatch()
    intent = parse_time_intent(question, asked_at=moment.now, timezone=moment.timezone)
    if intent.asks is AskedFor.TIMELINE:
        found = _all_along(question, moment, snapshot, encoders, config.retrieval)
        timer.mark("retrieve")
        return _course(question, moment, found, config.retrieval, timer)
    found = retrieve(question, moment, snapshot, encoders, config.retrieval)
    timer.mark("retrieve")
    reason = why_not_read(found, moment, config.retrieval.min_support)
    if reason:
        return _given(question, moment, found, Reading(None, reason), timer)
    loaded = reader()
    timer.mark("load_reader")
    reading = read(question, found, loaded, config.reader, timer)
    return _given(question, moment, found, reading, timer)


def _all_along(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    encoders: Encoders,
    settings: RetrievalConfig,
) -> Retrieved:
    """Evidence of all times up to the one asked about: many lines, since one is told a value."""
    if moment.between is None:
        end = moment.as_of.end if moment.as_of else instant_interval(moment.now).end
        moment = replace(moment, as_of=None, between=Interval(MIN_TIME, end))
    wide = settings.model_copy(
        update={"evidence": max(_COURSE_LINES, settings.evidence), "least_share": _COURSE_SHARE}
    )
    return retrieve(question, moment, snapshot, encoders, wide)


def _course(
    question: str,
    moment: Moment,
    found: Retrieved,
    settings: RetrievalConfig,
    timer: Stopwatch,
) -> Answer:
    """The answer that is the course of things, from evidence of all times."""
    reason = why_not_read(found, moment, settings.min_support)
    if reason:
        return _given(question, moment, found, Reading(None, reason), timer)
    evidence = found.evidence
    if not any(one.since for one in evidence):
        # Nothing tells claims from other lines: only as many as would be read.
        evidence = evidence[: settings.evidence]
    told = course(evidence)
    found = replace(found, evidence=tuple(one for _, one in told))
    timeline = tuple(stretch for stretch, _ in told)
    given = _given(question, moment, found, Reading(None, ""), timer)
    return replace(given, text=as_lines(timeline), timeline=timeline)


def _given(
    question: str, moment: Moment, found: Retrieved, reading: Reading, timer: Stopwatch
) -> Answer:
    said = reading.said
    return Answer(
        question=question,
        text=NOT_IN_SOURCES if reading.reason or said is None else said.text,
        abstained=bool(reading.reason),
        as_of=None if moment.between else describe(moment.as_of or instant_interval(moment.now)),
        known_at=moment.known_at,
        time=found.time,
        evidence=found.evidence,
        model=said.model if said else "",
        reason=reading.reason,
        confidence=said.confidence if said else None,
        timings_s={**found.timings_s, **timer.report(), "total": timer.total()},
    )

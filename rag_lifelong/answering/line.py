"""The question line, from a question to an answer or an abstention."""

from collections.abc import Callable
from dataclasses import replace

from rag_lifelong.answering.grounds import why_not_read
from rag_lifelong.answering.reading import Reading, as_shown, read
from rag_lifelong.answering.reckoning import Reckoned, reckon_answer
from rag_lifelong.config import Config
from rag_lifelong.ports import Encoders, Reader, Snapshot
from rag_lifelong.retrieval.plan import Moment, describe
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.temporal import instant_interval
from rag_lifelong.types import Answer, Retrieved

NOT_IN_SOURCES = "not in the sources"


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
    reckoned = reckon_answer(question, moment, snapshot, encoders, config.retrieval)
    if reckoned is not None:
        return _without_reader(question, moment, reckoned, timer)
    found = retrieve(question, moment, snapshot, encoders, config.retrieval)
    timer.mark("retrieve")
    reason = why_not_read(found, moment, config.retrieval.min_support)
    if reason:
        return _given(question, moment, found, Reading(None, reason), timer)
    loaded = reader()
    timer.mark("load_reader")
    reading = read(question, found, loaded, config.reader, timer)
    return _given(question, moment, found, reading, timer)


def _without_reader(question: str, moment: Moment, reckoned: Reckoned, timer: Stopwatch) -> Answer:
    timer.mark("retrieve")
    given = _given(question, moment, reckoned.found, Reading(None, reckoned.reason), timer)
    if reckoned.reason:
        return given
    return replace(given, text=reckoned.text, timeline=reckoned.timeline)


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
        evidence=found.evidence if reading.reason else as_shown(found.evidence, reading.lines),
        model=said.model if said else "",
        reason=reading.reason,
        confidence=said.confidence if said else None,
        timings_s={**found.timings_s, **timer.report(), "total": timer.total()},
    )

"""From evidence to the reader's words, and whether they are given as an answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rag_lifelong.answering.confidence import confidence_by, least_confidence, signals_of
from rag_lifelong.answering.full import borne_out
from rag_lifelong.answering.grounds import why_not_in_evidence, why_not_read
from rag_lifelong.config import Config, ReaderConfig
from rag_lifelong.ports import Prompt, Reader, Token
from rag_lifelong.prompting import build_check, build_full, build_prompt
from rag_lifelong.reading.calibration import Signals
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.types import Retrieved


@dataclass(frozen=True, slots=True)
class Said:
    """What the reader wrote, and how sure it was."""

    text: str
    model: str
    confidence: float
    signals: Signals | None = None
    """What its confidence is reckoned from; None where the words alone rule it out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading: the reader's words, and why they are not given as an answer."""

    said: Said | None
    """None if there was nothing to read."""
    reason: str
    """Why not; empty if they are the answer."""


def read_found(
    question: str,
    moment: Moment,
    found: Retrieved,
    reader: Callable[[], Reader],
    config: Config,
) -> Reading:
    """Read evidence for a question, and decide whether what was read is an answer.

    Raises:
        ModelError: If the reader fails.
    """
    reason = why_not_read(found, moment, config.retrieval.min_support)
    if reason:
        return Reading(None, reason)
    return read(question, found, reader(), config.reader, Stopwatch())


def read(
    question: str, found: Retrieved, reader: Reader, settings: ReaderConfig, timer: Stopwatch
) -> Reading:
    """Read evidence that may carry an answer; the timer is told of each stage.

    Raises:
        ModelError: If the reader fails.
    """
    prompt = build_prompt(found.asked, found.evidence, instruction=settings.instruction)
    tokens = _tokens(reader, prompt, settings, timer)
    text = _text(tokens)
    reason = why_not_in_evidence(text, question, found.evidence)
    if reason:
        return Reading(Said(text, reader.name, 0.0), reason)
    check = list(reader.read(build_check(prompt, text), max_tokens=2))
    timer.mark("check")
    signals = signals_of(text, tokens, check, found)
    said = Said(text, reader.name, confidence_by(signals, reader.name), signals)
    least = least_confidence(settings, reader.name)
    if said.confidence < least:
        told = f"confidence {said.confidence:.2f}, {least:.2f} needed"
        return Reading(said, f"the reader is not sure of {text!r} ({told})")
    if settings.style == "short":
        return Reading(said, "")
    written = _text(reader.read(build_full(prompt, text), max_tokens=settings.full_max_tokens))
    timer.mark("full")
    told = borne_out(written, text, question, found.evidence)
    if not told:
        return Reading(said, f"no sentence of {written!r} is borne out by the evidence")
    return Reading(replace(said, text=told), "")


def _tokens(
    reader: Reader, prompt: Prompt, settings: ReaderConfig, timer: Stopwatch
) -> list[Token]:
    tokens: list[Token] = []
    for token in reader.read(prompt, max_tokens=settings.max_tokens):
        if not tokens:
            timer.mark("first_token")
        tokens.append(token)
    timer.mark("read")
    return tokens


def _text(tokens: Iterable[Token]) -> str:
    return " ".join("".join(token.text for token in tokens).split())

"""The question line: retrieve, decide whether the evidence carries an answer, read, check, answer.

An answer is given only when the evidence is about the question and holds the answer's own words;
otherwise it abstains and says why.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_lifelong.config import Config, ReaderConfig
from rag_lifelong.ports import Embedder, Reader, Snapshot, Token
from rag_lifelong.prompting import as_data, build_check, build_prompt
from rag_lifelong.retrieval.plan import Moment, describe
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.temporal import Interval, instant_interval
from rag_lifelong.types import Answer, Evidence, Retrieved

NOT_IN_SOURCES = "not in the sources"

_WORD = re.compile(r"\w+")
_NO_ANSWER = re.compile(
    r"unknown|none|n/?a|(it is |it's )?not (stated|specified|mentioned|provided|given|known|"
    r"in the (passages|sources)).*|(the )?passages? do(es)? not .*|no (answer|information)\b.*",
    re.IGNORECASE,
)
_YES_NO = frozenset({"yes", "no"})
_DIGITS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: str(number) for number, word in enumerate(_DIGITS.split())}


def answer(
    question: str,
    moment: Moment,
    snapshot: Snapshot,
    embedder: Embedder,
    reader: Callable[[], Reader],
    config: Config,
) -> Answer:
    """Answer a question from a snapshot, as of a moment, or abstain.

    Args:
        question: The question, in words.
        moment: When it is asked, and any time its asker fixed.
        snapshot: What the store holds.
        embedder: Makes the question's vector.
        reader: Gives the language model; not called when there is nothing to read.
        config: Settings of retrieval and reading.

    Raises:
        EmbedderMismatchError: If the store was embedded with another model.
        ModelError: If a model fails.
    """
    timer = Stopwatch()
    found = retrieve(question, moment, snapshot, embedder, config.retrieval)
    timer.mark("retrieve")
    read = _read_found(question, moment, found, reader, config, timer)
    return Answer(
        question=question,
        text=NOT_IN_SOURCES if read.reason or read.said is None else read.said.text,
        abstained=bool(read.reason),
        as_of=None if moment.between else describe(_asked_about(moment)),
        known_at=moment.known_at,
        time=found.time,
        evidence=found.evidence,
        model=read.said.model if read.said else "",
        reason=read.reason,
        confidence=read.said.confidence if read.said else None,
        timings_s={**found.timings_s, **timer.report(), "total": timer.total()},
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What the reader wrote, and how sure it was."""

    text: str
    model: str
    confidence: float


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
    return _read_found(question, moment, found, reader, config, Stopwatch())


def _read_found(
    question: str,
    moment: Moment,
    found: Retrieved,
    reader: Callable[[], Reader],
    config: Config,
    timer: Stopwatch,
) -> Reading:
    reason = _why_not_read(found, moment, config.retrieval.min_support)
    if reason:
        return Reading(None, reason)
    loaded = reader()
    timer.mark("load_reader")
    said = _read(loaded, found, config.reader, timer)
    least = config.reader.min_confidence
    return Reading(said, _why_not_given(said, question, found.evidence, least))


def _read(reader: Reader, found: Retrieved, settings: ReaderConfig, timer: Stopwatch) -> Said:
    """Read the evidence, then ask the reader whether it states what was read."""
    prompt = build_prompt(found.asked, found.evidence, instruction=settings.instruction)
    tokens: list[Token] = []
    for token in reader.read(prompt, max_tokens=settings.max_tokens):
        if not tokens:
            timer.mark("first_token")
        tokens.append(token)
    timer.mark("read")
    text = " ".join("".join(token.text for token in tokens).split())
    if not _words(text):
        return Said(text, reader.name, 0.0)
    check = list(reader.read(build_check(prompt, text), max_tokens=2))
    timer.mark("check")
    return Said(text, reader.name, confidence_in(tokens, check))


def confidence_in(answer: Sequence[Token], check: Sequence[Token]) -> float:
    """How sure a reader is of its answer, in [0, 1], given its reply when asked whether it is so.

    The geometric mean of the answer's least token probability and the probability of "yes": each
    alone lets some invented answers through, and small models invent unsurely.

    >>> round(confidence_in([Token("Ann", math.log(0.9))], [Token("Yes", math.log(0.4))]), 3)
    0.6
    """
    is_yes = "".join(token.text for token in check).strip().casefold().startswith("yes")
    certainty = _probability(check[:1])
    return math.sqrt(_probability(answer) * (certainty if is_yes else 1 - certainty))


def is_no_answer(text: str) -> bool:
    """Whether what a reader wrote says nothing, or that it does not know.

    >>> is_no_answer("Unknown."), is_no_answer("Ann Lee")
    (True, False)
    """
    return not _words(text) or _NO_ANSWER.fullmatch(text.strip(" .")) is not None


def _probability(tokens: Sequence[Token]) -> float:
    """Probability of the least likely token; 1 where the reader tells none."""
    known = [token.logprob for token in tokens if token.logprob is not None]
    return math.exp(min(known, default=0.0))


def _asked_about(moment: Moment) -> Interval:
    return moment.as_of or instant_interval(moment.now)


def _why_not_read(found: Retrieved, moment: Moment, min_support: float) -> str:
    """Why the evidence cannot carry an answer; empty if it may."""
    if not found.evidence:
        period = moment.as_of or moment.between
        return f"nothing in the store {'for ' + describe(period) if period else 'yet'}"
    if found.support < min_support:
        return (
            f"nothing in the sources is about this (best cosine {found.support:.2f}, "
            f"{min_support:.2f} needed)"
        )
    return ""


def _why_not_given(
    said: Said, question: str, evidence: Sequence[Evidence], min_confidence: float
) -> str:
    """Why what the reader wrote is not an answer from the evidence; empty if it is."""
    if is_no_answer(said.text):
        return "the sources found do not tell"
    words = _words(said.text)
    if not set(words) <= _YES_NO:
        held = set(_words(question))
        for one in evidence:
            shown = as_data(f"{one.chunk.context} {one.chunk.text}")
            held.update(_words(f"{one.chunk.date} {shown}"))
        missing = [word for word in words if word not in held]
        if missing:
            return f"the reader's answer {said.text!r} is not in the evidence ({missing[0]!r})"
    if said.confidence < min_confidence:
        return (
            f"the reader is not sure of {said.text!r} "
            f"(confidence {said.confidence:.2f}, {min_confidence:.2f} needed)"
        )
    return ""


def _words(text: str) -> list[str]:
    """Lower-case words without accents, small numbers in digits, so that variants agree."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    return [_NUMBERS.get(word, word) for word in words]

"""From evidence to the reader's words, and whether they are given as an answer.

Lines are read one at a time, best first, until one gives an answer (docs/adr/0029): a small reader
is misled by what stands beside the right line, one line is computed several times faster than five,
and an answer then has a line of its own, which no other document had a part in.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from rag_lifelong.types import Evidence, Retrieved


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
    lines: tuple[Evidence, ...] = ()
    """What was read for them."""


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

    Where no lines give one, what is returned is what the reader was most sure of.

    Raises:
        ModelError: If the reader fails.
    """
    refused = []
    for reading in readings(question, found, reader, settings, timer):
        if not reading.reason:
            return reading
        refused.append(reading)
    return max(refused, key=_sureness)


def readings(
    question: str, found: Retrieved, reader: Reader, settings: ReaderConfig, timer: Stopwatch
) -> Iterator[Reading]:
    """Yield what is read of the best lines, then of the next, for each attempt that has any."""
    asking = _Asking(question, found, reader, settings, timer)
    for attempt in range(settings.attempts):
        lines = found.evidence[attempt * settings.at_once :][: settings.at_once]
        if lines:
            yield asking.read(lines)


def _sureness(reading: Reading) -> tuple[bool, float]:
    """What is in the evidence comes before what is not, however unsure."""
    said = reading.said
    return (said is not None and said.signals is not None, said.confidence if said else 0.0)


def as_shown(evidence: Sequence[Evidence], lines: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Evidence in the order in which an answer shows it: first the lines it was read from."""
    return (*lines, *(one for one in evidence if one not in lines))


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question put to a reader, of some lines of what was found at a time."""

    question: str
    found: Retrieved
    reader: Reader
    settings: ReaderConfig
    timer: Stopwatch

    def read(self, lines: tuple[Evidence, ...]) -> Reading:
        """What the reader says of these lines."""
        prompt = build_prompt(self.found.asked, lines, instruction=self.settings.instruction)
        tokens = self._tokens(prompt)
        text = _text(tokens)
        name = self.reader.name
        reason = why_not_in_evidence(text, self.question, lines)
        if reason:
            return Reading(Said(text, name, 0.0), reason, lines)
        check = list(self.reader.read(build_check(prompt, text), max_tokens=2))
        self.timer.mark("check")
        signals = signals_of(text, tokens, check, self.found, lines)
        said = Said(text, name, confidence_by(signals, name), signals)
        least = least_confidence(self.settings, name)
        if said.confidence < least:
            told = f"confidence {said.confidence:.2f}, {least:.2f} needed"
            return Reading(said, f"the reader is not sure of {text!r} ({told})", lines)
        if self.settings.style == "short":
            return Reading(said, "", lines)
        return self._full(prompt, said, lines)

    def _full(self, prompt: Prompt, said: Said, lines: tuple[Evidence, ...]) -> Reading:
        """The same answer in sentences, those of them that evidence bears out."""
        asked = build_full(prompt, said.text)
        written = _text(self.reader.read(asked, max_tokens=self.settings.full_max_tokens))
        self.timer.mark("full")
        evidence = as_shown(self.found.evidence, lines)
        told = borne_out(written, said.text, self.question, evidence)
        if not told:
            reason = f"no sentence of {written!r} is borne out by the evidence"
            return Reading(said, reason, lines)
        return Reading(replace(said, text=told), "", lines)

    def _tokens(self, prompt: Prompt) -> list[Token]:
        tokens: list[Token] = []
        for token in self.reader.read(prompt, max_tokens=self.settings.max_tokens):
            if not tokens:
                self.timer.mark("first_token")
            tokens.append(token)
        self.timer.mark("read")
        return tokens


def _text(tokens: Iterable[Token]) -> str:
    return " ".join("".join(token.text for token in tokens).split())

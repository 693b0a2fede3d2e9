"""The question line: retrieve, decide whether the evidence carries an answer, read, check, answer.

An answer is given only when the evidence is about the question and holds the answer's own words;
otherwise it abstains and says why.
"""

import re
import time
import unicodedata
from collections.abc import Callable, Sequence

from rag_lifelong.config import Config
from rag_lifelong.ports import Embedder, Reader, Snapshot
from rag_lifelong.prompting import build_prompt
from rag_lifelong.retrieval.plan import Moment, describe
from rag_lifelong.retrieval.retriever import Retrieved, retrieve
from rag_lifelong.temporal import Interval, instant_interval
from rag_lifelong.types import Answer, Evidence

NOT_IN_SOURCES = "not in the sources"

_WORD = re.compile(r"\w+")
_NO_ANSWER = re.compile(
    r"unknown|none|n/?a|(it is |it's )?not (stated|specified|mentioned|provided|given|known|"
    r"in the (passages|sources)).*|(the )?passages? do(es)? not .*|no (answer|information)\b.*",
    re.IGNORECASE,
)
_YES_NO = frozenset({"yes", "no"})


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
    timer = _Timer()
    found = retrieve(question, moment, snapshot, embedder, config.retrieval)
    timer.mark("retrieve")
    reason = _why_not_read(found, moment, config.retrieval.min_support)
    text, model = "", ""
    if not reason:
        model_reader = reader()
        timer.mark("load_reader")
        model = model_reader.name
        pieces: list[str] = []
        prompt = build_prompt(question, found.evidence)
        for token in model_reader.read(prompt, max_tokens=config.reader.max_tokens):
            if not pieces:
                timer.mark("first_token")
            pieces.append(token.text)
        timer.mark("read")
        text = " ".join("".join(pieces).split())
        reason = _why_not_given(text, question, found.evidence)
    return Answer(
        question=question,
        text=NOT_IN_SOURCES if reason else text,
        abstained=bool(reason),
        as_of=None if moment.between else describe(_asked_about(moment)),
        known_at=moment.known_at,
        time=found.time,
        evidence=found.evidence,
        model=model,
        reason=reason,
        timings_s=timer.report(),
    )


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


def _why_not_given(text: str, question: str, evidence: Sequence[Evidence]) -> str:
    """Why what the reader wrote is not an answer from the evidence; empty if it is."""
    said = _words(text)
    if not said or _NO_ANSWER.fullmatch(text.strip(" .")):
        return "the sources found do not tell"
    if set(said) <= _YES_NO:
        return ""
    held = {word for e in evidence for word in _words(f"{e.chunk.context} {e.chunk.text}")}
    held |= {word for e in evidence for word in _words(str(e.chunk.date))}
    missing = [word for word in said if word not in held and word not in _words(question)]
    if missing:
        return f"the reader's answer {text!r} is not in the evidence (missing: {missing[0]!r})"
    return ""


def _words(text: str) -> list[str]:
    """Lower-case words without accents, so that spelling variants of a name agree."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


class _Timer:
    """Seconds from the start to each mark."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._spans: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Name the time since the last mark."""
        now = time.perf_counter()
        self._spans[name] = now - self._last
        self._last = now

    def report(self) -> dict[str, float]:
        """The spans in order, and their total."""
        return {**self._spans, "total": time.perf_counter() - self._start}

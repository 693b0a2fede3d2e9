"""What the chunks found say of what is asked, and since when they say it held.

A claim is the sentence of a chunk that names the question's subject and shares most of its words.
It holds from the date it names ("on 18 April 2019", "since 2015"), else from when its document was
first told; a reprint tells it when the original did. Chunks claim the same thing, at different
times, when they name the subject about as fully as any and bear on the question about as much.
"""

import math
import re
from calendar import month_name
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.focus import sentences
from rag_lifelong.retrieval.names import Subject, Text
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, Precision
from rag_lifelong.types import Chunk, TimeIntent, TimeRelation

LEAST_SHARE = 0.5
"""Share of the subject's names that some text must hold for names to tell texts apart."""

_FEW = 3
"""Claims of one subject up to which relevance may differ by the whole margin."""
_LEAST_MARGIN = 0.1

_LEAST_RELATION = 0.5

_NO_RELATION = frozenset(
    """
    a after an and are as at be been before by come came did do does first for former from had has
    have he held hold how in is it its just last latest left many much name new next now of on or
    previous she since that the then there they to until was were what when where which who whom
    whose will with
    """.split()  # noqa: SIM905  (a list of words reads best as words)
)
"""Words that tell no relation from another."""

_YEAR = re.compile(r"\b\d{4}\b")
_MONTH = "|".join(month_name[1:])
_DATE = re.compile(rf"(?:\b\d{{1,2}} )?\b(?:{_MONTH})\b(?: \d{{1,2}}\b,?)?(?: \d{{4}}\b)?")
"""A date in words, which is no part of what a claim says."""
_EXACT = frozenset({Precision.DAY, Precision.MONTH, Precision.SECOND})
_REPRINT = re.compile(
    r"\b(?:reprint(?:ed)?|republished|from (?:our|the) archives?|(?:first|originally) "
    r"(?:appeared|published|printed|ran))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a chunk says of what is asked."""

    position: int
    """Of the chunk among those found."""
    sentence: str
    relation: float
    """Share of the question's words, names and words of time left out, that the sentence has."""
    told: datetime
    """When it was first told."""
    since: datetime
    """From when it says that it holds."""
    through: datetime
    """Up to when it tells that it held, at least: when it was told, or the date it is about."""
    until: datetime
    """When it says that it ended; `MAX_TIME` if it says nothing of an end."""
    latest: datetime
    """The end of the time that its date may mean: a document of a year may be of its last day."""
    value: frozenset[str]
    """Names and numbers in it that are not the question's: what differs between claims."""

    def begins_by(self, moment: datetime) -> bool:
        """Whether it says that it held before a moment or from then on."""
        return self.since < moment

    def holds_in(self, window: Interval) -> bool:
        """Whether it may hold at some time of a window: it had begun, and not ended before."""
        return self.since < window.end and self.until > window.start

    def last_seen(self, end: datetime) -> datetime:
        """The latest moment before `end` of which it tells."""
        return min(self.through, end)


def about_subject(
    shares: NDArray[np.float64], relevance: NDArray[np.float32], settings: RetrievalConfig
) -> NDArray[np.bool_]:
    """Which chunks claim what is asked: [n]; none where no text names the subject.

    Names first, then relevance: the more chunks name the subject as fully as any does, the nearer
    to the best of them a chunk must be, since of much that is said of one thing little is asked.
    The constants were chosen on CLARK (docs/LOG.md).
    """
    best = float(shares.max(initial=0.0))
    if best < LEAST_SHARE:
        return np.zeros(len(shares), np.bool_)
    named = shares >= settings.subject_share * best
    margin = settings.claim_margin * min(1.0, math.sqrt(_FEW / int(named.sum())))
    least = relevance[named].max() - max(margin, _LEAST_MARGIN)
    return np.asarray(named & (relevance >= least))


def read_claim(
    position: int,
    chunk: Chunk,
    subject: Subject,
    asked: Text,
    first_told: Callable[[str], datetime],
) -> Claim:
    """The claim of a chunk about the subject.

    Args:
        position: Of the chunk among those found.
        chunk: The chunk.
        subject: What is asked about.
        asked: The question's words.
        first_told: Gives when the chunk's document first held a sentence.
    """
    units = sentences(chunk.text)
    sentence = _claiming(units, subject, asked) if units else chunk.text
    told = _original(units, min(first_told(sentence), chunk.valid_from))
    since, through, until = _times(sentence, told)
    is_dated = through != chunk.date.interval.start
    known = subject.words | set(asked.words)
    return Claim(
        position=position,
        sentence=sentence,
        relation=_shared(_relation_words(subject, asked), Text(sentence)),
        told=told,
        since=since,
        through=through,
        until=until,
        latest=through if is_dated else chunk.date.interval.end,
        value=_value(sentence, known),
    )


def of_relation(claims: Sequence[Claim]) -> list[Claim]:
    """Those that use the question's words, where some claim uses all of them.

    Many things are said of one subject: "has 30 employees" is no claim about its head office.
    """
    if not any(claim.relation == 1.0 for claim in claims):
        return list(claims)
    return [claim for claim in claims if claim.relation >= _LEAST_RELATION]


def _claiming(units: Sequence[str], subject: Subject, asked: Text) -> str:
    """The sentence that shares most words with the question, of those that name the subject."""
    texts = [Text(unit) for unit in units]
    naming = [i for i, text in enumerate(texts) if subject.is_mentioned(text)] or [0]
    words = _relation_words(subject, asked)
    return units[max(naming, key=lambda i: (_shared(words, texts[i]), -i))]


def _relation_words(subject: Subject, asked: Text) -> frozenset[str]:
    words = set(asked.words) - subject.words - _NO_RELATION
    return frozenset(_stem(word) for word in words)


def _shared(words: frozenset[str], text: Text) -> float:
    """Share of the words that a text has."""
    return len(words & {_stem(word) for word in text.words}) / len(words) if words else 0.0


def _original(units: Sequence[str], told: datetime) -> datetime:
    """When a reprint says that it was told first; else when it was."""
    for unit in units:
        if _REPRINT.search(unit):
            intent = _explicit(unit, told)
            if intent is not None and intent.window is not None:
                return min(told, intent.window.start)
    return told


def _times(sentence: str, told: datetime) -> tuple[datetime, datetime, datetime]:
    """Since when, through when at least, and until when a sentence says that something holds."""
    intent = _explicit(sentence, told)
    if intent is None or intent.window is None:
        return told, told, MAX_TIME
    window = intent.window
    match intent.relation:
        case TimeRelation.SINCE:
            return window.start, max(window.start, told), MAX_TIME
        case TimeRelation.BEFORE:
            return MIN_TIME, min(told, window.end), window.end
        case TimeRelation.AFTER:
            return window.start, max(told, window.start), MAX_TIME
        case _:
            return window.start, window.start, MAX_TIME


def _explicit(sentence: str, told: datetime) -> TimeIntent | None:
    """The time a sentence names with its year, to the month at least or as a beginning."""
    if not _YEAR.search(sentence):
        return None
    intent = parse_time_intent(sentence, asked_at=told, language="en")
    if not _YEAR.search(intent.phrase):
        return None
    exact = intent.precision in _EXACT or intent.relation is TimeRelation.SINCE
    return intent if exact else None


def _value(sentence: str, known: frozenset[str] | set[str]) -> frozenset[str]:
    text = Text(_DATE.sub(" ", sentence))
    return frozenset(
        word
        for i, (word, written) in enumerate(zip(text.words, text.written, strict=True))
        if word not in known
        and any(c.isupper() or c.isdigit() for c in written)
        # A sentence's first word is capital whatever it is.
        and (i > 0 or sum(c.isupper() for c in written) > 1 or _goes_on(text, i))
    )


def _goes_on(text: Text, i: int) -> bool:
    """Whether the word after is capital too: a name that begins a sentence."""
    return i + 1 < len(text.written) and text.written[i + 1][:1].isupper()


def _stem(word: str) -> str:
    return word[:5]

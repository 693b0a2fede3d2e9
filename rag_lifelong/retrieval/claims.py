"""What the chunks found say of what is asked, and since when they say it held.

A claim is the sentence of a chunk that names the question's subject and shares most of its words.
It holds from the date it names ("on 18 April 2019", "since 2015"), else from when its document was
first told; a reprint tells it when the original did. Chunks claim the same thing, at different
times, when they name the subject about as fully as any and bear on the question about as much.
"""

import math
import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.names import Subject, Text
from rag_lifelong.retrieval.statements import (
    Asked,
    Kind,
    goes_on,
    is_reprint,
    states,
    table_headers,
    value_of,
    whole_sentences,
)
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, Precision
from rag_lifelong.types import Chunk, TimeIntent, TimeRelation

LEAST_SHARE = 0.5
"""Share of the subject's names that some text must hold for names to tell texts apart."""

_FEW = 3
"""Claims of one subject up to which relevance may differ by the whole margin."""
_LEAST_MARGIN = 0.1

_LEAST_RELATION = 0.5

YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
"""A year, which Chinese writes beside other words."""
_EXACT = frozenset({Precision.DAY, Precision.MONTH, Precision.SECOND})


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
    states: bool = True
    """Whether it states something of the kind that is asked for."""

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
    asked: Asked,
    first_told: Callable[[str], datetime],
) -> Claim:
    """The claim of a chunk about the subject.

    Args:
        position: Of the chunk among those found.
        chunk: The chunk.
        subject: What is asked about.
        asked: The question.
        first_told: Gives when the chunk's document first held a sentence.
    """
    sought = _Sought(subject, asked.kind, subject.words | asked.words, _relation(subject, asked))
    units = whole_sentences(chunk.text)
    headers = table_headers(units)
    claiming = _claiming(units, headers, sought)
    written = units[claiming]
    told = _original(units, min(first_told(written), chunk.valid_from))
    sentence = " ".join(written.split())
    since, through, until = _times(sentence, told)
    is_dated = through != chunk.date.interval.start
    return Claim(
        position=position,
        sentence=sentence,
        relation=sought.shared(Text(sentence)),
        told=told,
        since=since,
        through=through,
        until=until,
        latest=through if is_dated else chunk.date.interval.end,
        value=value_of(sentence, sought.known),
        states=(claiming not in headers and sought.is_stated(sentence))
        or sought.is_headline(chunk.context),
    )


def of_relation(claims: Sequence[Claim]) -> list[Claim]:
    """Those that state what is asked: something of its kind, in the question's words.

    Many things are said of one subject: "has 30 employees" is no claim about its head office. Where
    no claim states anything of the kind, or none uses all of the words, that tells nothing.
    """
    stating = [claim for claim in claims if claim.states] or list(claims)
    if not any(claim.relation == 1.0 for claim in stating):
        return stating
    return [claim for claim in stating if claim.relation >= _LEAST_RELATION]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What the sentences of a chunk are compared with."""

    subject: Subject
    kind: Kind
    known: frozenset[str]
    """The question's words, which are no answer to it."""
    relation: frozenset[str]
    """Stems of those that tell what is asked of the subject."""

    def shared(self, text: Text) -> float:
        """Share of the relation's words that a text has."""
        stems = {_stem(word) for word in text.words}
        return len(self.relation & stems) / len(self.relation) if self.relation else 0.0

    def is_stated(self, sentence: str) -> bool:
        """Whether a sentence states something of the kind asked for."""
        return states(sentence, self.kind, self.known)

    def is_headline(self, title: str) -> bool:
        """Whether a title states it, of the subject."""
        return self.subject.is_mentioned(Text(title)) and self.is_stated(title)


def _claiming(units: Sequence[str], headers: Container[int], sought: _Sought) -> int:
    """Which sentence claims: one that states what is asked, as near to the subject as any.

    Of several the one that shares most words with the question, and of those the first. What names
    the columns of a table states nothing.
    """
    texts = [Text(unit) for unit in units]
    nearness = _nearness(units, texts, sought.subject)
    eligible = [i for i, near in enumerate(nearness) if near] or range(len(units))
    return max(
        eligible,
        key=lambda i: (
            i not in headers and sought.is_stated(units[i]),
            nearness[i],
            sought.shared(texts[i]),
            -i,
        ),
    )


def _nearness(units: Sequence[str], texts: Sequence[Text], subject: Subject) -> list[int]:
    """Of each sentence: 2 if it names the subject or goes on about it, 1 if it comes next."""
    nearness: list[int] = []
    for unit, text in zip(units, texts, strict=True):
        follows = nearness[-1:] == [2]
        is_about = subject.is_mentioned(text) or (follows and goes_on(unit))
        nearness.append(2 if is_about else int(follows))
    return nearness


def _relation(subject: Subject, asked: Asked) -> frozenset[str]:
    words = asked.words - subject.words - asked.no_relation
    return frozenset(_stem(word) for word in words)


def _original(units: Sequence[str], told: datetime) -> datetime:
    """When a reprint says that it was told first; else when it was."""
    for unit in units:
        if is_reprint(unit):
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
    if not YEAR.search(sentence):
        return None
    intent = parse_time_intent(sentence, asked_at=told)
    if not YEAR.search(intent.phrase):
        return None
    exact = intent.precision in _EXACT or intent.relation is TimeRelation.SINCE
    return intent if exact else None


def _stem(word: str) -> str:
    return word[:5]

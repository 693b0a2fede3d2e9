"""How long something held, which of two held longer, which came first: reckoned, not read.

Only English questions of a few forms are told, and only by sentences that name one value each. A
length is told only between beginnings: a sentence that mentions a chief executive does not say
since when there is one. What is not sure is left to the reader, but for "yes" and "no".
"""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from rag_lifelong.answering.course import when
from rag_lifelong.answering.grounds import words
from rag_lifelong.retrieval.time_languages import is_function_word
from rag_lifelong.types import Evidence, Stretch

_WORD = re.compile(r"[^\W_]+")
_NAME_WORD = r"[A-ZÀ-Þ](?:\.|[^\W\d_A-ZÀ-Þ][\w'’-]*)"
_NAME = rf"(?-i:{_NAME_WORD}(?: {_NAME_WORD})*)"
_POST = r"(?:the )?[^\W\d_][\w-]*(?: [\w-]+){0,3} (?:of|at|for) (?:the )?(?-i:[A-ZÀ-Þ])[^,?]*?"
"""An office of something with a name."""
_LEADS = (
    r"(?:lead|led|run|ran|head(?:ed)?|chair(?:ed)?|managed?|coach(?:ed)?|govern(?:ed)?|owned|own)"
)
_LEADING = rf"{_LEADS} (?:the )?(?-i:[A-ZÀ-Þ])[^,?]*?"
_END = r"\s*\?*$"
_LENGTH = re.compile(
    rf"how long (?:(?P<open>has) (?P<a>{_NAME}) (?:been )?(?P<of>{_POST}|{_LEADING})"
    rf"|was (?P<a1>{_NAME}) (?P<of1>{_POST})"
    rf"|did (?P<a2>{_NAME}) (?:serve as (?P<of2>{_POST})|(?P<of3>{_LEADING}))){_END}",
    re.IGNORECASE,
)
_LONGER = re.compile(
    rf"who (?:was (?P<of>{_POST})|(?P<of1>{_LEADING}))(?: for)? longer, "
    rf"(?P<a>{_NAME}) or (?P<b>{_NAME}){_END}",
    re.IGNORECASE,
)
_ORDER = re.compile(
    rf"(?:was (?P<a>{_NAME}) (?P<of>{_POST})|did (?P<a1>{_NAME}) (?P<of1>{_LEADING})) "
    rf"(?P<order>before|after) (?P<b>{_NAME}){_END}",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\b(?:named|appointed|elected|sworn in|inaugurated|promoted|becom(?:es?|ing)|became|"
    r"t(?:akes?|ook|aking) over|succeed(?:s|ed|ing))\b",
    re.IGNORECASE,
)
"""Words by which a sentence tells that something begins."""
_MONTHS = frozenset(name.casefold() for name in calendar.month_name if name)


class Asks(Enum):
    """What is asked of the times of values."""

    LENGTH = auto()
    """How long it held that no longer does."""
    LENGTH_SO_FAR = auto()
    """How long it has held."""
    LONGER = auto()
    """Which held longer."""
    BEFORE = auto()
    """Whether the first began before the second."""
    AFTER = auto()


_LENGTHS = frozenset({Asks.LENGTH, Asks.LENGTH_SO_FAR, Asks.LONGER})
"""What is told by lengths, not by beginnings alone."""


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question about when values held."""

    asks: Asks
    values: tuple[str, ...]
    course: str
    """The question for the course of things that tells it."""

    @property
    def is_of_order(self) -> bool:
        """Whether yes or no answers it."""
        return self.asks not in _LENGTHS


def asked_span(question: str) -> SpanQuestion | None:
    """What a question asks of the times of values; None if it is no such question.

    >>> asked_span("How long was Ada Brisk CEO of Orn Mills?").course
    'Who was CEO of Orn Mills over the years?'
    >>> asked_span("Who led Orn Mills longer, Ada Brisk or Bo Cruz?").values
    ('Ada Brisk', 'Bo Cruz')
    """
    text = " ".join(question.split())
    if match := _LENGTH.fullmatch(text):
        asks = Asks.LENGTH_SO_FAR if match["open"] else Asks.LENGTH
        return SpanQuestion(asks, (_group(match, "a"),), _course(match))
    if match := _LONGER.fullmatch(text):
        return SpanQuestion(Asks.LONGER, (match["a"], match["b"]), _course(match))
    if match := _ORDER.fullmatch(text):
        asks = Asks[match["order"].upper()]
        return SpanQuestion(asks, (_group(match, "a"), match["b"]), _course(match))
    return None


def _course(match: re.Match[str]) -> str:
    return f"Who was {_group(match, 'of')} over the years?"


def _group(match: re.Match[str], name: str) -> str:
    """What matched a part of a pattern, in whichever of its alternatives."""
    found = match.groupdict()
    return next(text for key, text in found.items() if key.rstrip("123") == name and text)


@dataclass(frozen=True, slots=True)
class SpanAnswer:
    """An answer, and the stretches of time it was reckoned from, each with what tells it."""

    text: str
    told: tuple[tuple[Stretch, Evidence], ...]


def reckon(
    asked: SpanQuestion, course: Sequence[tuple[Stretch, Evidence]], now: datetime
) -> SpanAnswer | None:
    """The answer that the course of things gives; None where it is not sure.

    Args:
        asked: The question.
        course: What held when, with what tells it.
        now: The end of what still holds.
    """
    spans = [_span_of(value, asked, course, now) for value in asked.values]
    sure = [span for span in spans if span is not None]
    head = _head(asked, sure) if len(sure) == len(spans) else ""
    if not head:
        return None
    lines = (
        f"{value}: {when(span.stretch)}, {_length(span)} [{number}]"
        for number, (value, span) in enumerate(zip(asked.values, sure, strict=True), start=1)
    )
    return SpanAnswer("\n".join([head, *lines]), tuple((one.stretch, one.evidence) for one in sure))


@dataclass(frozen=True, slots=True)
class _Span:
    stretch: Stretch
    evidence: Evidence
    start: datetime
    end: datetime


def _span_of(
    value: str,
    asked: SpanQuestion,
    course: Sequence[tuple[Stretch, Evidence]],
    now: datetime,
) -> _Span | None:
    """When a value held, if one sentence tells it that names nothing else."""
    naming = [
        (stretch, one) for stretch, one in course if set(words(stretch.text)) >= set(words(value))
    ]
    if len(naming) != 1:
        return None
    [(stretch, one)] = naming
    if stretch.since is None or one.since is None:
        return None
    if _names(stretch.text) - set(words(f"{value} {asked.course}")) - _MONTHS:
        return None
    if asked.asks in _LENGTHS and not _is_bounded(one, course):
        return None
    if asked.asks is Asks.LENGTH and one.until is None:
        return None  # what was is over, and nothing tells when
    end = one.until or now
    return _Span(stretch, one, one.since, end) if one.since < end else None


def _is_bounded(evidence: Evidence, course: Sequence[tuple[Stretch, Evidence]]) -> bool:
    """Whether sentences tell its beginning and, where it ended, that of what came then."""
    ends = [one for _, one in course if one.since == evidence.until]
    return all(_tells_beginning(one) for one in (evidence, *ends))


def _tells_beginning(evidence: Evidence) -> bool:
    names_year = evidence.since is not None and str(evidence.since.year) in words(evidence.claim)
    return names_year or _BEGINS.search(evidence.claim) is not None


def _names(text: str) -> frozenset[str]:
    """Words with a capital, in lower case; a function word that begins the text is none."""
    found = _WORD.findall(text)
    if found and is_function_word(found[0], "en"):
        found = found[1:]
    return frozenset(word for one in found if one[0].isupper() for word in words(one))


def _head(asked: SpanQuestion, spans: Sequence[_Span]) -> str:
    """The answer itself; empty where the times do not decide."""
    if len(spans) == 1:
        return _length(spans[0])
    first, second = spans
    if asked.asks is Asks.LONGER:
        lengths = [span.end - span.start for span in spans]
        if lengths[0] == lengths[1]:
            return ""
        return asked.values[lengths.index(max(lengths))]
    if first.start == second.start:
        return ""
    return "Yes" if (first.start < second.start) == (asked.asks is Asks.BEFORE) else "No"


def _length(span: _Span) -> str:
    """The time between two dates in the two largest units, `about` where one is not of a day."""
    start, end = span.start, span.end
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    years, months = divmod(months, 12)
    parts = [(years, "year"), (months, "month")]
    told = [f"{number} {unit}{'s' if number > 1 else ''}" for number, unit in parts if number]
    if not told:
        days = max(1, (end - start).days)
        told = [f"{days} day{'s' if days > 1 else ''}"]
    ends = [one for one in (span.stretch.since, span.stretch.until) if one is not None]
    about = "" if all(len(one) == len("2019-06-01") for one in ends) else "about "
    so_far = "" if span.stretch.until else " so far"
    return f"{about}{' and '.join(told)}{so_far}"

"""How long something held, which of two held longer, which came first: reckoned, not read.

Only English questions of a few forms are told, and only by sentences that name one value each;
what is not sure is left to the reader.
"""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from rag_lifelong.answering.grounds import words
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


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question about when values held."""

    asks: Asks
    values: tuple[str, ...]
    course: str
    """The question for the course of things that tells it."""


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
    # What was is over: where nothing tells its end, its length is not told either.
    open_end = None if asked.asks is Asks.LENGTH else now
    spans = [_span_of(value, asked.course, course, open_end) for value in asked.values]
    sure = [span for span in spans if span is not None]
    head = _head(asked, sure) if len(sure) == len(spans) else ""
    if not head:
        return None
    lines = (
        f"{value}: {_when(span)}, {_length(span)} [{number}]"
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
    question: str,
    course: Sequence[tuple[Stretch, Evidence]],
    open_end: datetime | None,
) -> _Span | None:
    """When a value held, if one sentence tells it that names nothing else."""
    naming = [(stretch, one) for stretch, one in course if _names(stretch.text) >= _names(value)]
    if len(naming) != 1:
        return None
    [(stretch, one)] = naming
    if stretch.since is None or one.since is None:
        return None
    if _names(stretch.text) - _names(value) - set(words(question)) - _MONTHS:
        return None
    end = one.until or open_end
    return _Span(stretch, one, one.since, end) if end and one.since < end else None


def _names(text: str) -> frozenset[str]:
    """Words with a capital, in lower case; a sentence's first only before another."""
    found = _WORD.findall(text)
    return frozenset(
        word
        for i, written in enumerate(found)
        if written[0].isupper() and (i > 0 or (len(found) > 1 and found[1][0].isupper()))
        for word in words(written)
    )


def _head(asked: SpanQuestion, spans: Sequence[_Span]) -> str:
    """The answer itself; empty where the times do not decide."""
    if asked.asks in (Asks.LENGTH, Asks.LENGTH_SO_FAR):
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


def _when(span: _Span) -> str:
    if span.stretch.until is None:
        return f"since {span.stretch.since}"
    return f"{span.stretch.since} – {span.stretch.until}"

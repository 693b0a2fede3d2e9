"""How well the times that a text names fit a time asked about: "(1811–1827)", "until May 2004".

A document tells of more times than its own: a page of today says who played where in 1999. What a
range tells fits as far as both are the same. A single date may begin or end something, and says
most where the time asked about begins, less where it ends, and least inside it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from rag_lifelong.retrieval.time_calendar import LocalTime
from rag_lifelong.retrieval.time_grammar import TimeGrammar
from rag_lifelong.retrieval.time_languages import language_of, languages
from rag_lifelong.retrieval.time_patterns import Found
from rag_lifelong.retrieval.time_words import Kind, Lead
from rag_lifelong.temporal import Interval

BEGINS = 0.8
ENDS = 0.6
INSIDE = 0.4
LOOSE = 0.3
"""Fit of what overlaps the time asked about, or began before it and was not said to end.

These four, and how near is near, were chosen on half of TimeQA's relations (docs/adr/0028).
"""

_NEAR = timedelta(days=62)
"""How far from a date the edge of the time asked about may be and still be meant by it; no farther
than that time is long."""
_ENOUGH = 200
"""Characters by which a text's language is known."""
_LONGEST_POINT = timedelta(days=366)
_BEGINNING = frozenset({Lead.SINCE, Lead.FROM, Lead.AFTER})
_ENDING = frozenset({Lead.UNTIL, Lead.BEFORE})
_YEAR = re.compile(r"(?<!\d)\d{3,4}(?!\d)")


def named_fit(text: str, window: Interval, *, told: datetime, timezone: tzinfo = UTC) -> float:
    """How well the best of the times that a text names fits a window, in [0, 1].

    1 for the window itself and 0 if none is named that has to do with it; for a range twice what
    both share over the sum of their lengths (Dice), but at least `LOOSE` if they share anything.

    Args:
        text: In any language that has a file of words.
        window: The time asked about.
        told: When the text was told, up to which "present" reaches.
        timezone: Whose days and years are meant.

    >>> from rag_lifelong.temporal import year_interval
    >>> texts = ("Ann (1998)", "Ann (1990–1999)", "from 1998 on", "until 1997", "in 2004", "now")
    >>> told = datetime(2021, 5, 6, tzinfo=UTC)
    >>> [round(named_fit(one, year_interval(1998), told=told), 2) for one in texts]
    [1.0, 0.3, 0.8, 0.0, 0.0, 0.0]
    """
    times = _named(text, LocalTime(told, timezone))
    return max((_fit(time, span, window) for time, span in times), default=0.0)


def _named(text: str, told: LocalTime) -> Iterator[tuple[Found, Interval]]:
    if not _YEAR.search(text):
        return
    for time in _grammar(language_of(text[:_ENOUGH])).times(text, asked=told):
        if time.is_range or time.pattern.kind is Kind.DATE:
            yield time, told.in_utc(time.span)


def _fit(time: Found, span: Interval, window: Interval) -> float:
    same = _dice(span, window)
    if time.is_range or span.end - span.start > _LONGEST_POINT:
        return max(same, LOOSE if same else 0.0)
    begins = 0.0 if time.lead in _ENDING else _begins(time, span, window)
    ends = 0.0 if time.lead in _BEGINNING else _ends(time, span, window)
    return max(same if time.lead not in _BEGINNING | _ENDING else 0.0, begins, ends)


def _begins(time: Found, span: Interval, window: Interval) -> float:
    """Fit of what may have begun at a date."""
    if span.start >= window.end:
        return 0.0
    if _is_near(window.start, span, window):
        return BEGINS
    if span.start >= window.start:
        return INSIDE
    return LOOSE if time.lead in _BEGINNING else 0.0


def _ends(time: Found, span: Interval, window: Interval) -> float:
    """Fit of what may have ended at a date."""
    if span.end <= window.start:
        return 0.0
    if _is_near(window.end, span, window):
        return ENDS
    return INSIDE if time.lead in _ENDING and span.end <= window.end else 0.0


def _is_near(edge: datetime, span: Interval, window: Interval) -> bool:
    near = min(_NEAR, window.end - window.start)
    return edge - span.end <= near and span.start - edge <= near


def _dice(one: Interval, other: Interval) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    whole = (one.end - one.start) + (other.end - other.start)
    return max(0.0, 2 * shared / whole) if whole else 0.0


@cache
def _grammar(language: str) -> TimeGrammar:
    """What reads only the times that a text can name without knowing when it is told."""
    words = languages()[language]
    patterns = (one for one in words.patterns if one.kind is Kind.DATE or one.reads == "now")
    return TimeGrammar(replace(words, patterns=tuple(patterns)))

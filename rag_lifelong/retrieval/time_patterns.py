"""The patterns of a language as one regular expression, and the times that are found with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rag_lifelong.retrieval import time_calendar as cal
from rag_lifelong.retrieval.time_readings import READINGS
from rag_lifelong.retrieval.time_words import (
    Kind,
    Lead,
    Pattern,
    TimeWords,
    any_of,
    compile_text,
    escape,
    fill,
    slots_of,
)
from rag_lifelong.temporal import Interval, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A time in a text: where it stands, what it means, and how it was read."""

    start: int
    end: int
    date_start: int
    """Where the date begins, after the preposition."""
    date_end: int
    """Where the date ends, before a possessive or "onwards"."""
    span: Interval
    precision: Precision
    lead: Lead | None
    pattern: Pattern
    values: Mapping[str, int]
    asked_year: int
    has_part: bool = False
    is_bound: bool = False
    """Whether it belongs to a noun, as in "the 2014 World Cup"."""
    is_range: bool = False

    @property
    def restricts(self) -> bool:
        """Whether it limits the answer rather than naming something or meaning now."""
        if self.pattern.kind is Kind.NOW:
            return False
        return not self.is_bound or self.lead in (Lead.BEFORE, Lead.UNTIL, Lead.AFTER, Lead.SINCE)

    @property
    def takes_tail(self) -> bool:
        """Whether a word such as "onwards" may follow."""
        if self.pattern.kind is Kind.NOW:
            return False
        if self.lead is None:
            return self.pattern.kind in (Kind.DATE, Kind.RELATIVE)
        return self.lead in (Lead.FROM, Lead.SINCE, Lead.DURING)

    @property
    def rank(self) -> int:
        """The higher, the more it tells which time is meant."""
        if self.pattern.reads == "now" and self.lead in (None, Lead.AS_OF, Lead.DURING):
            return 0
        if self.lead is Lead.AS_OF:
            return 5
        if self.is_bound:
            return 1
        if self.pattern.kind is Kind.RELATIVE and self.lead is None:
            return 4
        return 3 if self.is_range else 2

    @property
    def may_name_edition(self) -> bool:
        """Whether it is a year that a noun may follow: "in 2014 world cup"."""
        is_weak = self.lead in (None, Lead.DURING)
        return self.pattern.reads == "year" and is_weak and not self.has_part

    def bound(self) -> "Found":
        """The same time as part of the noun that follows, without its preposition."""
        return replace(self, start=self.date_start, lead=None, is_bound=True)

    def is_like(self, other: "Found") -> bool:
        """Whether both are dates of one kind, so that "and" makes a list of them."""
        return (
            self.pattern.reads == other.pattern.reads
            and self.pattern.kind is other.pattern.kind is Kind.DATE
            and self.lead in (None, Lead.DURING, Lead.OF)
        )


class Times:
    """Finds the times of one language in a text."""

    def __init__(self, words: TimeWords) -> None:
        self._words = words
        self._slots = [slots_of(words, pattern.text) for pattern in words.patterns]
        self._digits = str.maketrans(words.digits, "0123456789"[: len(words.digits)])
        self._part_after = compile_text(any_of(words.parts_after))
        self._regex = compile_text(self._whole(), flags=0)

    def search(self, lower: str, position: int) -> re.Match[str] | None:
        """The next time in a text in lower case."""
        return self._regex.search(lower, position)

    def read(self, match: re.Match[str], at: datetime) -> Found | None:
        """The time a match means at the local time `at`, or None if there is no such date."""
        number = int((match.lastgroup or "_0")[1:])
        pattern = self._words.patterns[number]
        rest = match.string[match.end(f"_{number}") : match.end()]
        part_after = self._part_after.match(rest)
        part = self._part(match["part"] or (part_after and part_after[0]))
        reading = READINGS[pattern.reads]
        try:
            values = {**pattern.given, **self._values(match, number)}
            span = reading.span(values, at)
            if part:
                span = cal.part_of(span, *part)
        except (ValueError, OverflowError):
            return None
        precision = reading.precision(values)
        return self._placed(
            match,
            number,
            Found(
                start=match.start(),
                end=match.end(),
                date_start=match.start(f"_{number}"),
                date_end=match.end(f"_{number}"),
                span=span,
                precision=_FINER[precision] if part else precision,
                lead=self._words.leads[_key(match["lead"])] if match["lead"] else None,
                pattern=pattern,
                values=values,
                asked_year=at.year,
                has_part=part is not None,
            ),
            is_possessive=len(rest) > (part_after.end() if part_after else 0),
        )

    def _placed(
        self, match: re.Match[str], number: int, found: Found, *, is_possessive: bool
    ) -> Found:
        """The same time as the article and the preposition before it place it."""
        lead, pattern = found.lead, found.pattern
        date_start = found.date_start
        after_lead = match.end("lead") if lead else found.start
        is_bound = False
        if pattern.kind is Kind.DATE:
            if article := match.groupdict().get(f"article_{number}"):
                after_lead = date_start = date_start + len(article)
            is_bare = lead in (None, Lead.OF) and not found.has_part
            is_bound = bool(article) or (is_bare and self._words.binds_bare_dates)
        serves_noun = is_bound or is_possessive
        if not pattern.takes_lead or (serves_noun and lead in _WEAK_LEADS):
            lead = None
        return replace(
            found,
            start=found.start if lead else after_lead,
            date_start=date_start,
            lead=lead,
            is_bound=is_bound,
        )

    def _part(self, word: str | None) -> tuple[int, int] | None:
        if not word:
            return None
        return self._words.parts.get(_key(word)) or self._words.parts_after[_key(word)]

    def _values(self, match: re.Match[str], number: int) -> dict[str, int]:
        return {
            name: self._value(table, text)
            for name, table in self._slots[number]
            if (text := match[f"{name}_{number}"])
        }

    def _value(self, table: str, text: str) -> int:
        value = self._words.values.get(table, {}).get(_key(text))
        return int(text.replace(",", "").translate(self._digits)) if value is None else value

    def _whole(self) -> str:
        """A preposition, a part and one of the patterns."""
        words = self._words
        bodies = "|".join(self._body(i, pattern) for i, pattern in enumerate(words.patterns))
        leads = "|".join(
            escape(lead) if lead.endswith("-") or not words.is_spaced else f"{escape(lead)} "
            for lead in sorted(words.leads, key=len, reverse=True)
        )
        article = f"(?:{words.article})?"
        before, after = _EDGES if words.is_spaced else _UNSPACED_EDGES
        return (
            rf"{before}(?<![0-9][.,:])(?:(?P<lead>{leads}))?"
            rf"(?:{article}(?P<part>{any_of(words.parts)})[ -]{article})?"
            rf"(?:{bodies})(?:{any_of(words.parts_after)})?"
            rf"{after}(?![.,:/][0-9])(?:{words.possessive})?"
        )

    def _body(self, number: int, pattern: Pattern) -> str:
        words = self._words
        binds = pattern.kind is Kind.DATE and "<the>" not in pattern.text
        article = f"(?P<article_{number}>{words.article})?" if binds else ""
        return f"(?P<_{number}>{article}(?:{fill(words, pattern.text, f'_{number}')}))"


def _key(text: str) -> str:
    return " ".join(text.split())


_EDGES = (r"(?<![\w/#$\u20ac\u00a3\u00a5@])(?=[\w'])", r"(?!\w)")
"""No letter or digit beside a time, and no sign of a number before it."""
_UNSPACED_EDGES = (r"(?<![0-9a-z/#$\u20ac\u00a3\u00a5@])", "(?![0-9a-z])")
_WEAK_LEADS = (Lead.OF, Lead.DURING, Lead.FROM)
"""After these, a date that belongs to a noun needs no preposition to be understood."""
_FINER = {
    Precision.CENTURY: Precision.DECADE,
    Precision.DECADE: Precision.YEAR,
    Precision.YEAR: Precision.QUARTER,
    Precision.QUARTER: Precision.MONTH,
    Precision.MONTH: Precision.WEEK,
    Precision.WEEK: Precision.DAY,
    Precision.DAY: Precision.SECOND,
    Precision.SECOND: Precision.SECOND,
}
"""How exactly a part of a period is told."""

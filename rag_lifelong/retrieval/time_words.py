"""What a language's file of time words holds, and the notation of its texts.

A text is a regular expression, matched without regard to case, with three signs more: `<slot>` is
a word or number with a value (`<slot:table>` takes it from another table) or a filler, a space is
any white space, `~` any hyphen or short dash. Knows nothing of the calendar.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from rag_lifelong.retrieval.time_calendar import Season, Unit
from rag_lifelong.retrieval.time_readings import READINGS
from rag_lifelong.types import CountedFrom, Ordinal, TimeRelation

_STRICT = ConfigDict(extra="forbid")
_NAMED_VALUES = {name.name.lower(): int(name) for name in (*Unit, *Season)}
_NEVER = "(?!)"


class Lead(StrEnum):
    """What a preposition before a date, or a word after it, makes of it."""

    AS_OF = "as_of"
    DURING = "during"
    OF = "of"
    """Belongs to the noun before it: "the World Cup of 2014"."""
    BEFORE = "before"
    UNTIL = "until"
    AFTER = "after"
    SINCE = "since"
    FROM = "from"
    BETWEEN = "between"


class Kind(StrEnum):
    """How much a pattern says by itself."""

    DATE = "date"
    """A date of the calendar."""
    PARTIAL = "partial"
    """Lacks its year: needs a preposition, or a fuller date at the other end of a range."""
    RELATIVE = "relative"
    """Counted from the time of the question."""
    NOW = "now"


def compile_text(text: str, flags: re.RegexFlag | int = re.IGNORECASE) -> re.Pattern[str]:
    """Compile a text in the notation of the language files, its slots already replaced."""
    spaced = _SPACE.sub(lambda part: _SPACES.get(part[0], part[0]), text)
    return re.compile(spaced.replace("~", "[-\u2013]"), flags)


SLOT = re.compile(r"(?<!\?P)<(\w+)(?::(\w+))?>")
_SPACE = re.compile(r"\[[^\]]*\]|\(\?<[!=][^)]*\)| \?| ")
_SPACES = {" ?": " *", " ": " ++"}


def _checked(text: str) -> str:
    try:
        compile_text(SLOT.sub("(?:x)", text))
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _by_word(named: object) -> dict[str, str]:
    """From the words of each value to the value of each word."""
    if not isinstance(named, dict) or not all(isinstance(words, list) for words in named.values()):
        raise PydanticCustomError("words", 'expected a list of words a value: 1 = ["first"]')
    return {word: value for value, words in named.items() for word in words}


def _numbers_by_word(named: object) -> dict[str, int | str]:
    return {word: _NAMED_VALUES.get(value, value) for word, value in _by_word(named).items()}


def _parts_by_word(named: object) -> dict[str, tuple[int, int]]:
    return {word: _part(part) for word, part in _by_word(named).items()}


def _by_name(given: object) -> object:
    if not isinstance(given, dict):
        return given
    return {slot: _NAMED_VALUES.get(value, value) for slot, value in given.items()}


def _part(text: str) -> tuple[int, int]:
    which, _, count = text.partition("/")
    if not (which.isdigit() and count.isdigit() and 0 < int(which) <= int(count)):
        raise ValueError(f"not a part: {text!r} (expected 1/3 for the first of three)")
    return int(which) - 1, int(count)


Text = Annotated[str, AfterValidator(_checked)]
Values = Annotated[Mapping[str, int], BeforeValidator(_numbers_by_word)]
Leads = Annotated[Mapping[str, Lead], BeforeValidator(_by_word)]
Parts = Annotated[Mapping[str, tuple[int, int]], BeforeValidator(_parts_by_word)]


def _known_reading(name: str) -> str:
    if name not in READINGS:
        raise ValueError(f"no such reading: {name!r} (known: {', '.join(READINGS)})")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One way to write a time.

    Attributes:
        reads: Name of the reading in `time_readings` that turns the slots into an interval.
        text: How it is written.
        kind: How much it says by itself.
        trap: Name of the check in `time_traps` that tells it from a name or a number.
        takes_lead: Whether a preposition before it is part of the time.
        given: Values that are not written: names of units and seasons, or numbers.
        ordinal: The position it also asks for, as "current" does.
    """

    __pydantic_config__ = _STRICT

    reads: Annotated[str, AfterValidator(_known_reading)]
    text: Text
    kind: Kind = Kind.DATE
    trap: Literal["", "year", "surname", "month", "capital", "small"] = ""
    takes_lead: bool = True
    given: Annotated[Mapping[str, int], BeforeValidator(_by_name)] = field(default_factory=dict)
    ordinal: Ordinal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorPattern:
    """One way to name an event that tells the time: `<event>` is the event.

    Attributes:
        relation: How the time asked about relates to the event.
        text: How it is written.
        place: Which one is asked for, counted from the event: 1 who follows, -1 who was before.
    """

    __pydantic_config__ = _STRICT

    relation: Literal[
        TimeRelation.DURING, TimeRelation.BEFORE, TimeRelation.AFTER, TimeRelation.SINCE
    ]
    text: Text
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalPattern:
    """One way to name a position; `<place>` is its number where `place` does not give it."""

    __pydantic_config__ = _STRICT

    counted_from: CountedFrom
    text: Text
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerals:
    """Compound number words, added to the tables named.

    Attributes:
        tables: Tables of values.
        tens: The value of each word for tens.
        ones: The value of each word for ones.
        joins: How the two are written together, with {tens} and {ones}.
    """

    __pydantic_config__ = _STRICT

    tables: tuple[str, ...]
    tens: Mapping[str, int]
    ones: Mapping[str, int]
    joins: tuple[str, ...]

    def words(self) -> dict[str, int]:
        """Every number word and its value."""
        return {**self.tens, **self.ones} | {
            join.format(tens=tens, ones=ones): ten + one
            for join in self.joins
            for tens, ten in self.tens.items()
            for ones, one in self.ones.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Questions by what they ask for; any other asks for a fact."""

    __pydantic_config__ = _STRICT

    time: Text = _NEVER
    timeline: Text = _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Tense:
    """What tells the tense of a question's first finite verb.

    Attributes:
        past_form: A question of the past, whatever its words.
        past: Verbs of the past tense.
        past_ending: How other verbs of the past end, in lower case.
        present: Verbs of the present and future tense.
        present_form: A question of the present without any of these words.
    """

    __pydantic_config__ = _STRICT

    past_form: Text = _NEVER
    past: frozenset[str] = frozenset()
    past_ending: Text = _NEVER
    present: frozenset[str] = frozenset()
    present_form: Text = _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapWords:
    """What tells a year from a number or a title.

    Attributes:
        label: What before a number makes it no year.
        counted: What after a number makes it no year.
        title: What after a year without a preposition makes it a title.
        edition: What after a year makes it the year of an edition.
        last_time: What before "since" makes the date the last time that something was so.
    """

    __pydantic_config__ = _STRICT

    label: Text = _NEVER
    counted: Text = _NEVER
    title: Text = _NEVER
    edition: Text = _NEVER
    last_time: Text = _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """A language's words of time.

    Attributes:
        signs: Words by which a question in this language is known.
        is_spaced: Whether words are separated by spaces.
        binds_bare_dates: Whether a date without a preposition belongs to the noun beside it.
        digits: Ten characters that are also written for 0 to 9.
        article: What between a preposition and a date binds the date to the noun that follows,
            as in "in the 2014 World Cup".
        possessive: What after a date makes it belong to the noun that follows.
        leads: Prepositions; one that ends in "-" is a prefix.
        tails: What after a date does what a preposition does before it.
        parts: Words for a part of a period, as "1/3", before it.
        parts_after: The same, after it.
        numerals: Compound number words.
        values: Words of each value a slot may hold, units and seasons by name.
        numbers: Digits each slot may hold.
        fillers: Slots without a value.
        patterns: Every way to write a time; of those that match at one place, the first counts.
            `<the>` in a pattern is an article that does not bind.
        to: What joins the two ends of a range.
        list_joint: What joins dates that are meant together.
        anchors: Every way to name an event that tells the time.
        ordinals: Every way to name a position; of those that match at one place, the first counts.
        asks: Questions that ask for a time or a timeline.
        tense: What tells past from present.
        traps: What tells a year from a number or a title.
        surname_months: Months that are also surnames.
        verb_months: Months that in lower case are also verbs.
        clause_start: What may follow a bare month so that it is no name or verb.
    """

    __pydantic_config__ = _STRICT

    signs: Text
    is_spaced: bool = True
    binds_bare_dates: bool = True
    digits: str = ""
    article: Text = _NEVER
    possessive: Text = _NEVER
    leads: Leads
    tails: Mapping[Lead, Text] = field(default_factory=dict)
    parts: Parts = field(default_factory=dict)
    parts_after: Parts = field(default_factory=dict)
    numerals: Numerals | None = None
    values: Mapping[str, Values]
    numbers: Mapping[str, Text]
    fillers: Mapping[str, Text] = field(default_factory=dict)
    patterns: tuple[Pattern, ...]
    to: Text
    list_joint: Text
    anchors: tuple[AnchorPattern, ...] = ()
    ordinals: tuple[OrdinalPattern, ...] = ()
    asks: Asks = Asks()
    tense: Tense = Tense()
    traps: TrapWords = TrapWords()
    surname_months: frozenset[int] = frozenset()
    verb_months: frozenset[int] = frozenset()
    clause_start: Text = ""


def fill(words: TimeWords, text: str, suffix: str = "") -> str:
    """A text with its slots replaced: fillers by what they are, the others by named groups.

    Raises:
        KeyError: If a slot is in no table.
    """

    def group(slot: re.Match[str]) -> str:
        name, table = slot[1], slot[2] or slot[1]
        if table in words.fillers:
            return words.fillers[table]
        held = [any_of(words.values[table])] if table in words.values else []
        held += [words.numbers[table]] if table in words.numbers else []
        if not held:
            raise KeyError(f"<{table}> is in no table")
        return f"(?P<{name}{suffix}>{'|'.join(held)})"

    return SLOT.sub(group, text)


def slots_of(words: TimeWords, text: str) -> list[tuple[str, str]]:
    """The slots of a text that have a value: their names and tables."""
    slots = [(slot[1], slot[2] or slot[1]) for slot in SLOT.finditer(text)]
    return [(name, table) for name, table in slots if table not in words.fillers]


def any_of(texts: Iterable[str]) -> str:
    """Any of some words, the longest that fits; of none, nothing."""
    return "|".join(escape(one) for one in sorted(texts, key=len, reverse=True)) or _NEVER


def escape(words: str) -> str:
    """Words as a text that matches just them."""
    return re.escape(words).replace(r"\ ", " ")

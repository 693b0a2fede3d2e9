"""What a question asks for, and whether a sentence states something of that kind.

A newer text that names the thing asked about says nothing of it yet: it may ask, give orders, or
tell something else. Whoever is asked for has a name, how many is a number, when is a time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise

from rag_lifelong.retrieval.focus import sentences
from rag_lifelong.retrieval.names import Text, is_unspaced, titles
from rag_lifelong.retrieval.time_languages import language_of, languages
from rag_lifelong.retrieval.time_words import compile_text, fill

_QUESTION = re.compile(r"[?？][\"'”’»)\]]*\s*$")
_MARKUP = re.compile(r"<[^<>\n]{1,40}>")
"""A tag, which ends a sentence as often as not."""
_TWO_WORDS = re.compile(r"\W*[^\W_]+[\s.-]+[^\W_]")
_LONGEST_ACRONYM = 5
_COLUMNS = 3
"""Cells from which on a row is no name with its value."""
_QUOTED = re.compile(r"[\"“„«「][^\"“”„»」]*[\"”“»」]")


class Kind(StrEnum):
    """What sort of value a question asks for."""

    PERSON = "person"
    """The name of a person."""
    NUMBER = "number"
    NAME = "name"
    """A name or a number of whatever sort: of a place, of a firm."""
    TIME = "time"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """The texts of a language, compiled."""

    kinds: tuple[tuple[Kind, re.Pattern[str]], ...]
    date: re.Pattern[str]
    reprint: re.Pattern[str]
    tentative: re.Pattern[str]
    many: re.Pattern[str]
    orders: re.Pattern[str]
    addressed: re.Pattern[str]
    goes_on: re.Pattern[str]
    numbers: frozenset[str]
    """Words of numbers from two on: one is an article in many languages."""
    times: frozenset[str]
    """Names of days and months."""
    empty: frozenset[str]
    """Words that tell no relation from another."""


class Asked:
    """A question: its words, its language and what it asks for.

    Args:
        question: The question, without the words that tell its time.
    """

    def __init__(self, question: str) -> None:
        self._language = language_of(question)
        self.words = frozenset(Text(question).words)
        self.kind = next(
            (kind for kind, text in _patterns(self._language).kinds if text.search(question)),
            Kind.ANYTHING,
        )

    @property
    def no_relation(self) -> frozenset[str]:
        """Words that tell no relation from another."""
        return _patterns(self._language).empty


def asks_for_many(question: str) -> bool:
    """Whether several things may hold at once.

    >>> asks_for_many("Who is a sponsor of Orn Athletic?"), asks_for_many("Who leads Orn Mills?")
    (True, False)
    """
    return _patterns(language_of(question)).many.search(question) is not None


def states(sentence: str, kind: Kind, known: frozenset[str]) -> bool:
    """Whether a sentence states something of a kind, beyond what the question says.

    Args:
        sentence: In any language that has a file of words.
        kind: Of what is asked for.
        known: The question's words, folded.
    """
    parts = sentences(_MARKUP.sub(" ", sentence))
    return any(is_statement(part) and _tells(part, kind, known) for part in parts)


def _tells(sentence: str, kind: Kind, known: frozenset[str]) -> bool:
    """Whether a sentence has something of a kind in it."""
    patterns = _patterns_for(sentence)
    if kind is Kind.TIME:
        return _tells_number(sentence, known, patterns.times | patterns.numbers)
    rest = patterns.date.sub(" ", sentence)
    if kind is Kind.NUMBER:
        return _tells_number(rest, known, patterns.numbers)
    told = [written for word, written in _told(rest) if word not in known]
    if kind is Kind.PERSON:
        return any(is_unspaced(one) or (one[0].isupper() and not one.isupper()) for one in told)
    return bool(told) or (kind is Kind.ANYTHING and _says_more(rest, known))


def is_statement(sentence: str) -> bool:
    """Whether a sentence tells something, and does not ask or give an order.

    >>> [is_statement(one) for one in ("She left.", "Has she left?", "See the list of mayors.")]
    [True, False, False]
    """
    patterns = _patterns_for(sentence)
    return not (
        _QUESTION.search(sentence)
        or patterns.orders.search(sentence)
        or patterns.addressed.search(_QUOTED.sub(" ", sentence))
    )


def whole_sentences(text: str) -> list[str]:
    r"""The sentences of a text as written; a line break or an abbreviation does not end one.

    >>> whole_sentences("It names Dr. Ada Lund\nof Orn. She came.")
    ['It names Dr. Ada Lund\nof Orn.', 'She came.']
    """
    spans: list[tuple[int, int]] = []
    for unit in sentences(text):
        start = text.index(unit, spans[-1][1] if spans else 0)
        end = start + len(unit)
        if spans and _is_cut(text[slice(*spans[-1])], unit):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return [text[start:end] for start, end in spans] or [text]


def _is_cut(before: str, after: str) -> bool:
    """Whether two pieces of a text are of one sentence."""
    if before[-1] == ".":
        last = Text(before[-16:]).words[-1:]
        return bool(last) and ((len(last[0]) == 1 and last[0].isalpha()) or last[0] in titles())
    return after[:1].islower() and before[-1] not in "!?:;。！？"


def table_headers(units: Sequence[str]) -> frozenset[int]:
    """Which sentences of a text are lines that name the columns of a table below them.

    Such a line is the first row, of three cells or more or above rows that begin with a number, and
    has no number itself where the row below it has some. Two cells may be a name and its value.

    >>> table_headers(["| Year | Mayor |", "| 2019 | Ada Lund |", "| 2021 | Bo Berg |"])
    frozenset({0})
    """
    rows = [_cells(unit) for unit in units]
    return frozenset(
        i
        for i, (row, below) in enumerate(pairwise(rows))
        if row
        and below
        and not (i and rows[i - 1])
        and (len(row) >= _COLUMNS or below[0][:1].isdigit())
        and not _has_digit(" ".join(row))
        and _has_digit(" ".join(below))
    )


def _cells(line: str) -> list[str]:
    """The cells of a table's row; none if it is no row."""
    is_row = line.startswith("|") and line.endswith("|")
    return [cell.strip() for cell in line.strip("|").split("|")] if is_row else []


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def goes_on(sentence: str) -> bool:
    """Whether a sentence is about what the sentence before is about: "She was born …"."""
    return _patterns_for(sentence).goes_on.match(sentence) is not None


def is_reprint(sentence: str) -> bool:
    """Whether a sentence says that its text was told before."""
    return _patterns_for(sentence).reprint.search(sentence) is not None


def is_tentative(sentence: str) -> bool:
    """Whether a sentence says that something may be, and not that it is.

    >>> is_tentative("The fair may open."), is_tentative("The fair opened in May.")
    (True, False)
    """
    return _patterns_for(sentence).tentative.search(sentence) is not None


def value_of(sentence: str, known: frozenset[str]) -> frozenset[str]:
    """Names and numbers, folded, that a sentence tells beyond known words and dates."""
    rest = _patterns_for(sentence).date.sub(" ", sentence)
    return frozenset(word for word, _ in _told(rest) if word not in known)


@lru_cache(maxsize=4096)
def plain_words(sentence: str) -> frozenset[str]:
    """Words of a sentence, folded, that are of no name, number or date."""
    rest = _patterns_for(sentence).date.sub(" ", sentence)
    return frozenset(Text(rest).words).difference(word for word, _ in _told(rest))


def _told(sentence: str) -> Iterator[tuple[str, str]]:
    """The words of names and numbers, folded and as written."""
    text = Text(sentence)
    particles = _particles()
    for i, (word, written) in enumerate(zip(text.words, text.written, strict=True)):
        if is_unspaced(written):
            if word not in particles:
                yield word, written
        elif _is_capital(written) and (
            # A sentence's first word is capital whatever it is.
            i > 0 or sum(c.isupper() for c in written) > 1 or _opens_with_name(sentence, text)
        ):
            yield word, written


def _is_capital(written: str) -> bool:
    """Whether a word is a name's or a number; one long and all in capitals is emphasised."""
    is_emphasised = len(written) > _LONGEST_ACRONYM and written.isupper() and written.isalpha()
    return not is_emphasised and any(c.isupper() or c.isdigit() for c in written)


def _opens_with_name(sentence: str, text: Text) -> bool:
    """Whether its second word belongs to the first and is capital too."""
    return (
        _TWO_WORDS.match(sentence) is not None
        and len(text.written) > 1
        and _is_capital(text.written[1])
    )


def _tells_number(sentence: str, known: frozenset[str], numbers: frozenset[str]) -> bool:
    words = Text(sentence).words
    return any(word not in known and (word[0].isdigit() or word in numbers) for word in words)


def _says_more(sentence: str, known: frozenset[str]) -> bool:
    """Whether it has words that are neither known nor told in every sentence."""
    empty = _patterns_for(sentence).empty
    return any(word not in known and word not in empty for word in Text(sentence).words)


@cache
def _particles() -> frozenset[str]:
    """Characters that are in no name, of languages without spaces."""
    every = [words for words in languages().values() if not words.is_spaced]
    return frozenset().union(*(one.names.particles | one.claims.no_relation for one in every))


@lru_cache(maxsize=4096)
def _patterns_for(sentence: str) -> _Patterns:
    return _patterns(language_of(sentence))


@cache
def _patterns(language: str) -> _Patterns:
    words = languages()[language]
    claims = words.claims

    def compiled(text: str) -> re.Pattern[str]:
        return compile_text(fill(words, text))

    numbers = words.values.get("number", {})
    return _Patterns(
        kinds=(
            (Kind.TIME, compiled(words.asks.time)),
            (Kind.NUMBER, compiled(claims.number)),
            (Kind.NAME, compiled(claims.name)),
            (Kind.PERSON, compiled(claims.person)),
        ),
        date=compiled(claims.date),
        reprint=compiled(claims.reprint),
        tentative=compiled(claims.tentative),
        many=compiled(claims.many),
        orders=compiled(claims.orders),
        addressed=compiled(claims.addressed),
        goes_on=compiled(claims.goes_on),
        numbers=frozenset(word for word, value in numbers.items() if value > 1),
        times=frozenset(
            part
            for table in ("month", "weekday")
            for name in words.values.get(table, {})
            for part in Text(name).words
        ),
        empty=claims.no_relation,
    )

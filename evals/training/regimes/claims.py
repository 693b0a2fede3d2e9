"""What the sentences of a generated document say, found by turning round how they are written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from babel.dates import get_month_names

from evals.streams.generating.relations import RELATIONS, Relation, Style
from evals.streams.generating.told_words import ARCHIVED, SENTENCES
from evals.types import SourceDocument

_DAY = r"\d{1,2} [A-Z][a-z]+ \d{4}"
_NAME = r"[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}"
_VALUES: Mapping[Style, str] = {
    Style.OFFICE: _NAME,
    Style.PLACE: _NAME,
    Style.COUNT: r"\d{1,3}(?:,\d{3})*",
    Style.PRICE: r"\d+",
    Style.SCHEDULE: _DAY,
    Style.MEMBERS: _NAME,
}
_FIELD = re.compile(r"\\\{(\w)\\\}")
_SENTENCE_END = re.compile(r"(?<=\.) ")
_MONTHS = {
    name: number for number, name in get_month_names("wide", context="format", locale="en").items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a sentence says of a relation."""

    relation: Relation
    what: str
    """How it is said: a key of the sentences of its style."""
    subject: str
    value: str
    day: datetime | None
    """When the value began (ended, where that is what is said), as far as the sentence dates it."""
    said_at: datetime
    """When it was written; of a reprint, when it first was."""
    before: str = ""
    """The value that it replaced, where that is said."""
    sentence: str = ""
    """As it is written."""


def claims_of(document: SourceDocument) -> list[Claim]:
    """What a document says, in its order; nothing of sentences that are none of the language's."""
    claims: list[Claim] = []
    said_at = document.published_at
    for sentence in _SENTENCE_END.split(document.text):
        said_at = _first_published(sentence) or said_at
        before = _recalled(sentence, claims[-1]) if claims else ""
        if before:
            claims[-1] = replace(claims[-1], before=before)
        else:
            claims += _claims(sentence, said_at)
    return claims


def day_of(words: str) -> datetime:
    """The day that documents write in words.

    >>> day_of("4 March 2019").isoformat()
    '2019-03-04T00:00:00+00:00'
    """
    day, month, year = words.split()
    return datetime(int(year), _MONTHS[month], int(day), tzinfo=UTC)


def _claims(sentence: str, said_at: datetime) -> Iterator[Claim]:
    for pattern, style, what in _patterns():
        found = pattern.fullmatch(sentence)
        if found:
            fields = found.groupdict()
            day = day_of(fields["d"]) if "d" in fields else None
            if what == "today":
                day = said_at.replace(hour=0, minute=0, second=0, microsecond=0)
            yield Claim(
                relation=_relation(fields["n"], style),
                what=what,
                subject=fields["s"],
                value=fields["v"],
                day=day,
                said_at=said_at,
                sentence=sentence,
            )
            return


def _recalled(sentence: str, claim: Claim) -> str:
    """The value before that a sentence names, which follows one that names the value."""
    for recall in SENTENCES[claim.relation.style].get("recall", ()):
        found = re.fullmatch(_pattern(recall, claim.relation.style), sentence)
        if found:
            return found["o"]
    return ""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Style, str], ...]:
    """A pattern for each sentence that states a value, its style, and how it is said."""
    return tuple(
        (re.compile(_pattern(sentence, style)), style, what)
        for style, ways in SENTENCES.items()
        for what, sentences in ways.items()
        if what != "recall"
        for sentence in sentences
    )


def _first_published(sentence: str) -> datetime | None:
    """When what is reprinted was published, if a sentence says so."""
    for lead in ARCHIVED:
        found = re.fullmatch(_pattern(lead, Style.OFFICE), sentence)
        if found:
            return day_of(found["d"])
    return None


def _pattern(sentence: str, style: Style) -> str:
    """A sentence as it is written, with its fields as groups."""
    nouns = [relation.noun for relation in RELATIONS if relation.style is style]
    fields = {
        "s": _NAME,
        "n": "|".join(map(re.escape, nouns)),
        "d": _DAY,
        "v": _VALUES[style],
        "o": _VALUES[style],
    }
    return _FIELD.sub(lambda found: f"(?P<{found[1]}>{fields[found[1]]})", re.escape(sentence))


def _relation(noun: str, style: Style) -> Relation:
    return next(one for one in RELATIONS if one.style is style and one.noun == noun)

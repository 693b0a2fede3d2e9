"""From claims of one thing at different times to those that answer, best first.

Ranks, not decay: among claims of the same thing the newest that had begun counts, be it a day or
ten years old, so there is no half-life to tune. What is newer replaces what is older only where the
question asks for one thing, and the older one tells another value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rag_lifelong.retrieval.claims import Claim
from rag_lifelong.retrieval.names import Text, is_unspaced
from rag_lifelong.retrieval.statements import plain_words
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval
from rag_lifelong.types import AskedFor, CountedFrom, TimeIntent, TimeRelation

_SAME_VALUE = 0.5
"""Share of the names and numbers of the shorter claim in the other above which both tell one value:
a first name that two people have is half of their names."""
_SAME_WORDS = 0.8
"""Share of the words beside names, dates and numbers from which on two claims are told alike."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The claims that answer, best first, and of those replaced since when."""

    claims: tuple[Claim, ...]
    replaced: dict[int, datetime]
    """By position: when a newer claim of another value began to hold."""
    left_out: tuple[int, ...] = ()
    """Positions of claims that did not hold at the time asked about."""
    decided: str = ""
    """Which of several values was picked: "number 1 of 3 in order of time"; empty if none was."""
    is_ordered: bool = False
    """Whether the claims are in an order of time, and not of relevance."""
    keeps_replaced: bool = False
    """Whether what was replaced is to be read too: the course of things is asked for."""


def resolve(
    claims: Sequence[Claim], intent: TimeIntent, window: Interval | None, *, now: datetime
) -> Resolved:
    """Order claims by what a question asks of time.

    Args:
        claims: Of the same thing, the most relevant first.
        intent: What the question says about time.
        window: The time the answer is about, as planned.
        now: When it is asked.
    """
    if not claims:
        return Resolved((), {})
    if intent.ordinal is not None or intent.anchor is not None:
        counted = _counted(claims, intent, window, now)
        if counted is not None:
            return counted
    until = now + _INSTANT if window is None else window.end
    if intent.relation is TimeRelation.AFTER and window is not None:
        return Resolved(tuple(_after(claims, window.start)), {}, is_ordered=True)
    held = [c for c in claims if window is None or c.holds_in(window)]
    if not held:
        return Resolved(tuple(claims), {})
    ordered = sorted(held, key=lambda c: (c.last_seen(until), c.since, c.told), reverse=True)
    positions = {claim.position for claim in held}
    return Resolved(
        tuple(ordered),
        _replaced(ordered, until),
        left_out=tuple(c.position for c in claims if c.position not in positions),
        is_ordered=True,
        keeps_replaced=intent.asks is AskedFor.TIMELINE,
    )


def _after(claims: Iterable[Claim], start: datetime) -> list[Claim]:
    """What held when a time began, then what came, the earliest first."""
    begun = [claim for claim in claims if claim.begins_by(start + _INSTANT)]
    later = [claim for claim in claims if not claim.begins_by(start + _INSTANT)]
    begun.sort(key=lambda c: (c.last_seen(start), c.since, c.told), reverse=True)
    return begun[:1] + sorted(later, key=lambda c: (c.since, c.told)) + begun[1:]


def _replaced(ordered: Sequence[Claim], until: datetime) -> dict[int, datetime]:
    """Claims, newest first, that a newer one of another value replaces, and from when on."""
    replaced: dict[int, datetime] = {}
    for i, older in enumerate(ordered):
        for newer in ordered[:i]:
            is_newer = newer.last_seen(until) >= max(
                older.latest, older.last_seen(until) + _INSTANT
            )
            if is_newer and older.value and newer.value and not _is_same(newer, older):
                at = max(newer.since, older.since)
                replaced[older.position] = min(replaced.get(older.position, MAX_TIME), at)
    return replaced


def _counted(
    claims: Sequence[Claim], intent: TimeIntent, window: Interval | None, now: datetime
) -> Resolved | None:
    """The claims of the value that a position or an event picks out; None where it cannot be."""
    begun = [claim for claim in claims if claim.since > MIN_TIME]
    if window is not None and intent.relation is TimeRelation.DURING:
        begun = [claim for claim in begun if claim.since in window]
    values = _values(begun)
    place = _place(values, intent, now)
    if place is None or not 0 <= place < len(values):
        return None
    chosen = sorted(values[place], key=lambda c: (c.since, c.told))
    decided = f"number {place + 1} of {len(values)} in order of time"
    return Resolved(tuple(chosen), {}, decided=decided, is_ordered=True)


def _values(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Claims in order of time, those of one value that follow one another together."""
    values: list[list[Claim]] = []
    for claim in sorted(claims, key=lambda c: (c.since, c.told)):
        if values and _is_same(values[-1][0], claim):
            values[-1].append(claim)
        else:
            values.append([claim])
    return values


def _place(values: Sequence[list[Claim]], intent: TimeIntent, now: datetime) -> int | None:
    ordinal = intent.ordinal
    if ordinal is not None and ordinal.counted_from is CountedFrom.START:
        return ordinal.place - 1
    if ordinal is not None and ordinal.counted_from is CountedFrom.END:
        begun = [i for i, value in enumerate(values) if value[0].since <= now]
        return len(begun) - ordinal.place
    from_ = _current(values, now) if intent.anchor is None else _named(values, intent.anchor.event)
    if from_ is None:
        return None
    if ordinal is not None:
        return from_ + ordinal.place
    step = {TimeRelation.BEFORE: -1, TimeRelation.AFTER: 1}
    return from_ + step.get(intent.anchor.relation, 0) if intent.anchor else None


def _current(values: Sequence[list[Claim]], now: datetime) -> int | None:
    begun = [i for i, value in enumerate(values) if value[0].since <= now]
    return begun[-1] if begun else None


def _named(values: Sequence[list[Claim]], event: str) -> int | None:
    """The last value that an event's words name."""
    names = _names_in(event)
    for i in range(len(values) - 1, -1, -1):
        if any(_is_named(claim, names) for claim in values[i]):
            return i
    return None


def _names_in(event: str) -> set[str]:
    return {word for word, written in _written(event) if written[:1].isupper() or word.isdigit()}


def _is_named(claim: Claim, names: set[str]) -> bool:
    return bool(names) and names <= claim.value


def _written(event: str) -> Iterable[tuple[str, str]]:
    text = Text(event)
    return zip(text.words, text.written, strict=True)


def _is_same(one: Claim, other: Claim) -> bool:
    """Whether two claims tell one value, as far as names and numbers show.

    Told in the same words, each with a name that the other lacks, they tell two, whatever else they
    share: every infobox of the office says "10 Downing Street".
    """
    shared = one.value & other.value
    if len(shared) <= _SAME_VALUE * min(len(one.value), len(other.value)):
        return False
    is_swapped = _has_name(one.value - shared) and _has_name(other.value - shared)
    return not (is_swapped and _is_in_same_words(one.sentence, other.sentence))


def _has_name(words: Iterable[str]) -> bool:
    # Of Chinese names characters are told apart, which other words have too.
    return any(not word[0].isdigit() and not is_unspaced(word) for word in words)


def _is_in_same_words(one: str, other: str) -> bool:
    first, second = plain_words(one), plain_words(other)
    return len(first & second) >= _SAME_WORDS * max(len(first), len(second))


def beside(resolved: Resolved, event: str) -> Resolved:
    """The same without claims of the value that an event names: who came after Ann is not Ann."""
    names = _names_in(event)
    claims = tuple(claim for claim in resolved.claims if not _is_named(claim, names))
    if not claims:
        return resolved
    gone = tuple(claim.position for claim in resolved.claims if _is_named(claim, names))
    return replace(resolved, claims=claims, left_out=(*resolved.left_out, *gone))


def is_ordered(intent: TimeIntent, window: Interval | None) -> bool:
    """Whether newer claims count more than older ones, or their order is what is asked for."""
    if intent.asks is AskedFor.TIME:
        return False
    return (
        window is not None
        or intent.ordinal is not None
        or intent.anchor is not None
        or intent.asks is AskedFor.TIMELINE
    )

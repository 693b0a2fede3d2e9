"""When an event was that a question names ("after the merger", "when Berg was mayor").

A first look-up finds what is told of the event, inside the same bounds as the question itself, and
its time is read there: the date its sentence names, else when that was first told, which is not
the same but close where events are reported as they happen. A text dates an event only if it holds
the event's names and most of its other words; where none does, nothing is guessed. What says that
it may be or is expected dates it only where nothing says that it was.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from rag_lifelong.retrieval.claims import YEAR, Claim
from rag_lifelong.retrieval.finder import Finder
from rag_lifelong.retrieval.names import Subject, Text, names_in
from rag_lifelong.retrieval.plan import Moment, Plan
from rag_lifelong.retrieval.statements import is_tentative
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.retrieval.time_languages import is_function_word, language_of
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval
from rag_lifelong.types import Anchor, Chunk, DatedEvent, TimeFilter, TimeRelation

_LEAST_NAMED = 0.8
"""Least share of the event's names in a text that dates it."""
_LEAST_WORDS = 0.5
"""Least share of the event's other words in the sentence."""
_STEM = 5
"""Letters by which words are compared."""
_DAY = timedelta(days=1)
_SPACES = re.compile(r"\s+([?!.,;:])|\s+")


def date_event(anchor: Anchor, topic: str, moment: Moment, finder: Finder) -> DatedEvent | None:
    """When an event was, and what tells it; None if nothing does.

    Args:
        anchor: The event.
        topic: The question without it, whose names say whose event is meant.
        moment: When it is asked, and the bounds of what may be seen.
        finder: Finds in the store.
    """
    end = moment.seen.end
    base = TimeFilter(between=moment.seen, known_at=moment.known_at)
    plan = Plan(preferred=None, base=base, course=None, window=None, parsed=None, applied="")
    language = language_of(f"{topic} {anchor.event}")
    own = own_window(anchor, moment)
    for words in _wordings(anchor.event, topic):
        query = finder.query(words, words)
        found = finder.find(query, plan)
        claims = finder.claims(words, found, moment.known_at)
        telling = [
            (told, one)
            for claim in claims
            if (told := _told_of(anchor.event, claim, found.chunks[claim.position], language))
            and (one := _dated(anchor.event, claim, found.chunks[claim.position], end))
            and one.interval.start < end
            and (own is None or one.interval.intersects(own))
        ]
        if telling:
            return min(telling, key=_rank)[1]
    return None


def own_window(anchor: Anchor, moment: Moment) -> Interval | None:
    """The time that an event's own words name ("the 2019 election"); None if they name none."""
    told = parse_time_intent(anchor.event, asked_at=moment.now, timezone=moment.timezone)
    return told.window if told.relation is TimeRelation.DURING else None


def related_window(relation: TimeRelation, event: Interval, now: datetime) -> Interval:
    """The time that relates to an event as asked."""
    match relation:
        case TimeRelation.BEFORE:
            return Interval(MIN_TIME, event.start)
        case TimeRelation.AFTER:
            return _on_from(event.end, now)
        case TimeRelation.SINCE:
            return _on_from(event.start, now)
        case _:
            return event


def _on_from(start: datetime, now: datetime) -> Interval:
    return Interval(start, now if start < now else MAX_TIME)


def without_event(topic: str, anchor: Anchor | None) -> str:
    """The question without the event that dates it, whose names are not the subject's.

    >>> anchor = Anchor(TimeRelation.AFTER, "the merger", "after the merger")
    >>> without_event("Who led Orn Mills after the merger?", anchor)
    'Who led Orn Mills?'
    """
    if anchor is None:
        return topic
    left = topic.replace(anchor.phrase or anchor.event, " ").strip(" ,")
    left = _SPACES.sub(lambda match: match[1] or " ", left)
    return left[:1].upper() + left[1:] if any(c.isalnum() for c in left) else topic


def _wordings(event: str, topic: str) -> Iterator[str]:
    """The event with the names of what is asked about, then alone if it has names of its own."""
    names = [" ".join(word.capitalize() for word in name.words) for name in names_in(topic)]
    yield "; ".join([event, *names])
    if names and names_in(event):
        yield event


def _told_of(event: str, claim: Claim, chunk: Chunk, language: str) -> float:
    """How much of an event's words a claim has, in [0, 1]; 0 if it tells of something else."""
    # A year is compared with the time that is read, which a text need not write.
    nameless = YEAR.sub(" ", event)
    names = Subject(nameless, [])
    named = names.named_in(Text(f"{chunk.context} . {claim.sentence}"))
    if names.names and named < _LEAST_NAMED:
        return 0.0
    words = {word for word in Text(nameless).words if word not in names.words}
    words = {word for word in words if not is_function_word(word, language)}
    held = {word[:_STEM] for word in Text(claim.sentence).words}
    share = sum(word[:_STEM] in held for word in words) / len(words) if words else 1.0
    return share if share >= _LEAST_WORDS else 0.0


def _dated(event: str, claim: Claim, chunk: Chunk, end: datetime) -> DatedEvent | None:
    """When a claim says that an event was; None where it tells only when it was over."""
    told = parse_time_intent(claim.sentence, asked_at=claim.told)
    make = partial(DatedEvent, event=event, sentence=claim.sentence, chunk=chunk)
    # What has no year ("on Wednesday") counts from when it was told, and tells hardly more.
    window = told.window if YEAR.search(told.phrase) else None
    match told.relation, window:
        case TimeRelation.DURING, Interval():
            return make(interval=window, is_dated=True)
        case TimeRelation.SINCE | TimeRelation.AFTER, Interval():
            return make(interval=_while_held(window.start, chunk, end), is_dated=True)
        case TimeRelation.BEFORE, Interval():
            was = claim.told < window.end
            return make(interval=Interval(claim.told, window.end), is_dated=True) if was else None
        case TimeRelation.NOW, _:
            return make(interval=_while_held(claim.told, chunk, end), is_dated=False)
        case _:
            published = chunk.date.interval
            day = Interval(claim.told, claim.told + _DAY)
            when = published if published.start == claim.told else day
            return make(interval=when, is_dated=False)


def _while_held(start: datetime, chunk: Chunk, end: datetime) -> Interval:
    """What goes on lasts until its revision ends; an article, which none ends, says only that day.

    A page that still stands counts as an article does: whatever held on that day is an answer.
    """
    last = chunk.valid_from + _DAY if chunk.valid_to is None else chunk.valid_to
    return Interval(start, max(start + _DAY, min(last, end)))


def _rank(told: tuple[float, DatedEvent]) -> tuple[bool, float, bool, datetime]:
    """What is stated, most of the event's words, a date in words, the earliest of undated ones."""
    share, one = told
    return (
        is_tentative(one.sentence),
        -share,
        not one.is_dated,
        MIN_TIME if one.is_dated else one.interval.start,
    )

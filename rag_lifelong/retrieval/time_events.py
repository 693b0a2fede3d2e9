"""What a question says about time without a date: events, positions in a sequence, what it asks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag_lifelong.retrieval.time_patterns import Found
from rag_lifelong.retrieval.time_traps import is_capital_at
from rag_lifelong.retrieval.time_words import Kind, Lead, TimeWords, compile_text, fill
from rag_lifelong.types import Anchor, AskedFor, CountedFrom, Ordinal, TimeRelation


@dataclass(frozen=True, slots=True)
class Event:
    """An event in a text."""

    anchor: Anchor
    start: int
    """Where the event's words begin."""
    end: int
    ordinal: Ordinal | None
    """Who followed it, or was before it."""

    def dates(self, time: Found) -> bool:
        """Whether a time is the event's own: it lies in its words and has no other relation."""
        is_inside = self.start <= time.date_start and time.end <= self.end
        return is_inside and time.lead in _OWN_LEADS and time.pattern.kind is not Kind.NOW

    def related(self, time: Found) -> Found:
        """The event's own time as the event relates to what is asked; it stays in the topic."""
        return replace(time, lead=_LEADS[self.anchor.relation], is_bound=True)


class Events:
    """Reads the events and positions of one language."""

    def __init__(self, words: TimeWords) -> None:
        edge = r"\b" if words.is_spaced else ""
        self._anchors = [
            (one, compile_text(f"{edge}(?:{fill(words, one.text)})")) for one in words.anchors
        ]
        self._ordinals = [
            (one, compile_text(f"{edge}(?:{fill(words, one.text)})")) for one in words.ordinals
        ]
        self._places = words.values.get("ordinal", {})
        self._digits = str.maketrans(words.digits, "0123456789"[: len(words.digits)])
        self._asks_time = compile_text(words.asks.time)
        self._asks_timeline = compile_text(words.asks.timeline)

    def asks(self, text: str) -> AskedFor:
        """What the question asks for."""
        if self._asks_time.search(text):
            return AskedFor.TIME
        return AskedFor.TIMELINE if self._asks_timeline.search(text) else AskedFor.FACT

    def event(self, text: str, found: Sequence[Found]) -> Event | None:
        """The first event that tells the time, where no date already does."""
        events = list(self._events(text, found))
        return min(events, key=lambda event: event.start, default=None)

    def ordinal(self, text: str, found: Sequence[Found], event: Event | None) -> Ordinal | None:
        """The first position asked for, counted from the event if it says who follows it."""
        if event is not None and event.ordinal is not None:
            return event.ordinal
        places = [
            (time.start, time.pattern.ordinal) for time in found if time.pattern.ordinal is not None
        ]
        for one, regex in self._ordinals:
            for match in regex.finditer(text):
                is_of_event = event is not None and event.start <= match.start() < event.end
                is_dated = _overlaps(match.start(), match.end(), found)
                if is_of_event or is_dated or _is_name(text, match):
                    continue
                place = self._place(match) if one.place is None else one.place
                places.append((match.end(), Ordinal(place, one.counted_from)))
        return min(places, key=lambda place: place[0])[1] if places else None

    def _events(self, text: str, found: Sequence[Found]) -> Iterator[Event]:
        for one, regex in self._anchors:
            for match in regex.finditer(text):
                start, words = match.start("event"), match["event"].rstrip()
                end = start + len(words)
                dated = [time for time in found if not time.is_bound]
                if (
                    not words
                    or is_capital_at(text, match.start())
                    or _overlaps(match.start(), start, dated)
                    or _overlaps(end, match.end(), dated)
                    or any(time.start <= start and time.end >= end for time in found)
                ):
                    continue
                ordinal = one.place and Ordinal(one.place, CountedFrom.TIME)
                # Of who followed somebody, these words are the question itself.
                phrase = "" if one.place else text[match.start() : end]
                anchor = Anchor(one.relation, words, phrase)
                yield Event(anchor, start, end, ordinal or None)

    def _place(self, match: re.Match[str]) -> int:
        word = " ".join(match["place"].lower().split())
        value = self._places.get(word)
        return int(word.translate(self._digits)) if value is None else value


def _overlaps(start: int, end: int, found: Sequence[Found]) -> bool:
    return any(
        time.start < end and start < time.end
        for time in found
        if time.pattern.ordinal is None and time.pattern.reads != "now"
    )


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Whether its last word is part of a name, as in "the First Lady"."""
    return is_capital_at(text, text.rfind(" ", match.start(), match.end()) + 1 or match.start())


_OWN_LEADS = (None, Lead.OF, Lead.DURING)
_LEADS = {
    TimeRelation.DURING: Lead.DURING,
    TimeRelation.BEFORE: Lead.BEFORE,
    TimeRelation.AFTER: Lead.AFTER,
    TimeRelation.SINCE: Lead.SINCE,
}

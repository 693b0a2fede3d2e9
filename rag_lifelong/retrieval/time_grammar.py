"""What a question says about time: "in March 2019", "since last year", "after the war".

A small grammar without models: one pass over the question finds every time in it, a few rules
choose the one that restricts the answer, and another pass finds events and positions. All windows
are half-open UTC intervals, and what is relative counts from the time the question is asked. The
words of each language are a file (`time_languages`).

How the words are read, where there is a choice:

* `before X` ends at the start of X; `until X` and `by X` end at its end; `after X` starts at its
  end; `since X` and `X onwards` start at its start and reach to now. What begins in the future
  (`since X`, `from X`) has no end.
* `since X` after "for the first time" or "its worst" is when it was last so: no time.
* `from X to Y`, `between X and Y` and `X-Y` hold both ends whole. "2018-19" is both years;
  "2010-11" is November 2010 unless a word such as "season" follows.
* early, mid and late are thirds of the period in whole months; "2 months ago" is that whole
  calendar month; "in the past 2 months" reaches back from now.
* "1800s" is the century, "1890s" and "2000s" the decade, "the 19th century" 1800 to 1899.
* Seasons are those of the northern hemisphere; a winter has the year it begins in. A fiscal year
  is the calendar year of its number.
* A month, day or weekday without its year is the most recent that has begun.
* A day is a day of the zone given. A date in digits is read in the order of the language: German
  "5.6.2021" is 5 June; English "25/12/2021" is Christmas, "5/6/2021" may be two days and is none.
* A year that belongs to a noun ("the 2014 World Cup") is the window, and stays in the topic: it
  names the edition.
* Of several times: `as of`, then a relative time (beside it, a date is mostly that of something
  else: "announced this week that ... in 2024"), a range, a date with a preposition, the year of an
  edition, and "now"; of equals, the first.
* Of several sentences the question is the last that ends in "?". Its own times count, else those
  of the others, unless time is asked for, or it is in the present tense and they are over.
* Without any time: the present or future tense asks about now, unless a position ("the first",
  "the previous") or an event says otherwise; the past tense asks about no known time.
* A question that asks for a time ("When ...", "What year ...", "How long ...") has no window,
  unless a date with a preposition or a relative time restricts it; one that asks for a timeline
  ("history of ...", "list all ...") is never taken to ask about now.
* An event after "before", "after", "since", "until", "during" or "when" is an anchor, until the
  clause ends; `until` is `before`. A date in its words gives a window: "after the 2019 election"
  starts in 2020, since the event is in 2019 and the text that dates it may say when.
* Who "succeeded" or "replaced" somebody is the next one after the anchor, whose words are the name.

Read wrongly, and known: a title that is a year after a preposition ("Who is Julia in 1984?"); a
month before a capital letter ("in March Germany lost") is taken for a name, a lower-case one for
a month ("in march formation"). Not read at all: habits ("in summer", "at Christmas") and the years
in "two years before 2010".
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from rag_lifelong.retrieval.time_calendar import LocalTime
from rag_lifelong.retrieval.time_events import Event, Events
from rag_lifelong.retrieval.time_languages import language_of, languages
from rag_lifelong.retrieval.time_patterns import Found, Times
from rag_lifelong.retrieval.time_readings import READINGS
from rag_lifelong.retrieval.time_sentences import asked_sentence
from rag_lifelong.retrieval.time_traps import Traps
from rag_lifelong.retrieval.time_words import Kind, Lead, TimeWords, compile_text
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, Precision, instant_interval
from rag_lifelong.types import AskedFor, CountedFrom, Ordinal, TimeIntent, TimeRelation


def parse_time_intent(
    question: str,
    *,
    asked_at: datetime,
    timezone: tzinfo = UTC,
    language: str | None = None,
) -> TimeIntent:
    """Return what a question says about time, as understood at `asked_at`.

    Args:
        question: In any language that has a file of words.
        asked_at: When it is asked.
        timezone: Whose days and years are meant.
        language: Code of the question's language; None takes the one it has most words of.

    >>> may = datetime(2021, 5, 6, 12, tzinfo=UTC)
    >>> intent = parse_time_intent("Who was the prime minister in March 2019?", asked_at=may)
    >>> intent.relation.value, intent.phrase, intent.topic
    ('during', 'in March 2019', 'Who was the prime minister?')
    >>> str(intent.window.start.date()), str(intent.window.end.date())
    ('2019-03-01', '2019-04-01')
    >>> parse_time_intent("Who won the 2014 World Cup?", asked_at=may).topic
    'Who won the 2014 World Cup?'
    >>> parse_time_intent("Who is Theresa May?", asked_at=may).relation.value
    'now'
    >>> parse_time_intent("When was she born?", asked_at=may).asks.value
    'time'
    >>> parse_time_intent("Who led the party after the war?", asked_at=may).anchor.event
    'the war'
    >>> str(parse_time_intent("Wer war vor drei Jahren Trainer?", asked_at=may).window.start.date())
    '2018-01-01'

    Raises:
        ValueError: If `asked_at` is naive, or no such language is known.
        ConfigError: If a language's file is wrong.
    """
    if asked_at.tzinfo is None:
        raise ValueError(f"asked_at is naive: {asked_at}")
    code = language_of(question) if language is None else language
    if code not in languages():
        raise ValueError(f"no words of {code!r} (known: {', '.join(languages())})")
    return _grammar(code).parse(question, asked=LocalTime(asked_at.astimezone(UTC), timezone))


class TimeGrammar:
    """Reads the times in questions of one language."""

    def __init__(self, words: TimeWords) -> None:
        self._words = words
        self._times = Times(words)
        self._traps = Traps(words)
        self._events = Events(words)
        self._to = compile_text(rf" ?(?:{words.to}) ?(?:{words.article})?")
        self._list_joint = compile_text(rf" ?(?:{words.list_joint}) (?:{words.article})?")
        self._tails = [(lead, compile_text(tail)) for lead, tail in words.tails.items()]
        self._edition = compile_text(words.traps.edition)
        self._past_form = compile_text(words.tense.past_form)
        self._past_ending = re.compile(words.tense.past_ending)
        self._present_form = compile_text(words.tense.present_form)
        self._joint = " " if words.is_spaced else ""

    def parse(self, question: str, *, asked: LocalTime) -> TimeIntent:
        """Return what the question says about time."""
        at = asked.local
        text = question.translate(_PLAIN)
        times = self.times(text, asked=asked)
        start, end = asked_sentence(text)
        asks = self._events.asks(text[start:end])
        event = self._events.event(text, times)
        ordinal = self._events.ordinal(text, times, event)
        if event is not None:
            times = _related(times, event)
        times = [time for time in times if not self._traps.tells_last_time(text, time)]
        is_present = self._is_present(text[start:end])
        own = [time for time in times if start <= time.start < end]
        if asks is AskedFor.TIME:
            times = [time for time in own if time.restricts]
        else:  # What is asked in the present tense is not about a time before that is over.
            times = own or [time for time in times if time.span.end > at or not is_present]
        intent = self._of_time(question, times, asked)
        if not times and event is None and is_present and _may_be_now(asks, ordinal):
            intent = replace(
                intent,
                relation=TimeRelation.NOW,
                window=instant_interval(asked.at),
                precision=Precision.SECOND,
            )
        anchor = event.anchor if event else None
        return replace(intent, asks=asks, ordinal=ordinal, anchor=anchor)

    def times(self, text: str, *, asked: LocalTime) -> list[Found]:
        """Every time in a text, left to right, in the local time of `asked`."""
        plain = text.translate(_PLAIN)
        return self._drop_traps(plain, self._join_all(plain, self._scan(plain, asked.local)))

    def _of_time(self, question: str, times: list[Found], asked: LocalTime) -> TimeIntent:
        """What the time says that tells most; no time where there is none."""
        if not times:
            return TimeIntent(relation=TimeRelation.NONE, window=None, topic=_tidy(question))
        chosen = max(times, key=lambda time: time.rank)
        relation, window = _meaning(chosen, asked.local)
        is_now = relation is TimeRelation.NOW
        return TimeIntent(
            relation=relation,
            window=instant_interval(asked.at) if is_now else asked.in_utc(window),
            phrase=question[chosen.start : chosen.end],
            topic=self._topic(question, times, chosen),
            precision=chosen.precision,
        )

    def _scan(self, text: str, at: datetime) -> list[Found]:
        """Every time in the text, left to right; partial ones are still to be confirmed."""
        found = []
        position = 0
        lower = _lower(text)
        while match := self._times.search(lower, position):
            position = match.end()
            time = self._times.read(match, at)
            if time is None:
                continue
            if time.pattern.kind is Kind.DATE and self._traps.catch(text, time):
                first_word = _WORD.match(text, time.date_start)
                position = first_word.end() if first_word else position
                continue
            if time.may_name_edition and self._edition.match(text, time.end):
                time = time.bound()
            time = self._with_tail(text, time)
            position = max(position, time.end)
            found.append(time)
        return found

    def _with_tail(self, text: str, time: Found) -> Found:
        """The same time with the words after it that do what a preposition does."""
        if not time.takes_tail:
            return time
        for lead, regex in self._tails:
            if tail := regex.match(text, time.date_end):
                return replace(time, lead=lead, end=tail.end(), is_bound=False)
        return time

    def _join_all(self, text: str, found: list[Found]) -> list[Found]:
        """Make one time of the two ends of a range, and of the dates in a list."""
        joined: list[Found] = []
        for time in found:
            both = self._join(text, joined[-1], time) if joined else None
            if both is None:
                joined.append(time)
            else:
                joined[-1] = both
        return joined

    def _join(self, text: str, first: Found, last: Found) -> Found | None:
        gap = text[first.end : last.start]
        if last.lead is None:
            is_range = self._to.fullmatch(gap) is not None
        else:
            begins = first.lead in (Lead.FROM, Lead.SINCE, Lead.AFTER)
            ends = last.lead in (Lead.UNTIL, Lead.BEFORE)
            is_range = begins and ends and _BUT.fullmatch(gap) is not None
        is_list = (
            last.lead is None
            and self._list_joint.fullmatch(gap) is not None
            and (first.lead is Lead.BETWEEN or first.is_like(last))
        )
        if not (is_range or is_list) or first.pattern.reads == "now" or first.lead in _ENDING_LEADS:
            return None
        if Kind.PARTIAL is first.pattern.kind is last.pattern.kind and first.lead is None:
            return None
        return _join_ends(first, last)

    def _drop_traps(self, text: str, found: list[Found]) -> list[Found]:
        return [
            time
            for time in found
            if time.is_range
            or time.pattern.kind is Kind.DATE
            or not (
                (time.pattern.kind is Kind.PARTIAL and time.lead in (None, Lead.OF))
                or self._traps.catch(text, time)
            )
        ]

    def _is_present(self, text: str) -> bool:
        """Whether the first finite verb is in the present or future tense."""
        if self._past_form.search(text):
            return False
        tense = self._words.tense
        for word in _WORD_OR_CONTRACTION.findall(text):
            lower = word.lower()
            if lower in tense.present:
                return True
            if lower in tense.past or self._past_ending.fullmatch(word):
                return False
        return self._present_form.search(text) is not None

    def _topic(self, question: str, times: list[Found], chosen: Found) -> str:
        """The question without the time chosen, or all of it where the time names its subject."""
        if chosen.is_bound:
            return _tidy(question)
        topic = question
        for time in reversed(times):
            if time is chosen or (chosen.rank == 0 and time.rank == 0):
                topic = self._cut(topic, time.start, time.end)
        return _tidy(topic) if _WORD.search(topic) else _tidy(question)

    def _cut(self, text: str, start: int, end: int) -> str:
        before, after = text[:start].rstrip(), text[end:].lstrip()
        if not before:
            after = after.lstrip(" ,:;-\uff0c\u3001")
            return after[:1].upper() + after[1:]
        if before.endswith(",") and after.startswith(","):
            before, after = before[:-1], after[1:]
        return f"{before}{self._joint}{after}"


def _may_be_now(asks: AskedFor, ordinal: Ordinal | None) -> bool:
    """Whether what is asked for can be what holds when it is asked."""
    leads_away = ordinal is not None and (
        ordinal.counted_from is not CountedFrom.TIME or ordinal.place < 0
    )
    return asks is AskedFor.FACT and not leads_away


def _related(times: list[Found], event: Event) -> list[Found]:
    """The times of a question, those of its event as the event relates to it."""
    if event.ordinal is not None:
        return times
    return [event.related(time) if event.dates(time) else time for time in times]


def _join_ends(first: Found, last: Found) -> Found | None:
    """The range from one time to another; a missing year is taken from the other end."""
    begin, end = first.span, last.span
    last_is_partial = last.pattern.kind is Kind.PARTIAL and last.pattern.reads != "now"
    try:
        if first.pattern.kind is Kind.PARTIAL and last.pattern.reads != "now":
            latest = end.end - timedelta(microseconds=1)
            begin = READINGS[first.pattern.reads].span(first.values, latest)
        elif last_is_partial:
            end = READINGS[last.pattern.reads].span(last.values, begin.start + timedelta(days=365))
    except (ValueError, OverflowError):
        return None
    starts = begin.end if first.lead is Lead.AFTER else begin.start
    ends = end.start if last.lead is Lead.BEFORE else end.end
    return replace(
        first,
        end=last.end,
        date_end=last.date_end,
        span=Interval(starts, ends) if starts <= ends else Interval(end.start, begin.end),
        is_range=True,
        precision=min(first.precision, last.precision, key=lambda precision: precision.exactness),
    )


def _meaning(time: Found, at: datetime) -> tuple[TimeRelation, Interval]:
    """The relation and the window of the time that was chosen."""
    span = time.span
    if time.is_range:
        return TimeRelation.DURING, span
    match time.lead:
        case Lead.BEFORE:
            return TimeRelation.BEFORE, Interval(MIN_TIME, span.start)
        case Lead.UNTIL:
            return TimeRelation.BEFORE, Interval(MIN_TIME, span.end)
        case Lead.AFTER:
            return TimeRelation.AFTER, Interval(span.end, at if span.end <= at else MAX_TIME)
        case Lead.FROM if span.start > at:
            return TimeRelation.SINCE, Interval(span.start, MAX_TIME)
        case Lead.SINCE:
            return TimeRelation.SINCE, Interval(span.start, at if span.start <= at else MAX_TIME)
        case _:
            is_now = time.pattern.reads == "now"
            return TimeRelation.NOW if is_now else TimeRelation.DURING, span


def _tidy(text: str) -> str:
    text = _EMPTY_BRACKETS.sub(" ", " ".join(text.split()))
    text = _COMMA_BEFORE_END.sub("", " ".join(text.split()))
    return _SPACE_BEFORE_POINT.sub("", text)


def _lower(text: str) -> str:
    """The text in lower case, character by character."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower()[:1] for c in text)


@cache
def _grammar(language: str) -> TimeGrammar:
    return TimeGrammar(languages()[language])


_PLAIN = str.maketrans(
    "\u00a0\u2009\u202f\u3000\t\n\r\u2010\u2011\u2012\u2212\uff5e\u301c\u2018\u2019\u017f\u212a\u0130\u0131"
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "       --\u2013-\u2013\u2013''skii0123456789",
)
"""Spaces, hyphens, apostrophes, letters and digits that only look different, one for one."""

_ENDING_LEADS = (Lead.BEFORE, Lead.UNTIL)
_WORD = re.compile(r"\w+")
_WORD_OR_CONTRACTION = re.compile(r"\w+(?:'\w+)?")
_BUT = re.compile(r" *(?:(?:and|but) *)?")
_EMPTY_BRACKETS = re.compile(r"\( ?\)|\[ ?\]")
_COMMA_BEFORE_END = re.compile(r" ?, ?(?=[?.!]?$)")
_SPACE_BEFORE_POINT = re.compile(r" (?=[?.!,;:)])")

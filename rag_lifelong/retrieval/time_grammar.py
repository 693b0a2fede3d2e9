"""What a question says about time: "in March 2019", "since last year", "currently".

A small grammar without models or libraries: one pass over the question finds every time in it, a
few rules choose the one that restricts the answer. All times are half-open UTC intervals, and
what is relative counts from the time the question is asked. The words are in `time_words`.

How the words are read, where there is a choice:

* `before X` ends at the start of X; `until X` and `by X` end at its end; `after X` starts at its
  end; `since X` and `X onwards` start at its start and reach to now.
* `from X to Y`, `between X and Y` and `X-Y` hold both ends whole. "2018-19" is both years;
  "2010-11" is November 2010 unless a word such as "season" follows.
* early, mid and late are thirds of the period in whole months; "2 months ago" is that whole
  calendar month; "in the past 2 months" reaches back from now.
* "1800s" is the century, "1890s" and "2000s" the decade, "the 19th century" 1800 to 1899.
* Seasons are those of the northern hemisphere; a winter has the year it begins in.
* A month, day or weekday without its year is the most recent that has begun.
* A year that belongs to a noun ("the 2014 World Cup") is the window, and stays in the topic: it
  names the edition.
* Of several times: `as of`, then a range, a date with a preposition, a relative time, the year of
  an edition, and "now"; of equals, the first.
* Without any time: the present or future tense asks about now, the past tense about no known time.
* A question that asks for a time ("When ...", "What year ...", "How long ...") has no window,
  unless a date with a preposition or a relative time restricts it.

Read wrongly, and known: a title that is a year after a preposition ("Who is Julia in 1984?"); a
month before a capital letter ("in March Germany lost") is taken for a name, a lower-case one for
a month ("in march formation"). Not read at all: dates such as 5/6/2021, habits ("in summer", "at
Christmas"), times that only an event tells ("after the war"), the years in "two years before 2010".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from rag_lifelong.retrieval import time_calendar as cal
from rag_lifelong.retrieval.time_readings import READINGS
from rag_lifelong.retrieval.time_words import ENGLISH, Kind, Lead, Pattern, TimeWords
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, instant_interval
from rag_lifelong.types import TimeIntent, TimeRelation


def parse_time_intent(question: str, *, asked_at: datetime) -> TimeIntent:
    """Return what an English question says about time, as understood at `asked_at`.

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
    >>> parse_time_intent("When was she born?", asked_at=may).relation.value
    'none'

    Raises:
        ValueError: If `asked_at` is naive.
    """
    return _english().parse(question, asked_at=asked_at)


class TimeGrammar:
    """Reads the times in questions of one language."""

    def __init__(self, words: TimeWords) -> None:
        self._words = words
        self._times = _compile_times(words)
        self._to = _compile(rf" ?(?:{words.to}) ?(?:{words.article})?")
        self._list_joint = _compile(rf" ?(?:{words.list_joint}) (?:{words.article})?")
        self._onwards = _compile(words.onwards)
        self._label = _compile(words.number_labels)
        self._counted = _compile(words.counted)
        self._edition = _compile(words.edition)
        self._clause_start = _compile(words.clause_start)
        self._asks_time = _compile(words.asks_time)
        self._past_ending = re.compile(words.past_ending)
        self._present_verb = _compile(words.present_verb)
        self._traps: dict[str, Callable[[str, _Found], bool]] = {
            "year": self._is_number,
            "surname": self._is_surname,
            "month": self._is_name_or_verb,
            "capital": _is_capitalised,
        }

    def parse(self, question: str, *, asked_at: datetime) -> TimeIntent:
        """Return what the question says about time, as understood at `asked_at`.

        Raises:
            ValueError: If `asked_at` is naive.
        """
        if asked_at.tzinfo is None:
            raise ValueError(f"asked_at is naive: {asked_at}")
        at = asked_at.astimezone(UTC)
        text = question.translate(_PLAIN)
        found = self._drop_traps(text, self._join_all(text, self._scan(text, at)))
        asks_time = self._asks_time.search(text) is not None
        if asks_time:
            found = [time for time in found if time.restricts]
        if not found:
            is_now = not asks_time and self._is_present(text)
            return TimeIntent(
                relation=TimeRelation.NOW if is_now else TimeRelation.NONE,
                window=instant_interval(at) if is_now else None,
                topic=_tidy(question),
            )
        chosen = max(found, key=lambda time: time.rank)
        relation, window = _meaning(chosen, at)
        return TimeIntent(
            relation=relation,
            window=window,
            phrase=question[chosen.start : chosen.end],
            topic=_topic(question, found, chosen),
        )

    def _scan(self, text: str, at: datetime) -> list["_Found"]:
        """Every time in the text, left to right; partial ones are still to be confirmed."""
        found = []
        position = 0
        while match := self._times.regex.search(text, position):
            position = match.end()
            time = self._times.read(match, at)
            if time is None:
                continue
            if time.pattern.kind is Kind.DATE and self._is_trap(text, time):
                first_word = _WORD.match(text, time.date_start)
                position = first_word.end() if first_word else position
                continue
            if time.is_edition_year and self._edition.match(text, time.end):
                time = time.bound()
            if (onwards := self._onwards.match(text, time.end)) and time.can_begin:
                time = replace(time, lead=Lead.SINCE, end=onwards.end())
            found.append(time)
        return found

    def _join_all(self, text: str, found: list["_Found"]) -> list["_Found"]:
        """Make one time of the two ends of a range, and of the dates in a list."""
        joined: list[_Found] = []
        for time in found:
            both = self._join(text, joined[-1], time) if joined else None
            if both is None:
                joined.append(time)
            else:
                joined[-1] = both
        return joined

    def _join(self, text: str, first: "_Found", last: "_Found") -> "_Found | None":
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

    def _drop_traps(self, text: str, found: list["_Found"]) -> list["_Found"]:
        return [
            time
            for time in found
            if time.is_range
            or time.pattern.kind is Kind.DATE
            or not (
                (time.pattern.kind is Kind.PARTIAL and time.lead in (None, Lead.OF))
                or self._is_trap(text, time)
            )
        ]

    def _is_trap(self, text: str, time: "_Found") -> bool:
        trap = time.pattern.trap
        return bool(trap) and self._traps[trap](text, time)

    def _is_number(self, text: str, time: "_Found") -> bool:
        """Whether the year is a count, a label or a title."""
        start, end = time.date_start, time.date_end
        before, after = text[max(0, start - _LOOK_BACK) : start], text[end : end + 1]
        if before[-1:] in _QUOTES and after in _QUOTES and before and after:
            return True
        if self._counted.match(text, end) or self._label.search(before):
            return True
        if time.lead is None and not time.has_part and before.endswith("-"):
            return True
        if start > len(words := self._words.article) and before.endswith(words.capitalize()):
            return True
        in_future = time.values["year"] > time.asked_year and time.lead in (None, Lead.OF)
        return in_future and _CAPITALISED_END.search(before) is not None

    def _is_surname(self, text: str, time: "_Found") -> bool:
        """Whether the month and year are a name and a year, as in "Theresa May 2017"."""
        return (
            time.lead is None
            and time.values["month"] in self._words.surname_months
            and _NAME_END.search(text[max(0, time.date_start - _LOOK_BACK) : time.date_start])
            is not None
        )

    def _is_name_or_verb(self, text: str, time: "_Found") -> bool:
        """Whether the bare month, day or weekday is more likely a name, an event or a verb."""
        month = time.values.get("month")
        word = text[time.date_start : time.date_end].split()[-1]
        if time.pattern.kind is Kind.RELATIVE:
            is_verb = time.values["which"] == 0 and month in self._words.verb_months
            return (is_verb and word.islower()) or _CAPITAL_NEXT.match(text, time.end) is not None
        if time.lead in (Lead.DURING, Lead.AS_OF) or "day" in time.values:
            return _CAPITAL_NEXT.match(text, time.end) is not None
        return self._clause_start.match(text, time.end) is None

    def _is_present(self, text: str) -> bool:
        """Whether the first finite verb is in the present or future tense."""
        for word in _WORD_OR_CONTRACTION.findall(text):
            lower = word.lower()
            if lower in self._words.present:
                return True
            if lower in self._words.past or self._past_ending.fullmatch(word):
                return False
        return self._present_verb.search(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A time in a text: where it stands, what it means, and how it was read."""

    start: int
    end: int
    date_start: int
    """Where the date begins, after the preposition."""
    date_end: int
    """Where the date ends, before a possessive or "onwards"."""
    span: Interval
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
        return self.pattern.kind is not Kind.NOW and not self.is_bound

    @property
    def can_begin(self) -> bool:
        """Whether "onwards" may follow."""
        if self.lead is None:
            return self.pattern.kind is Kind.DATE
        return self.lead in (Lead.FROM, Lead.DURING) and self.pattern.kind is not Kind.NOW

    @property
    def rank(self) -> int:
        """The higher, the more it tells which time is meant."""
        if self.pattern.reads == "now" and self.lead in (None, Lead.AS_OF, Lead.DURING):
            return 0
        if self.lead is Lead.AS_OF:
            return 5
        if self.is_bound:
            return 1
        if self.is_range:
            return 4
        return 2 if self.pattern.kind is Kind.RELATIVE and self.lead is None else 3

    @property
    def is_edition_year(self) -> bool:
        """Whether it is a year after "in", and may name an edition: "in 2014 world cup"."""
        return self.pattern.trap == "year" and self.lead is Lead.DURING and not self.has_part

    def bound(self) -> "_Found":
        """The same time as part of the noun that follows, without its preposition."""
        return replace(self, start=self.date_start, lead=None, is_bound=True)

    def is_like(self, other: "_Found") -> bool:
        """Whether both are dates of one kind, so that "and" makes a list of them."""
        return (
            self.pattern.reads == other.pattern.reads
            and self.pattern.kind is other.pattern.kind is Kind.DATE
            and self.lead in (None, Lead.DURING, Lead.OF)
        )


@dataclass(frozen=True, slots=True)
class _Times:
    """The compiled patterns of a language."""

    regex: re.Pattern[str]
    words: TimeWords
    slots: tuple[tuple[tuple[str, str, str], ...], ...]
    """For each pattern its slots: the group, the name of the value, its table."""

    def read(self, match: re.Match[str], at: datetime) -> _Found | None:
        """The time a match means, or None if there is no such date."""
        number = int((match.lastgroup or "_0")[1:])
        pattern = self.words.patterns[number]
        part = match["part"]
        try:
            values = {
                name: self._value(table, match[group])
                for group, name, table in self.slots[number]
                if match[group]
            }
            span = READINGS[pattern.reads](values, at)
            if part:
                span = cal.part_of(span, *self.words.parts[_key(part)])
        except (ValueError, OverflowError):
            return None
        lead = self.words.leads[_key(match["lead"])] if match["lead"] else None
        after_lead = match.end("lead") if lead else match.start()
        date_start, date_end = match.span(f"_{number}")
        is_bound = False
        if pattern.kind is Kind.DATE:
            if article := match.groupdict().get(f"article_{number}"):
                after_lead = date_start = date_start + len(article)
            no_lead = lead in (None, Lead.OF) and not part
            is_bound = article is not None or no_lead
        serves_noun = is_bound or match.end() > date_end  # A possessive follows.
        if not pattern.takes_lead or (serves_noun and lead in _WEAK_LEADS):
            lead = None
        return _Found(
            start=match.start() if lead else after_lead,
            end=match.end(),
            date_start=date_start,
            date_end=date_end,
            span=span,
            lead=lead,
            pattern=pattern,
            values=values,
            asked_year=at.year,
            has_part=bool(part),
            is_bound=is_bound,
        )

    def _value(self, table: str, text: str) -> int:
        value = self.words.values.get(table, {}).get(_key(text))
        return int(text.replace(",", "")) if value is None else value


def _compile_times(words: TimeWords) -> _Times:
    """One regular expression: a preposition, a part and one of the patterns."""
    bodies, slots = [], []
    for number, pattern in enumerate(words.patterns):
        found: list[tuple[str, str, str]] = []

        def group(
            slot: re.Match[str], number: int = number, found: list[tuple[str, str, str]] = found
        ) -> str:
            name, table = slot[1], slot[2] or slot[1]
            if table in words.fillers:
                return words.fillers[table]
            found.append((f"{name}_{number}", name, table))
            choices = _any_of(words.values.get(table, {}))
            digits = words.numbers.get(table)
            return f"(?P<{name}_{number}>{'|'.join(filter(None, (choices, digits)))})"

        body = _SLOT.sub(group, pattern.text)
        has_article = pattern.text.startswith((words.article, f"(?:{words.article})?"))
        is_date = pattern.kind is Kind.DATE
        article = f"(?P<article_{number}>{words.article})?" if is_date and not has_article else ""
        bodies.append(f"(?P<_{number}>{article}(?:{body}))")
        slots.append(tuple(found))
    leads = "|".join(
        _escape(lead) if lead.endswith("-") else f"{_escape(lead)} "
        for lead in sorted(words.leads, key=len, reverse=True)
    )
    parts = _any_of(words.parts)
    return _Times(
        _compile(
            rf"(?<![\w/#$\u20ac\u00a3\u00a5@])(?<![0-9][.,:])(?=[\w'])(?:(?P<lead>{leads}))?"
            rf"(?:(?:{words.article})?(?P<part>{parts})[ -](?:{words.article})?)?"
            rf"(?:{'|'.join(bodies)})(?!\w)(?![.,:/][0-9])(?:'s(?!\w))?"
        ),
        words,
        tuple(slots),
    )


def _any_of(choices: Mapping[str, object]) -> str:
    return "|".join(_escape(choice) for choice in sorted(choices, key=len, reverse=True))


def _escape(words: str) -> str:
    return re.escape(words).replace(r"\ ", " ")


def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in the notation of `time_words`."""
    spaced = _SPACE.sub(lambda part: _SPACES.get(part[0], part[0]), pattern)
    return re.compile(spaced.replace("~", "[-\u2013]"), re.IGNORECASE)


def _key(text: str) -> str:
    return " ".join(text.split()).lower()


def _is_capitalised(text: str, time: _Found) -> bool:
    """Whether it is a word of a name, as in "USA Today"."""
    starts_text = not text[: time.date_start].strip()
    return text[time.date_start].isupper() and not starts_text and not text.isupper()


def _join_ends(first: _Found, last: _Found) -> _Found | None:
    """The range from one time to another; a missing year is taken from the other end."""
    begin, end = first.span, last.span
    last_is_partial = last.pattern.kind is Kind.PARTIAL and last.pattern.reads != "now"
    try:
        if first.pattern.kind is Kind.PARTIAL and last.pattern.reads != "now":
            begin = READINGS[first.pattern.reads](first.values, end.end - timedelta(microseconds=1))
        elif last_is_partial:
            end = READINGS[last.pattern.reads](last.values, begin.start + timedelta(days=365))
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
    )


def _meaning(time: _Found, at: datetime) -> tuple[TimeRelation, Interval]:
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
        case Lead.SINCE:
            return TimeRelation.SINCE, Interval(span.start, at if span.start <= at else span.end)
        case _:
            is_now = time.pattern.reads == "now"
            return TimeRelation.NOW if is_now else TimeRelation.DURING, span


def _topic(question: str, found: list[_Found], chosen: _Found) -> str:
    """The question without the time chosen, or all of it where the time names its subject."""
    if chosen.is_bound:
        return _tidy(question)
    topic = question
    for time in reversed(found):
        if time is chosen or (chosen.rank == 0 and time.rank == 0):
            topic = _cut(topic, time.start, time.end)
    return _tidy(topic) if _WORD.search(topic) else _tidy(question)


def _cut(text: str, start: int, end: int) -> str:
    before, after = text[:start].rstrip(), text[end:].lstrip()
    if not before:
        after = after.lstrip(" ,:;-")
        return after[:1].upper() + after[1:]
    if before.endswith(",") and after.startswith(","):
        before, after = before[:-1], after[1:]
    return f"{before} {after}"


def _tidy(text: str) -> str:
    text = _EMPTY_BRACKETS.sub(" ", " ".join(text.split()))
    text = _COMMA_BEFORE_END.sub("", " ".join(text.split()))
    return _SPACE_BEFORE_POINT.sub("", text)


@cache
def _english() -> TimeGrammar:
    return TimeGrammar(ENGLISH)


_PLAIN = str.maketrans(
    "\u00a0\u2009\u202f\t\n\r\u2010\u2011\u2012\u2212\u2018\u2019\u017f\u212a\u0130\u0131",
    "      --\u2013-''skii",
)
"""Spaces, hyphens, apostrophes and letters that only look different, one for one."""

_WEAK_LEADS = (Lead.OF, Lead.DURING, Lead.FROM)
"""After these, a date that belongs to a noun needs no preposition to be understood."""
_ENDING_LEADS = (Lead.BEFORE, Lead.UNTIL)

_SLOT = re.compile(r"<(\w+)(?::(\w+))?>")
_SPACE = re.compile(r"\[[^\]]*\]|\(\?<[!=][^)]*\)| \?| ")
_SPACES = {" ?": " *", " ": " ++"}
_WORD = re.compile(r"\w+")
_WORD_OR_CONTRACTION = re.compile(r"\w+(?:'\w+)?")
_BUT = re.compile(r" *(?:(?:and|but) *)?")
_QUOTES = "\"'\u201c\u201d\u00ab\u00bb"
_LOOK_BACK = 40
_CAPITAL_NEXT = re.compile(r"\s+(?!I\b)[^\W\d_a-z]")
_CAPITALISED_END = re.compile(r"\b[A-Z]\w*[ -]$")
_NAME_END = re.compile(r"\b[A-Z][a-z]+ $")
_EMPTY_BRACKETS = re.compile(r"\( ?\)|\[ ?\]")
_COMMA_BEFORE_END = re.compile(r" ?, ?(?=[?.!]?$)")
_SPACE_BEFORE_POINT = re.compile(r" (?=[?.!,;:)])")

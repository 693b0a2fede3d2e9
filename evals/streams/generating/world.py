"""The facts of a generated world, and when each is told: before any document is written.

A story is one relation of one thing over the whole stream. Its values change at most once in a
period, on days that leave room around them, so that whole days, months and years lie inside the
time of each value and questions about them have one right answer. Each name is the value of one
story alone, so that it also leads back to its subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count, cycle, pairwise
from random import Random

from evals.streams.generating.names import Kind, Names
from evals.streams.generating.relations import Course, Relation, Style, relations_of
from evals.streams.generating.told_words import in_words, statement
from evals.types import Fact
from rag_lifelong.temporal import Interval

_RELATIONS_EACH = 3
_KINDS = (Kind.COMPANY, Kind.TOWN, Kind.CLUB, Kind.LABORATORY)


class Step(StrEnum):
    """How a value first comes up in a document."""

    SINCE = "since"
    """As what has held for years."""
    FIRST = "first"
    """As the first value ever, with its day."""
    BEGAN = "began"
    """With the day it began."""
    TODAY = "today"
    """As beginning on the day the document is published."""
    RETURNED = "returned"
    """As what held before and does again, with the day."""
    REVEALED = "revealed"
    """As what has held, unnoticed, from a day in an earlier period on."""
    ANNOUNCED = "announced"
    """As what will hold from a day in a later period on."""


@dataclass(frozen=True, slots=True)
class _Timing:
    """When a value begins and when it is told."""

    began: datetime
    published_at: datetime
    arrives: int
    told_at: datetime | None = None
    """Where that is not when it was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One value of a story, and how it is told."""

    fact: Fact
    step: Step
    published_at: datetime
    """Of the first document that states it."""
    arrives: int
    """The period whose documents have that one among them, counted from 0."""
    ended_at: datetime | None = None
    """When the document was published that says it has ended, if there is one for that alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One relation of one thing, with its values over time."""

    story_id: str
    relation: Relation
    subject: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Untold:
    """Something no document tells."""

    subject: str
    relation: Relation
    period: int
    """In which it is asked."""


@dataclass(frozen=True, slots=True)
class World:
    """All there is, and what is asked although no document tells it."""

    stories: tuple[Story, ...]
    untold: tuple[Untold, ...]
    spans: tuple[Interval, ...]
    """The periods."""

    def period_of(self, moment: datetime) -> int:
        """The first period by whose end a moment has come, counted from 0."""
        return next(i for i, span in enumerate(self.spans) if moment <= span.end)


class WorldMaker:
    """Makes stories, each name in them new."""

    def __init__(self, draw: Random, spans: Sequence[Interval]) -> None:
        self._draw = draw
        self._spans = tuple(spans)
        self._names = Names(draw)
        self._courses = {style: count() for style in Style}
        self._ids = count(1)

    def world(self, facts: int) -> World:
        """A world of so many stories."""
        stories: list[Story] = []
        untold: list[Untold] = []
        for kind in cycle(_KINDS):
            if len(stories) >= facts:
                break
            subject = self._names.new(kind)
            mixed = self._draw.sample(relations_of(kind), k=len(relations_of(kind)))
            told = mixed[: min(_RELATIONS_EACH, facts - len(stories))]
            begun = [self._story(subject, relation) for relation in told]
            stories.extend(begun)
            first = min(story.turns[0].arrives for story in begun)
            stranger = self._names.like(subject, kind)
            untold.append(Untold(subject, mixed[-1], self._draw.randrange(first, self._n)))
            untold.append(Untold(stranger, mixed[0], self._draw.randrange(self._n)))
        return World(tuple(stories), tuple(untold), self._spans)

    def lookalike(self, story: Story, period: int) -> Story:
        """The same relation of something with a similar name, told in a period."""
        relation = story.relation
        like = story.turns[0].fact.value
        value = self._names.like(like, relation.values) if relation.values else None
        subject = self._names.like(story.subject, relation.of)
        turn = self._first_turn(subject, relation, period, value=value)
        story_id = f"x{next(self._ids):04d}"
        return Story(story_id=story_id, relation=relation, subject=subject, turns=(turn,))

    @property
    def _n(self) -> int:
        return len(self._spans)

    def _story(self, subject: str, relation: Relation) -> Story:
        turns = (
            self._one_at_a_time(subject, relation)
            if relation.is_functional
            else self._many_at_once(subject, relation)
        )
        story_id = f"f{next(self._ids):04d}"
        return Story(story_id=story_id, relation=relation, subject=subject, turns=turns)

    def _one_at_a_time(self, subject: str, relation: Relation) -> tuple[Turn, ...]:
        """Values each of which ends the one before."""
        number = next(self._courses[relation.style])
        course = relation.courses[number % len(relation.courses)]
        first = self._first_period(course.later_periods)
        turns = [self._first_turn(subject, relation, first)]
        steps = self._steps(course, self._n - 1 - first)
        times = max(len(steps), course.later_periods)
        later = sorted(self._draw.sample(range(first + 1, self._n), k=times))
        for i, step in enumerate(steps):
            used = [turn.fact.value for turn in turns]
            value = used[0] if step is Step.RETURNED else self._value(relation, but=used)
            turns.append(_turn(subject, relation, value, step, self._change(course, later[i:])))
        return (*(_ended(old, new) for old, new in pairwise(turns)), turns[-1])

    def _steps(self, course: Course, room: int) -> list[Step]:
        """How the values after the first come up, in at most so many later periods."""
        match course:
            case Course.STABLE:
                return []
            case Course.UPDATED:
                times = self._draw.randint(1, min(3, room))
                return [self._draw.choice((Step.BEGAN, Step.TODAY)) for _ in range(times)]
            case Course.REVERTED:
                return [Step.BEGAN, Step.RETURNED]
            case Course.RETROACTIVE:
                return [Step.REVEALED]
            case Course.ANNOUNCED:
                return [Step.ANNOUNCED]
            case Course.LATE:
                return [Step.BEGAN]

    def _change(self, course: Course, later: Sequence[int]) -> _Timing:
        """A change in the first of the periods; what drags on does so until the second."""
        day = self._day(later[0])
        match course:
            case Course.RETROACTIVE:
                return _Timing(day, self._hour(self._day(later[1])), later[1])
            case Course.ANNOUNCED:
                return _Timing(self._day(later[1]), self._hour(day), later[0])
            case Course.LATE:
                arrival = self._spans[later[1]].end
                return _Timing(day, self._hour(day), later[1], told_at=arrival)
            case _:
                return _Timing(day, self._hour(day), later[0])

    def _many_at_once(self, subject: str, relation: Relation) -> tuple[Turn, ...]:
        """Two values that hold from the start; more join, and some leave."""
        first = self._first_period(0)
        turns = [self._first_turn(subject, relation, first) for _ in range(2)]
        room = range(first + 1, self._n)
        for period in sorted(self._draw.sample(room, k=self._draw.randint(0, min(3, len(room))))):
            present = [i for i, turn in enumerate(turns) if turn.fact.valid_to is None]
            day = self._day(period)
            published = self._hour(day)
            if len(present) > 1 and self._draw.random() < 0.5:
                i = self._draw.choice(present)
                fact = replace(turns[i].fact, valid_to=day, end_told_at=published)
                turns[i] = replace(turns[i], fact=fact, ended_at=published)
            else:
                timing = _Timing(day, published, period)
                value = self._value(relation)
                turns.append(_turn(subject, relation, value, Step.BEGAN, timing))
        return tuple(turns)

    def _first_turn(
        self, subject: str, relation: Relation, period: int, *, value: str | None = None
    ) -> Turn:
        """The value a story begins with."""
        steps = [Step.SINCE, Step.SINCE, Step.BEGAN]
        if relation.is_functional:
            steps.append(Step.TODAY)
        if relation.style in (Style.OFFICE, Style.PLACE):
            steps += [Step.FIRST, Step.FIRST]
        step = self._draw.choice(steps)
        day = self._day(period)
        began = day
        if step is Step.SINCE and relation.style is not Style.SCHEDULE:
            began -= timedelta(days=self._draw.randint(200, 3000))
        elif step is Step.SINCE:
            began -= timedelta(days=self._draw.randint(30, 300))
        timing = _Timing(began, self._hour(day), period)
        return _turn(subject, relation, value or self._value(relation), step, timing)

    def _first_period(self, later: int) -> int:
        """A period with so many after it; every other time the first."""
        return self._draw.randrange(self._n - later) if self._draw.random() < 0.5 else 0

    def _day(self, period: int) -> datetime:
        """A day of a period, neither its first nor one of its last four."""
        span = self._spans[period]
        return span.start + timedelta(days=self._draw.randint(1, (span.end - span.start).days - 5))

    def _hour(self, day: datetime) -> datetime:
        return day + timedelta(minutes=self._draw.randint(6 * 60, 20 * 60))

    def _value(self, relation: Relation, *, but: Sequence[str] = ()) -> str:
        """A value that is none of those."""
        value = self._any_value(relation)
        while value in but:
            value = self._any_value(relation)
        return value

    def _any_value(self, relation: Relation) -> str:
        if relation.values is not None:
            return self._names.new(relation.values)
        match relation.style:
            case Style.COUNT:
                return f"{self._draw.randint(1_000, 60_000):,}"
            case Style.PRICE:
                return str(self._draw.randint(101, 989))
            case _:
                ahead = timedelta(days=self._draw.randint(30, 900))
                return in_words(self._spans[-1].end + ahead)


def _turn(subject: str, relation: Relation, value: str, step: Step, timing: _Timing) -> Turn:
    fact = Fact(
        subject=subject,
        relation=relation.noun,
        value=value,
        valid_from=timing.began,
        told_at=timing.told_at or timing.published_at,
        statement=statement(relation, subject, value),
        aliases=_aliases(relation, value),
    )
    return Turn(fact=fact, step=step, published_at=timing.published_at, arrives=timing.arrives)


def _aliases(relation: Relation, value: str) -> tuple[str, ...]:
    """The value with its unit, as every document writes it."""
    match relation.style:
        case Style.COUNT:
            return (f"{value} {relation.noun}",)
        case Style.PRICE:
            return (f"{value} crowns",)
        case _:
            return ()


def _ended(old: Turn, new: Turn) -> Turn:
    """The turn as the next one ends it."""
    ended = replace(old.fact, valid_to=new.fact.valid_from, end_told_at=new.fact.told_at)
    return replace(old, fact=ended)

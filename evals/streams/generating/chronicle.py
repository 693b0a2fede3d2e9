"""A story once it is told: its facts with their documents, and what is right at any time of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from evals.streams.generating.telling import Library
from evals.streams.generating.world import Story, World
from evals.types import Cohort, Example, Fact, Form
from rag_lifelong.temporal import MAX_TIME, Interval


class Chronicle:
    """The facts of a story.

    Attributes:
        story: What was told.
        facts: Its values over time with the documents that state them, in the order of the story.
        recalled: For each fact, documents that name it as what held before the next.
    """

    def __init__(self, story: Story, world: World, library: Library) -> None:
        self._world = world
        self.story = story
        self.facts = tuple(
            replace(turn.fact, doc_ids=library.stating[story.story_id, i])
            for i, turn in enumerate(story.turns)
        )
        self.recalled = tuple(
            library.recalling.get((story.story_id, i), ()) for i, _ in enumerate(story.turns)
        )

    @property
    def cluster(self) -> str:
        """What questions about the same thing share."""
        return f"{self.story.subject} / {self.story.relation.noun}"

    @property
    def first_period(self) -> int:
        """The period that first tells of it."""
        return self.story.turns[0].arrives

    @property
    def stretches(self) -> tuple[Interval, ...]:
        """The times between changes, up to the end of the stream."""
        changes = {fact.valid_from for fact in self.facts}
        changes |= {fact.valid_to for fact in self.facts if fact.valid_to}
        end = self._world.spans[-1].end
        return tuple(Interval(a, b) for a, b in pairwise(sorted({*changes, end})))

    def stretch_from(self, fact: Fact) -> Interval:
        """The stretch that a fact begins."""
        return next(stretch for stretch in self.stretches if stretch.start == fact.valid_from)

    def told_in(self, fact: Fact) -> int:
        """The period that first tells a fact."""
        return self._world.period_of(fact.told_at or fact.valid_from)

    def settled(self, stretch: Interval) -> int:
        """The period by whose end what holds in a stretch has begun and is told."""
        begun = [self._begun(fact) for fact in self._over(stretch)]
        ended = [
            self._world.period_of(max(fact.valid_to, fact.end_told_at or fact.valid_to))
            for fact in self.facts
            if fact.valid_to == stretch.start
        ]
        return max(begun + ended)

    def cohort(self, stretch: Interval) -> Cohort:
        """What happened to the answer in the period that settles a stretch."""
        period = self.settled(stretch)
        if period == self.first_period:
            return Cohort.NEW
        fresh = [fact for fact in self._over(stretch) if self._begun(fact) == period]
        if any(new.value == old.value for new in fresh for old in self._ended_by(stretch)):
            return Cohort.REVERTED
        start = self._world.spans[period].start
        if fresh and all(
            fact.valid_from < start and self.told_in(fact) == period for fact in fresh
        ):
            return Cohort.RETROACTIVE
        return Cohort.UPDATED

    def example(
        self,
        what: str,
        *,
        wordings: Sequence[str],
        window: Interval,
        form: Form,
        cohort: Cohort,
    ) -> Example:
        """The question whose answer is what holds throughout a window."""
        gold = list(self._over(window))
        right = _spellings(gold)
        past = [fact for fact in self._ended_by(window) if fact.value not in right]
        later = [f for f in self.facts if f.valid_from >= window.end and f.value not in right]
        documents = _documents(gold)
        return Example(
            example_id=f"{self.story.story_id}-{what}-{window.start:%Y-%m-%d}",
            wordings=tuple(wordings),
            answers=right,
            superseded=_spellings(past),
            later=_spellings(later),
            cluster=self.cluster,
            cohort=cohort,
            form=form,
            window=window,
            gold_docs=documents,
            stale_docs=tuple(doc for doc in _documents(past) if doc not in documents),
            facts=self.facts,
        )

    def _over(self, window: Interval) -> Iterator[Fact]:
        """What holds throughout a window."""
        return (fact for fact in self.facts if _covers(span(fact), window))

    def _ended_by(self, window: Interval) -> Iterator[Fact]:
        """What held before a window, and no longer in it."""
        return (fact for fact in self.facts if fact.valid_to and fact.valid_to <= window.start)

    def _begun(self, fact: Fact) -> int:
        """The period in which a fact is told and has begun."""
        return self._world.period_of(max(fact.valid_from, fact.told_at or fact.valid_from))


def span(fact: Fact) -> Interval:
    """When a fact holds."""
    return Interval(fact.valid_from, fact.valid_to or MAX_TIME)


def _covers(outer: Interval, inner: Interval) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _spellings(facts: Sequence[Fact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer for fact in facts for answer in fact.answers))


def _documents(facts: Sequence[Fact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(doc_id for fact in facts for doc_id in fact.doc_ids))

"""The questions about a generated world, each with the answer its facts give.

A question belongs to the first period by whose end the time it asks about is over and everything
that bears on it is told: an answer never changes once it has been asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from random import Random

from evals.streams.generating.asked_words import QUESTIONS
from evals.streams.generating.calendar import Window, draw_window, in_year
from evals.streams.generating.chronicle import Chronicle, span
from evals.streams.generating.relations import Relation, Style
from evals.streams.generating.telling import Library
from evals.streams.generating.told_words import in_words
from evals.streams.generating.world import Step, World
from evals.types import Cohort, Example, Fact, Form, StandingQuestion
from rag_lifelong.temporal import Interval

_DAY = timedelta(days=1)

_Posed = tuple[int, Example]
"""A question and the period it belongs to, counted from 0."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked, by period."""

    examples: tuple[tuple[Example, ...], ...]
    standing: tuple[tuple[StandingQuestion, ...], ...]


class Asker:
    """Asks about a world that has been told."""

    def __init__(self, world: World, library: Library, draw: Random, *, paraphrases: int) -> None:
        self._world = world
        self._library = library
        self._draw = draw
        self._paraphrases = paraphrases

    def questions(self) -> Questions:
        """All questions."""
        examples: list[list[Example]] = [[] for _ in self._world.spans]
        standing: list[list[StandingQuestion]] = [[] for _ in self._world.spans]
        for story in self._world.stories:
            told = Chronicle(story, self._world, self._library)
            for period, example in self._about(told):
                examples[period].append(example)
            standing[told.first_period].append(self._standing(told))
            for fact in self._some_held_once(told):
                standing[told.told_in(fact)].append(self._standing_reversed(told, fact))
        for period, example in self._untold():
            examples[period].append(example)
        return Questions(tuple(map(tuple, examples)), tuple(map(tuple, standing)))

    def _about(self, told: Chronicle) -> Iterator[_Posed]:
        """The questions about a story whose answers do not change."""
        yield from self._as_of(told)
        if told.story.relation.is_functional:
            yield from self._around_changes(told)
            yield from self._in_order(told)
            yield from self._before_evidence(told)
        for fact in self._some_held_once(told):
            yield from self._reversed(told, fact)

    def _as_of(self, told: Chronicle) -> Iterator[_Posed]:
        """Of times in each stretch: before the period that tells of it, in it and after it."""
        for stretch in told.stretches:
            period = self._world.spans[told.settled(stretch)]
            cuts = sorted(
                min(max(moment, stretch.start), stretch.end)
                for moment in (stretch.start, period.start, period.end, stretch.end)
            )
            for part in pairwise(cuts):
                window = draw_window(self._draw, Interval(*part))
                if window:
                    yield self._in_window(told, stretch, window)

    def _in_window(self, told: Chronicle, stretch: Interval, window: Window) -> _Posed:
        settled = told.settled(stretch)
        period = max(settled, self._world.period_of(window.interval.end))
        example = told.example(
            "as_of",
            wordings=self._wordings(told.story.relation, "as_of", window, s=told.story.subject),
            window=window.interval,
            form=Form.AS_OF,
            cohort=told.cohort(stretch) if period == settled else Cohort.UNCHANGED,
        )
        return period, example

    def _around_changes(self, told: Chronicle) -> Iterator[_Posed]:
        """Of the days before and after each change, and of what a value followed."""
        values = [fact.value for fact in told.facts]
        for i, (old, new) in enumerate(pairwise(told.facts)):
            change = new.valid_from
            day_before = Interval(change - _DAY, change)
            day_after = Interval(change + _DAY, change + 2 * _DAY)
            yield self._at_change(told, i, "before", day_before, Form.BEFORE)
            yield self._at_change(told, i, "after", day_after, Form.AFTER)
            if told.story.relation.style not in (Style.OFFICE, Style.PLACE):
                continue
            if values.count(new.value) == 1:
                yield self._at_change(told, i, "before_value", span(old), Form.BEFORE)
            if values.count(old.value) == 1:
                yield self._at_change(told, i, "after_value", span(new), Form.AFTER)

    def _at_change(
        self, told: Chronicle, i: int, what: str, window: Interval, form: Form
    ) -> _Posed:
        """About the change from the fact at `i` to the next one."""
        old, new = told.facts[i : i + 2]
        stretch = told.stretch_from(new)
        named = {"before_value": new.value, "after_value": old.value}.get(what, "")
        day = in_words(new.valid_from)
        example = told.example(
            what,
            wordings=self._wordings(
                told.story.relation, what, s=told.story.subject, v=named, d=day
            ),
            window=window,
            form=form,
            cohort=told.cohort(stretch),
        )
        if old.value in example.answers:
            gold_docs = (*example.gold_docs, *told.recalled[i])
            example = replace(example, gold_docs=gold_docs)
        return told.settled(stretch), example

    def _in_order(self, told: Chronicle) -> Iterator[_Posed]:
        """Of the first value, and of the one before the last as of the end of a period."""
        relation, subject = told.story.relation, told.story.subject
        if told.story.turns[0].step is Step.FIRST:
            example = told.example(
                "first",
                wordings=self._wordings(relation, "first", s=subject),
                window=span(told.facts[0]),
                form=Form.ORDINAL,
                cohort=Cohort.NEW,
            )
            yield told.first_period, replace(example, gold_docs=example.gold_docs[:1])
        if "previous" not in QUESTIONS[relation.style]:
            return
        for i, old in enumerate(told.facts[:-1]):
            period, example = self._at_change(told, i, "previous", span(old), Form.ORDINAL)
            yield period, replace(example, asked_at=self._world.spans[period].end)

    def _before_evidence(self, told: Chronicle) -> Iterator[_Posed]:
        """Of a year before anything told, for every fourth story."""
        if self._draw.random() >= 0.25:
            return
        window = in_year(told.facts[0].valid_from.year - self._draw.randint(2, 6))
        example = told.example(
            "as_of",
            wordings=self._wordings(told.story.relation, "as_of", window, s=told.story.subject),
            window=window.interval,
            form=Form.AS_OF,
            cohort=Cohort.UNANSWERABLE,
        )
        yield told.first_period, example

    def _some_held_once(self, told: Chronicle) -> Iterator[Fact]:
        """Every other fact that a person held an office, if they did so once: it leads back."""
        if told.story.relation.style is not Style.OFFICE:
            return
        values = [fact.value for fact in told.facts]
        for fact in told.facts:
            if values.count(fact.value) == 1 and self._draw.random() < 0.5:
                yield fact

    def _reversed(self, told: Chronicle, fact: Fact) -> Iterator[_Posed]:
        """From a person to where they held an office."""
        stretch = told.stretch_from(fact)
        window = draw_window(self._draw, stretch)
        if window is None:
            return
        relation = told.story.relation
        period, example = self._in_window(told, stretch, window)
        yield (
            period,
            replace(
                example,
                example_id=example.example_id.replace("as_of", "reverse_as_of"),
                wordings=self._wordings(relation, "reverse_as_of", window, v=fact.value),
                answers=(told.story.subject,),
                superseded=(),
                later=(),
                stale_docs=(),
                facts=(_turned_round(fact),),
            ),
        )

    def _standing(self, told: Chronicle) -> StandingQuestion:
        return StandingQuestion(
            question_id=f"{told.story.story_id}-now",
            wordings=self._wordings(told.story.relation, "now", s=told.story.subject),
            history=told.facts,
            cluster=told.cluster,
        )

    def _standing_reversed(self, told: Chronicle, fact: Fact) -> StandingQuestion:
        return StandingQuestion(
            question_id=f"{told.story.story_id}-reverse-{fact.valid_from:%Y-%m-%d}",
            wordings=self._wordings(told.story.relation, "reverse_now", v=fact.value),
            history=(_turned_round(fact),),
            cluster=told.cluster,
        )

    def _untold(self) -> Iterator[_Posed]:
        """Of what no document tells."""
        for i, untold in enumerate(self._world.untold, 1):
            example = Example(
                example_id=f"u{i:04d}",
                wordings=self._wordings(untold.relation, "now", s=untold.subject),
                cluster=f"{untold.subject} / {untold.relation.noun}",
                cohort=Cohort.UNANSWERABLE,
                form=Form.NOW,
            )
            yield untold.period, example

    def _wordings(
        self, relation: Relation, what: str, window: Window | None = None, **words: str
    ) -> tuple[str, ...]:
        when = window.words if window else ""
        fields = {**words, "n": relation.noun, "k": relation.of.value}
        fields |= {"w": when, "W": when[:1].upper() + when[1:]}
        asked = QUESTIONS[relation.style][what][: self._paraphrases]
        return tuple(wording.format(**fields) for wording in asked)


def _turned_round(fact: Fact) -> Fact:
    """The fact as one about its value."""
    return replace(fact, subject=fact.value, relation=f"{fact.relation} of", value=fact.subject)

"""The documents that tell a generated world, and which of them state what.

Most are short news. Some facts are told twice, or come up again while they hold; some articles are
reprinted long after; some list two facts, and some things have a page that is revised
in place. The rest is told of things with similar names. No document states a value before it is
told, nor one that has ended, as far as told, unless it says that it speaks of an earlier day.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from evals.streams.generating.told_words import (
    ARCHIVED,
    FILLERS,
    SENTENCES,
    TITLES,
    in_words,
)
from evals.streams.generating.world import Step, Story, World, WorldMaker
from evals.types import SourceDocument

TurnId = tuple[str, int]
"""A story's id and which of its turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A document that has no id yet."""

    period: int
    published_at: datetime
    title: str
    text: str
    states: tuple[TurnId, ...] = ()
    recalls: tuple[TurnId, ...] = ()
    revises: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """All documents, and which state what."""

    documents: tuple[tuple[SourceDocument, ...], ...]
    """Those of each period, as published."""
    stating: Mapping[TurnId, tuple[str, ...]]
    """Documents that state a turn's value, in the order they are told."""
    recalling: Mapping[TurnId, tuple[str, ...]]
    """Documents that name a turn's value as the one that held before another."""


class Teller:
    """Writes documents about a world."""

    def __init__(self, world: World, draw: Random) -> None:
        self._world = world
        self._draw = draw

    def library(self, maker: WorldMaker, *, documents_per_period: int) -> Library:
        """The documents of all periods.

        Args:
            maker: Makes the things with similar names that periods are filled up with.
            documents_per_period: How many documents a period has at least.
        """
        drafts = [
            *(draft for story in self._world.stories for draft in self._all_of(story)),
            *self._round_ups(),
            *self._pages(),
        ]
        shelves = [
            [draft for draft in drafts if draft.period == period]
            for period in range(len(self._world.spans))
        ]
        for period, shelf in enumerate(shelves):
            while len(shelf) < documents_per_period:
                like = maker.lookalike(self._draw.choice(self._world.stories), period)
                shelf.extend(self._first_told(like))
        return _catalogued(shelves)

    def _all_of(self, story: Story) -> Iterator[_Draft]:
        """News of one story."""
        yield from self._first_told(story)
        for i, turn in enumerate(story.turns):
            if self._draw.random() < 0.3:
                yield self._told_again(story, i)
            if turn.step is Step.ANNOUNCED and self._draw.random() < 0.5:
                yield self._come_true(story, i)
            yield from self._in_later_periods(story, i)

    def _first_told(self, story: Story) -> Iterator[_Draft]:
        for i, turn in enumerate(story.turns):
            said = [self._sentence(story, i, turn.step)]
            can_recall = i > 0 and story.relation.is_functional and turn.step is not Step.ANNOUNCED
            recalls: tuple[TurnId, ...] = ()
            if can_recall and self._draw.random() < 0.5:
                said.append(self._sentence(story, i, "recall"))
                recalls = ((story.story_id, i - 1),)
            news = self._news(story, i, said, turn.arrives, turn.published_at)
            yield replace(news, recalls=recalls)
            if turn.ended_at:
                said = [self._sentence(story, i, "ended")]
                period = self._world.period_of(turn.ended_at)
                yield replace(self._news(story, i, said, period, turn.ended_at), states=())

    def _told_again(self, story: Story, i: int) -> _Draft:
        """The same fact in other words, a day or two after it was first told."""
        turn = story.turns[i]
        later = turn.published_at + timedelta(hours=self._draw.randint(20, 44))
        said = [self._sentence(story, i, _dated(turn.step))]
        return self._news(story, i, said, turn.arrives, later)

    def _come_true(self, story: Story, i: int) -> _Draft:
        """What was announced, on the day it comes true."""
        began = story.turns[i].fact.valid_from
        said = ["As announced, so it came.", self._sentence(story, i, Step.BEGAN)]
        return self._news(story, i, said, self._world.period_of(began), began + timedelta(hours=20))

    def _in_later_periods(self, story: Story, i: int) -> Iterator[_Draft]:
        """Mentions of a fact while it holds, and reprints of what was written about it."""
        turn = story.turns[i]
        for period, span in enumerate(self._world.spans):
            if period <= turn.arrives:
                continue
            moment = span.start + timedelta(
                days=self._draw.randint(1, (span.end - span.start).days - 5),
                hours=self._draw.randint(6, 20),
            )
            if self._draw.random() < 0.12 and turn.fact.holds_as_told_by(moment):
                said = [self._sentence(story, i, "still")]
            elif self._draw.random() < 0.06 and turn.fact.has_begun_as_told_by(moment):
                lead = self._draw.choice(ARCHIVED).format(d=in_words(turn.published_at))
                said = [lead, self._sentence(story, i, _dated(turn.step))]
            else:
                continue
            yield self._news(story, i, said, period, moment)

    def _round_ups(self) -> Iterator[_Draft]:
        """Documents near the end of a period that state two of the facts told in it."""
        told = defaultdict(list)
        for story in self._world.stories:
            for i, turn in enumerate(story.turns):
                if self._world.period_of(turn.published_at) == turn.arrives:
                    told[turn.arrives].append((story, i))
        for period, turns in sorted(told.items()):
            some = self._draw.sample(turns, k=len(turns) // 8 * 2)
            for (one, i), (other, k) in zip(some[::2], some[1::2], strict=True):
                yield _Draft(
                    period=period,
                    published_at=self._world.spans[period].end - timedelta(hours=34),
                    title=f"In brief: {one.subject}, {other.subject}",
                    text=" ".join(
                        self._sentence(story, turn, _dated(story.turns[turn].step))
                        for story, turn in ((one, i), (other, k))
                    ),
                    states=((one.story_id, i), (other.story_id, k)),
                )

    def _pages(self) -> Iterator[_Draft]:
        """Pages about a third of the things, revised when a period has changed what they say."""
        by_subject: dict[str, list[Story]] = defaultdict(list)
        for story in self._world.stories:
            by_subject[story.subject].append(story)
        for subject, stories in by_subject.items():
            if self._draw.random() < 1 / 3:
                yield from self._revisions(subject, stories)

    def _revisions(self, subject: str, stories: list[Story]) -> Iterator[_Draft]:
        shown: list[TurnId] = []
        for period, span in enumerate(self._world.spans):
            moment = span.end - timedelta(hours=12)
            holding = [
                (story, i)
                for story in stories
                for i, turn in enumerate(story.turns)
                if turn.fact.holds_as_told_by(moment)
            ]
            states = [(story.story_id, i) for story, i in holding]
            if states == shown:
                continue
            shown = states
            yield _Draft(
                period=period,
                published_at=moment,
                title=subject,
                text=" ".join(self._sentence(story, i, "state") for story, i in holding),
                states=tuple(states),
                revises=f"page of {subject}",
            )

    def _news(
        self, story: Story, i: int, said: list[str], period: int, published_at: datetime
    ) -> _Draft:
        """A short article that states a turn."""
        fillers = self._draw.sample(FILLERS, k=self._draw.randint(0, 2))
        return _Draft(
            period=period,
            published_at=published_at,
            title=self._draw.choice(TITLES).format(s=story.subject, n=story.relation.noun),
            text=" ".join([*said, *fillers]),
            states=((story.story_id, i),),
        )

    def _sentence(self, story: Story, i: int, what: str) -> str:
        fact = story.turns[i].fact
        began = fact.valid_to if what == "ended" and fact.valid_to else fact.valid_from
        return self._draw.choice(SENTENCES[story.relation.style][what]).format(
            s=story.subject,
            v=fact.value,
            n=story.relation.noun,
            d=in_words(began),
            o=story.turns[i - 1].fact.value if i else "",
        )


def _dated(step: Step) -> Step:
    """How to say again, with its day, what came up in this way."""
    return Step.BEGAN if step in (Step.TODAY, Step.FIRST) else step


def _catalogued(shelves: Iterable[list[_Draft]]) -> Library:
    documents = []
    stating: dict[TurnId, list[str]] = defaultdict(list)
    recalling: dict[TurnId, list[str]] = defaultdict(list)
    for period, shelf in enumerate(shelves, start=1):
        shelf.sort(key=lambda draft: (draft.published_at, draft.title, draft.text))
        made = [_document(f"p{period:02d}-{i:04d}", draft) for i, draft in enumerate(shelf, 1)]
        for document, draft in zip(made, shelf, strict=True):
            for turn in draft.states:
                stating[turn].append(document.doc_id)
            for turn in draft.recalls:
                recalling[turn].append(document.doc_id)
        documents.append(tuple(made))
    return Library(tuple(documents), _frozen(stating), _frozen(recalling))


def _frozen(lists: Mapping[TurnId, list[str]]) -> dict[TurnId, tuple[str, ...]]:
    return {turn: tuple(doc_ids) for turn, doc_ids in lists.items()}


def _document(doc_id: str, draft: _Draft) -> SourceDocument:
    return SourceDocument(
        doc_id=doc_id,
        title=draft.title,
        text=draft.text,
        published_at=draft.published_at,
        revises=draft.revises,
    )

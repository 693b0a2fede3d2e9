"""The nouns of an evaluation: what is told when, what is asked, and what was answered.

Values only, frozen and with slots. A stream is a sequence of periods; after each, every learner
has seen the same documents and answers every period's questions, those of later periods too. Two
kinds of question are kept apart, because a changed fact has two right answers:

* an `Example` keeps its answer for ever, since its time is fixed by its words ("in March 2021") or
  by the moment it is asked; the matrix R_asof is made of these, and with it forgetting is measured;
* a `StandingQuestion` is asked in the present tense after each period, and its answer changes with
  the facts; the matrix R_now is made of these, and so are staleness and update lag.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rag_lifelong.temporal import Interval

_INSTANT = timedelta(seconds=1)


class Cohort(StrEnum):
    """What happened, in the period it is counted in, to the fact a question is about."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REVERTED = "reverted"
    """The value is one that it had before."""
    RETROACTIVE = "retroactive"
    """The change held from an earlier period on, but was told only now."""
    UNANSWERABLE = "unanswerable"
    """No document says it; the right answer is to abstain."""
    ANY = "any"
    """Not told apart by the benchmark."""


class Form(StrEnum):
    """How a question speaks of time."""

    NOW = "now"
    """In the present tense, of the moment it is asked."""
    AS_OF = "as_of"
    """Of a date or period in its words."""
    BETWEEN = "between"
    """Of the time between two dates in its words, where the benchmark tells it apart."""
    BEFORE = "before"
    AFTER = "after"
    ORDINAL = "ordinal"
    """Of the first, previous, next or last."""
    TIMELESS = "timeless"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A dated document as a stream tells it, before it is parsed or cut."""

    doc_id: str
    title: str
    text: str
    published_at: datetime
    url: str = ""
    revises: str = ""
    """The thing this is a later revision of, where the source edits in place (a wiki page); the
    revision it replaces then ends. Empty: nothing ends because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value of a relation of a subject, and when it holds: [valid_from, valid_to)."""

    subject: str
    relation: str
    value: str
    valid_from: datetime
    valid_to: datetime | None = None
    """None while nothing ends it."""
    told_at: datetime | None = None
    """When the first document that states it was published; None: at `valid_from`."""
    end_told_at: datetime | None = None
    """When a document first told that it had ended; None: at `valid_to`."""
    statement: str = ""
    """A sentence that states it, without its time; what the oracle of facts is shown."""
    aliases: tuple[str, ...] = ()
    """Other right ways to write the value."""
    doc_ids: tuple[str, ...] = ()
    """Documents that state it."""

    @property
    def key(self) -> tuple[str, str]:
        """Subject and relation: what values of one fact over time share."""
        return self.subject, self.relation

    @property
    def answers(self) -> tuple[str, ...]:
        """The value and its other spellings."""
        return (self.value, *self.aliases)

    def holds_at(self, moment: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    def holds_as_told_by(self, moment: datetime) -> bool:
        """Whether it holds at a moment as far as documents published by then tell."""
        if not self.has_begun_as_told_by(moment):
            return False
        if self.valid_to is None or moment < self.valid_to:
            return True
        return moment < (self.end_told_at or self.valid_to)

    def has_begun_as_told_by(self, moment: datetime) -> bool:
        """Whether it holds or held by a moment, as far as documents published by then tell."""
        return self.is_told_by(moment) and self.valid_from <= moment

    def is_told_by(self, moment: datetime) -> bool:
        """Whether some document had stated it by a moment."""
        return (self.told_at or self.valid_from) <= moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question whose right answer does not change."""

    example_id: str
    wordings: tuple[str, ...]
    """The question, and other ways to ask it; the first is the benchmark's own."""
    asked_at: datetime | None = None
    """When it is asked, and nothing published later may count; None: whenever it is put."""
    answers: tuple[str, ...] = ()
    """Right answers, any of which will do; none: the right thing is to abstain."""
    superseded: tuple[str, ...] = ()
    """Values that held before the time asked about, and no longer did: a stale answer."""
    later: tuple[str, ...] = ()
    """Values that came after the time asked about."""
    cluster: str = ""
    """What questions that are not independent share (one fact): the unit of statistics."""
    cohort: Cohort = Cohort.ANY
    form: Form = Form.TIMELESS
    window: Interval | None = None
    """The time asked about."""
    gold_docs: tuple[str, ...] = ()
    """Documents that state the answer."""
    stale_docs: tuple[str, ...] = ()
    """Documents that state a superseded value, and not the answer."""
    gold_texts: tuple[str, ...] = ()
    """Words of the documents, each with an answer and what stands beside it, by which the place
    that states it is known; with single spaces. None: the benchmark does not tell."""
    facts: tuple[Fact, ...] = ()
    """What is asked about, with its values over time, if the benchmark tells."""
    passage: str = ""
    """A text that states the answer and is told to nobody: what a bound is shown."""
    perturbs: str = ""
    """The name of the question that this one is with another date, and so another answer."""

    @property
    def question(self) -> str:
        """The benchmark's own wording."""
        return self.wordings[0]

    @property
    def is_answerable(self) -> bool:
        """Whether there is a right answer besides abstaining."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingQuestion:
    """A question in the present tense, asked again after each period."""

    question_id: str
    wordings: tuple[str, ...]
    history: tuple[Fact, ...]
    """Every value of the fact over time; several hold at once where the relation has many."""
    cluster: str = ""

    def at(self, moment: datetime, *, since: datetime | None = None) -> Example | None:
        """The question as it is put at a moment, or None while nobody has told of the fact.

        What holds as far as told by then is right; what held before and was told is superseded, and
        what is only announced is later. A change that no document tells until later is not
        expected yet; where nothing holds any more, or not yet, abstaining is right.

        Args:
            moment: When it is put.
            since: The end of the period before, from which the cohort is judged; None: no period
                is before it, so that all is new.
        """
        told = tuple(fact for fact in self.history if fact.is_told_by(moment))
        if not told:
            return None
        current = self._holding(moment)
        past = [fact for fact in told if fact not in current and fact.valid_from <= moment]
        announced = [fact for fact in told if moment < fact.valid_from]
        right = _spellings(current)
        gold_docs = _documents(current)
        stale_docs = _documents(fact for fact in past if fact.value not in right)
        return Example(
            example_id=f"{self.question_id}@{moment:%Y-%m-%d}",
            wordings=self.wordings,
            asked_at=moment,
            answers=right,
            superseded=tuple(value for value in _spellings(past) if value not in right),
            later=tuple(value for value in _spellings(announced) if value not in right),
            cluster=self.cluster or self.question_id,
            cohort=self._cohort(moment, since),
            form=Form.NOW,
            window=Interval(moment, moment + _INSTANT),
            gold_docs=gold_docs,
            stale_docs=tuple(doc_id for doc_id in stale_docs if doc_id not in gold_docs),
            facts=told,
        )

    def _cohort(self, moment: datetime, since: datetime | None) -> Cohort:
        """What became of the right answer between `since` and the moment."""
        current = self._holding(moment)
        if not current:
            return Cohort.UNANSWERABLE
        begun = [fact for fact in self.history if fact.has_begun_as_told_by(moment)]
        before = [f for f in begun if since is not None and f.has_begun_as_told_by(since)]
        if since is None or not before:
            return Cohort.NEW
        held = self._holding(since)
        if held == current:
            return Cohort.UNCHANGED
        fresh = [fact for fact in current if fact not in held]
        if any(
            f.value == old.value and old.valid_from < f.valid_from for f in fresh for old in begun
        ):
            return Cohort.REVERTED
        if fresh and all(f.valid_from < since and not f.is_told_by(since) for f in fresh):
            return Cohort.RETROACTIVE
        return Cohort.UPDATED

    def _holding(self, moment: datetime) -> list[Fact]:
        return [fact for fact in self.history if fact.holds_as_told_by(moment)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What is told in a stretch of time [start, end), and what is asked about it."""

    name: str
    start: datetime
    end: datetime
    """When the learners have seen its documents and are asked."""
    documents: tuple[SourceDocument, ...]
    examples: tuple[Example, ...] = ()
    standing: tuple[StandingQuestion, ...] = ()
    """Questions whose fact this period first tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A benchmark as a sequence of periods."""

    name: str
    periods: tuple[Period, ...]
    contamination: str = ""
    """Why models may know its facts from their training; empty where they cannot (invented)."""
    notes: str = ""
    """What was counted, left out or taken differently from how it was published."""

    @property
    def row_times(self) -> tuple[datetime, ...]:
        """When each row of the matrices is asked: before anything, then after each period."""
        return (self.periods[0].start, *(period.end for period in self.periods))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it is put to a learner."""

    question: str
    asked_at: datetime
    """Nothing published later may count."""
    wording: int = 0
    """Which of the reader's instructions to use."""
    key: Example | None = None
    """The right answer; for bounds alone. A learner that is measured must not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """A piece of text an answer was read from, as shown to the reader."""

    doc_id: str
    date: str
    """When it was published, as precisely as it is known: `2021-03-04`."""
    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What making an answer took; of an answer that was remembered, what making it took then."""

    seconds: float = 0.0
    calls: int = 0
    """Times the language model was asked."""
    tokens_in: int = 0
    """Tokens read by the language model, those of a prefix it remembered too."""
    tokens_out: int = 0
    flops: float = 0.0
    """Operations of a model of the learner's own; those of the run's reader are counted from its
    tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a learner answered."""

    said: str
    """The answer in words; what would have been said where it abstained, if there is such."""
    abstained: bool = False
    confidence: float | None = None
    """How sure it was, in [0, 1]; None if it cannot tell."""
    evidence: tuple[EvidenceLine, ...] = ()
    """What it was read from, best first."""
    signals: Mapping[str, float] | None = None
    """What its confidence was reckoned from, by name; None where that is not told."""
    usage: Usage = field(default_factory=Usage, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What learning a period took."""

    flops: float = 0.0
    """Floating-point operations of encoding or training; 0 where nothing is computed."""
    tokens: int = 0
    """Tokens that went through a model."""
    state_bytes: int = 0
    """What the learner keeps after the period: index, texts, weights, buffers."""
    seconds: float = 0.0
    """Wall time of making what it shares with other learners, whichever of them made it."""


def _spellings(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Every way to write the values, each once, in order."""
    return tuple(dict.fromkeys(answer for fact in facts for answer in fact.answers))


def _documents(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The documents that state any of the facts, each once, in order."""
    return tuple(dict.fromkeys(doc_id for fact in facts for doc_id in fact.doc_ids))

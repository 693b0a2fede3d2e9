"""Bounds: learners that look at the key, between which the measured ones lie.

They see no more than the others could have found: only what was told in the periods observed and
published by the moment the question is asked.
"""

from datetime import date, datetime

from pydantic import Field

from evals.learners.options import Options, read_options
from evals.learners.passages import as_evidence, best_passage, holds_answer
from evals.learners.reading import as_retrieved, evidence_reader, facts_of, stated_answer
from evals.ports import Bench
from evals.types import Asked, Example, Fact, Period, Prediction, SourceDocument, Stream, Taught
from rag_lifelong.errors import EvalError
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.temporal import MIN_TIME, Interval
from rag_lifelong.types import Evidence


class _KnowsFacts:
    """Is told the facts behind the questions, as far as they were told by the last period's end."""

    _until: datetime | None = None

    @staticmethod
    def why_not(stream: Stream) -> str:
        """Why it cannot answer on a stream; empty if it can."""
        if next(facts_of(stream), None) is not None:
            return ""
        return f"{stream.name} does not tell the facts behind its questions"

    def observe(self, period: Period) -> Taught:
        """Go on to the period's end."""
        self._until = period.end
        return Taught()


class LatestValue(_KnowsFacts):
    """Says the value told of the fact that began last, whatever time is asked about.

    What a system reaches that always knows the newest and never looks at the question's time. No
    language model.
    """

    def __init__(self, bench: Bench) -> None:
        read_options(Options, bench, learner="latest-value")

    def answer(self, asked: Asked) -> Prediction:
        """The newest value, or an abstention while none is told.

        Raises:
            EvalError: If the question comes without its key.
        """
        told = _told(_key(asked, "latest-value"), _known_by(asked, self._until))
        newest = max(told, key=lambda fact: fact.valid_from, default=None)
        if newest is None:
            return Prediction(said="", abstained=True)
        return Prediction(said=stated_answer(asked.question, newest))


class OraclePassageOptions(Options):
    """`oracle-passage@k=3`."""

    k: int = Field(default=5, ge=1, le=20)
    """Most passages shown."""


class OraclePassage:
    """Shows the reader the passages that state the answer: finding without faults.

    Where the benchmark has a passage that states it and is told to nobody, that comes first.
    """

    def __init__(self, bench: Bench) -> None:
        self._k = read_options(OraclePassageOptions, bench, learner="oracle-passage").k
        self._line = evidence_reader(bench)
        self._documents: dict[str, SourceDocument] = {}

    @staticmethod
    def why_not(stream: Stream) -> str:
        """Why it cannot answer on a stream; empty if it can."""
        examples = (example for period in stream.periods for example in period.examples)
        if any(example.gold_docs or example.passage for example in examples):
            return ""
        if any(fact.doc_ids for fact in facts_of(stream)):
            return ""
        return f"{stream.name} does not tell which documents state the answers"

    def observe(self, period: Period) -> Taught:
        """Keep the period's documents by id."""
        self._documents.update((document.doc_id, document) for document in period.documents)
        texts = (document.text for document in self._documents.values())
        return Taught(state_bytes=sum(len(text.encode("utf-8", "replace")) for text in texts))

    def answer(self, asked: Asked) -> Prediction:
        """What the reader makes of the passage, and of the gold documents it could know of.

        Raises:
            EvalError: If the question comes without its key.
            ModelError: If the language model fails.
        """
        key = _key(asked, "oracle-passage")
        known = (self._documents.get(doc_id) for doc_id in dict.fromkeys(key.gold_docs))
        visible = [one for one in known if one and one.published_at <= asked.asked_at]
        evidence = [_passage(document, key, asked.question) for document in visible]
        evidence.sort(key=lambda one: not holds_answer(one.chunk.text, key.answers))
        if key.passage:
            evidence.insert(0, _told_to_nobody(key, asked.asked_at))
        found = as_retrieved(evidence[: self._k], asked=asked.question, support=1.0)
        return self._line.read(asked, found, Moment(asked_at=asked.asked_at))


class OracleFact(_KnowsFacts):
    """Shows the reader the one right line, with the time it holds: finding and resolving."""

    def __init__(self, bench: Bench) -> None:
        read_options(Options, bench, learner="oracle-fact")
        self._line = evidence_reader(bench)

    def answer(self, asked: Asked) -> Prediction:
        """What the reader makes of the right fact, if that has been told.

        Raises:
            EvalError: If the question comes without its key.
            ModelError: If the language model fails.
        """
        key = _key(asked, "oracle-fact")
        moment = _known_by(asked, self._until)
        told = _told(key, moment)
        right = [fact for fact in told if {fact.subject, *fact.answers} & set(key.answers)]
        fact = max(
            right, key=lambda one: (_holds_in(one, key.window), one.valid_from), default=None
        )
        evidence = [] if fact is None else [_line(fact, moment)]
        found = as_retrieved(evidence, asked=asked.question, support=1.0)
        return self._line.read(asked, found, Moment(asked_at=asked.asked_at))


def _key(asked: Asked, learner: str) -> Example:
    if asked.key is None:
        raise EvalError(f"{learner} is a bound and answers from the key, which it was not given")
    return asked.key


def _known_by(asked: Asked, until: datetime | None) -> datetime:
    """What was told later than this could not be known: it is not observed, or is the future."""
    return MIN_TIME if until is None else min(until, asked.asked_at)


def _told(key: Example, moment: datetime) -> list[Fact]:
    return [fact for fact in key.facts if fact.is_told_by(moment)]


def _holds_in(fact: Fact, window: Interval | None) -> bool:
    if window is None:
        return False
    return fact.valid_from < window.end and (fact.valid_to is None or window.start < fact.valid_to)


def _passage(document: SourceDocument, key: Example, question: str) -> Evidence:
    passage = best_passage(document.text, answers=key.answers, question=question)
    return as_evidence(document, passage)


def _told_to_nobody(key: Example, moment: datetime) -> Evidence:
    """The passage, counted as found where the answer was, and dated when it is shown."""
    doc_id = next(iter(key.gold_docs), "")
    line = SourceDocument(doc_id=doc_id, title="", text=key.passage, published_at=moment)
    return as_evidence(line, key.passage)


def _line(fact: Fact, moment: datetime) -> Evidence:
    """A fact as a line of evidence, with the end of its time if that was told by the moment."""
    since = fact.valid_from.date()
    valid = f"since {since}"
    if fact.valid_to is not None and (fact.end_told_at or fact.valid_to) <= moment:
        valid = f"from {since} to {_last_day(fact.valid_from, fact.valid_to)}"
    statement = fact.statement or f"{fact.subject}: {fact.relation}: {fact.value}"
    line = SourceDocument(
        doc_id=next(iter(fact.doc_ids), ""),
        title=fact.subject,
        text=f"[valid {valid}] {statement}",
        published_at=fact.told_at or fact.valid_from,
    )
    return as_evidence(line, line.text)


def _last_day(start: datetime, end: datetime) -> date:
    return max(start, end - datetime.resolution).date()

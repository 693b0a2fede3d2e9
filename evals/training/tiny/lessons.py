"""What is learnt from a world: its documents, its questions, and reading the one for the other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from evals.learners.passages import as_evidence
from evals.training.regimes.reading import reading_sample
from evals.training.samples import Sample, document_sample, question_sample
from evals.training.tiny.recipe import Mix
from evals.types import Example, SourceDocument, Stream
from rag_lifelong.types import Evidence

_NEAR = 0.6
"""How many of the lines that do not answer are about something that has a name of the question."""
_LAST = 0.5
"""How often the line that answers is the last, as the product shows it; else it is anywhere."""

_SENTENCE_END = re.compile(r"(?<=\.) ")


@dataclass(frozen=True, slots=True)
class Task:
    """A question and the document that answers it."""

    question: str
    asked_at: datetime
    answer: str
    document: SourceDocument
    near: tuple[SourceDocument, ...]
    """Documents that share a name with it and do not bear on it."""
    bearing: frozenset[str]
    """Ids of documents that answer it, or say what the answer was at another time."""


class Lessons:
    """Draws samples from a world."""

    def __init__(self, world: Stream, draw: Random) -> None:
        self._draw = draw
        self.documents = [doc for period in world.periods for doc in period.documents]
        self.tasks = list(self._tasks(world))

    def sample(self, mix: Mix, *, lines: int) -> Sample:
        """A sample of some kind.

        Args:
            mix: How often which kind.
            lines: Most lines of evidence.
        """
        kind = self._draw.choices(
            ("reading", "document", "question"), (mix.reading, mix.documents, mix.questions)
        )[0]
        if kind == "document":
            return document_sample(self._draw.choice(self.documents))
        task = self._draw.choice(self.tasks)
        if kind == "question":
            return question_sample(task.question, task.answer, asked_at=task.asked_at)
        return self.reading(task, n_others=self._draw.randrange(lines))

    def reading(self, task: Task, *, n_others: int) -> Sample:
        """A task with the document that answers it, and so many that do not.

        Args:
            task: What is asked.
            n_others: How many lines do not answer it.
        """
        evidence = [_quoted(document) for document in self._others(task, n_others)]
        # Evidence is given best first and shown best last.
        at = 0 if self._draw.random() < _LAST else self._draw.randint(0, len(evidence))
        evidence.insert(at, _quoted(task.document, task.answer))
        return reading_sample(task.question, task.answer, evidence)

    def _others(self, task: Task, n: int) -> list[SourceDocument]:
        n_near = sum(self._draw.random() < _NEAR for _ in range(n))
        chosen = self._draw.sample(task.near, k=min(n_near, len(task.near)))
        while len(chosen) < n:
            other = self._draw.choice(self.documents)
            if other.doc_id not in task.bearing and other not in chosen:
                chosen.append(other)
        self._draw.shuffle(chosen)
        return chosen

    def _tasks(self, world: Stream) -> Iterator[Task]:
        by_id = {document.doc_id: document for document in self.documents}
        by_word = _by_word(self.documents)
        for example, moment in _asked(world):
            stating = [
                by_id[doc_id]
                for doc_id in example.gold_docs
                if doc_id in by_id and by_id[doc_id].published_at <= moment
            ]
            if not stating:
                continue
            document = self._draw.choice(stating)
            answer = next((a for a in example.answers if a in document.text), None)
            if answer is None:
                continue
            bearing = frozenset(
                other.doc_id for other in by_word[_first_word(example)] if _bears_on(example, other)
            )
            yield Task(
                question=self._draw.choice(example.wordings),
                asked_at=moment,
                answer=answer,
                document=document,
                near=tuple(_near(example, bearing, by_word)),
                bearing=bearing,
            )


def _asked(world: Stream) -> Iterator[tuple[Example, datetime]]:
    """Every question with an answer, and when it is asked."""
    for i, period in enumerate(world.periods):
        for example in period.examples:
            if example.is_answerable:
                yield example, example.asked_at or period.end
        for earlier in world.periods[: i + 1]:
            for standing in earlier.standing:
                example_now = standing.at(period.end)
                if example_now is not None and example_now.is_answerable:
                    yield example_now, period.end


def _by_word(documents: Sequence[SourceDocument]) -> dict[str, list[SourceDocument]]:
    """Documents by each capital word in them, which most names begin with."""
    found: dict[str, list[SourceDocument]] = {}
    for document in documents:
        for word in {w.strip(".,:") for w in document.text.split() if w[:1].isupper()}:
            found.setdefault(word, []).append(document)
    return found


def _near(
    example: Example, bearing: frozenset[str], by_word: dict[str, list[SourceDocument]]
) -> Iterator[SourceDocument]:
    """Documents about something of the same name that neither answer nor contradict."""
    return (one for one in by_word[_first_word(example)] if one.doc_id not in bearing)


def _bears_on(example: Example, document: SourceDocument) -> bool:
    """Whether a document speaks of the subject and of what is asked of it."""
    fact = example.facts[0]
    noun = fact.relation.removesuffix(" of")
    return fact.subject in document.text and noun in document.text


def _first_word(example: Example) -> str:
    return example.facts[0].subject.split()[0]


def _quoted(document: SourceDocument, answer: str = "") -> Evidence:
    """A document as evidence, quoted by its first sentence, or its first with an answer."""
    sentences = _SENTENCE_END.split(document.text)
    quote = next(sentence for sentence in sentences if answer in sentence)
    return replace(as_evidence(document, document.text), quote=quote)

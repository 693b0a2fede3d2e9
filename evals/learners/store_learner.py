"""What all learners that search the stream's store have in common."""

import random
import time
from abc import ABC, abstractmethod
from dataclasses import replace
from enum import StrEnum

from evals.learners.reading import as_retrieved, evidence_lines, evidence_reader
from evals.learners.stream_store import StreamStore
from evals.metering import add_usage
from evals.ports import Bench
from evals.types import Asked, Period, Prediction, Taught, Usage
from rag_lifelong.errors import EvalError
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.types import Evidence, Retrieved


class LineOrder(StrEnum):
    """In which order the language model is shown the lines."""

    BEST_LAST = "best-last"
    """As the product shows them: nearest to the question."""
    BEST_FIRST = "best-first"
    SHUFFLED = "shuffled"
    """By the seed and the question."""


class StoreLearner(ABC):
    """Finds evidence in the store, each learner its own way, and reads it as all do.

    Nothing told after the last period observed, and nothing published after the question was asked,
    is ever evidence: what a way of finding lets through of it is dropped here.
    """

    def __init__(self, bench: Bench, order: LineOrder) -> None:
        self.bench = bench
        self.embedder = bench.embedder()
        self.store = StreamStore(bench)
        self._reading = evidence_reader(bench)
        self._order = order

    def observe(self, period: Period) -> Taught:
        """Add the period to the store, unless it is in."""
        return self.store.add(period)

    def answer(self, asked: Asked) -> Prediction:
        """Find evidence and read it; without anything observed there is none."""
        started = time.perf_counter()
        found, moment = self.retrieved(asked)
        finding = Usage(seconds=time.perf_counter() - started)
        shown = self._arranged(found, asked.question)
        prediction = self._reading.read(asked, shown, moment)
        return replace(
            prediction,
            evidence=evidence_lines(found.evidence),
            usage=add_usage(finding, prediction.usage),
        )

    def retrieved(self, asked: Asked) -> tuple[Retrieved, Moment]:
        """The evidence that may count, under the documents' own ids, and when it was looked for."""
        known_at = self.store.known_at
        moment = Moment(asked_at=asked.asked_at, known_at=known_at or self.bench.start)
        if known_at is None:
            return as_retrieved([], asked=asked.question, support=0.0), moment
        return _by_source(self.find(asked.question, moment), moment), moment

    @abstractmethod
    def find(self, question: str, moment: Moment) -> Retrieved:
        """The evidence for a question put at a moment, best first."""

    def _arranged(self, found: Retrieved, question: str) -> Retrieved:
        """The evidence in the order it is to be shown in; perfect reading goes by the best.

        Raises:
            EvalError: If not all lines are read together, so that they have no such order.
        """
        if self._order is LineOrder.BEST_LAST or self.bench.reading != "llm":
            return found
        at_once = self.bench.config.reader.at_once
        if len(found.evidence) > at_once:
            raise EvalError(
                f"order={self._order} is of lines read together, of which there are "
                f"{len(found.evidence)}, and reader.at_once is {at_once}",
                hint="set RAG_LIFELONG_READER__AT_ONCE to how many lines are found",
            )
        lines = [_as_shown(one, is_best=i == 0) for i, one in enumerate(found.evidence)]
        if self._order is LineOrder.BEST_FIRST:
            lines.reverse()
        else:
            random.Random(f"{self.bench.seed} {question}").shuffle(lines)
        return replace(found, evidence=tuple(lines))


def _as_shown(one: Evidence, *, is_best: bool) -> Evidence:
    """A line whose words stay the same wherever it stands: the prompt shows its last one whole."""
    text = one.chunk.text if is_best or not one.quote else one.quote
    return replace(one, quote=text, chunk=replace(one.chunk, text=text))


def _by_source(found: Retrieved, moment: Moment) -> Retrieved:
    """The evidence that may count, under the ids that the stream's documents have."""
    allowed = tuple(
        replace(one, chunk=replace(one.chunk, doc_id=one.chunk.revision_id))
        for one in found.evidence
        if one.chunk.valid_from <= moment.asked_at
    )
    return replace(found, evidence=allowed)

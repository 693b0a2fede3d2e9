"""The reading line that every learner which finds text shares: from evidence to a prediction.

One prompt, one check and one threshold for all, so that learners differ in what they find alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Protocol

from evals.learners.wordings import with_wording
from evals.metering import MeteredReader
from evals.metrics.retrieval import passage_recall
from evals.ports import Bench
from evals.types import Asked, EvidenceLine, Example, Fact, Prediction, Stream
from rag_lifelong.answering import Reading, read_found
from rag_lifelong.config import Config
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Reader
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.types import Chunk, Evidence, Retrieved, TimeReport

_DAY = len("2019-06-01")


class EvidenceReader(Protocol):
    """Makes a prediction of evidence."""

    def read(self, asked: Asked, found: Retrieved, moment: Moment) -> Prediction:
        """The answer to a question from what was found for it, or an abstention.

        Args:
            asked: The question.
            found: The evidence, best first.
            moment: The times it was searched with.

        Raises:
            EvalError: If the question lacks what this way of reading needs.
            ModelError: If the language model fails.
        """
        ...


def evidence_reader(bench: Bench) -> EvidenceReader:
    """What reads evidence on this bench.

    Raises:
        EvalError: If the bench names another way of reading than `llm` and `perfect`.
    """
    if bench.reading == "llm":
        return LanguageModelReader(bench.reader, bench.config)
    if bench.reading == "perfect":
        return PerfectReader()
    raise EvalError(f"no way of reading {bench.reading!r}", hint="llm or perfect")


class LanguageModelReader:
    """The frozen language model reads, by the product's own question line."""

    def __init__(self, reader: Callable[[], Reader], config: Config) -> None:
        self._reader = reader
        self._config = config

    def read(self, asked: Asked, found: Retrieved, moment: Moment) -> Prediction:
        """What the model says of the evidence, given or withheld as the product would.

        Where nothing was found the model is not asked: nothing is said, with confidence 0. The
        usage is that of reading alone; finding the evidence comes on top.

        Raises:
            EvalError: If there is no such wording.
            ModelError: If the model fails.
        """
        metered = MeteredReader(self._reader)
        config = with_wording(self._config, asked.wording)
        reading = read_found(asked.question, moment, found, lambda: metered, config)
        return Prediction(
            said=reading.said.text if reading.said else "",
            abstained=bool(reading.reason),
            confidence=reading.said.confidence if reading.said else 0.0,
            evidence=evidence_lines(found.evidence),
            signals=_signals(reading),
            usage=metered.spent,
        )


class PerfectReader:
    """A reader without faults, which isolates finding: a bound, and to be labelled as one.

    It answers with what the best line's document states of the fact asked about, right or not, and
    goes on to the next line where it states nothing of it. Which value is right it never looks at.
    """

    def read(self, asked: Asked, found: Retrieved, moment: Moment) -> Prediction:
        """The value stated by the first line that states one; an abstention where none does.

        Raises:
            EvalError: If the question comes without its key.
        """
        if asked.key is None:
            raise EvalError(
                "perfect reading needs to know what documents state", hint="read with llm"
            )
        stated = (_stated(one.chunk, asked.question, asked.key) for one in found.evidence)
        said = next((value for value in stated if value is not None), None)
        return Prediction(
            said=said or "", abstained=said is None, evidence=evidence_lines(found.evidence)
        )


def why_not_perfect(stream: Stream) -> str:
    """Why a stream cannot be read perfectly; empty if it can."""
    if any(fact.doc_ids for fact in facts_of(stream)):
        return ""
    if any(example.gold_docs for period in stream.periods for example in period.examples):
        return ""
    return f"{stream.name} does not tell which documents state what"


def facts_of(stream: Stream) -> Iterator[Fact]:
    """Every fact that a stream tells behind its questions, as often as it is asked about."""
    for period in stream.periods:
        yield from chain.from_iterable(example.facts for example in period.examples)
        yield from chain.from_iterable(question.history for question in period.standing)


def stated_answer(question: str, fact: Fact) -> str:
    """What a fact answers to a question: its value, or its subject where that is asked for.

    A question that names the value and not the subject is one in the reverse direction.

    >>> from datetime import UTC, datetime
    >>> leads = Fact(subject="Orn Mills", relation="is led by", value="Ada Brisk",
    ...     valid_from=datetime(2020, 1, 1, tzinfo=UTC))
    >>> stated_answer("Who leads Orn Mills?", leads)
    'Ada Brisk'
    >>> stated_answer("Which company does Ada Brisk lead?", leads)
    'Orn Mills'
    """
    asked = question.casefold()
    names_value = any(answer.casefold() in asked for answer in fact.answers)
    return fact.subject if names_value and fact.subject.casefold() not in asked else fact.value


def as_retrieved(evidence: Sequence[Evidence], *, asked: str, support: float) -> Retrieved:
    """Evidence, best first, of a learner that plans nothing about time.

    Args:
        evidence: The lines.
        asked: The question to read them for.
        support: Highest cosine between the question and a line, by which all abstain alike.
    """
    nothing_done = TimeReport(parsed=None, applied="", relaxed=None)
    return Retrieved(evidence=tuple(evidence), time=nothing_done, asked=asked, support=support)


def evidence_lines(evidence: Sequence[Evidence]) -> tuple[EvidenceLine, ...]:
    """Evidence as it is kept with a prediction."""
    return tuple(
        EvidenceLine(
            doc_id=one.chunk.doc_id,
            date=str(one.chunk.date)[:_DAY],
            text=one.chunk.text,
            score=float(one.score),
        )
        for one in evidence
    )


def _stated(chunk: Chunk, question: str, key: Example) -> str | None:
    """What a line's document states of what is asked; None if nothing.

    Of several values of the fact it is the one that began last. Where the benchmark does not tell
    which documents state the facts, it goes by those that state the answer or a superseded value;
    and where it tells the very passages that state the answer, by whether the line holds one.
    """
    if key.gold_texts:
        return key.answers[0] if passage_recall([chunk.text], key.gold_texts, k=1) else None
    doc_id = chunk.doc_id
    stated = [fact for fact in key.facts if doc_id in fact.doc_ids]
    if stated:
        return stated_answer(question, max(stated, key=lambda fact: fact.valid_from))
    if any(fact.doc_ids for fact in key.facts):
        return None
    if doc_id in key.gold_docs:
        return key.answers[0]
    return next(iter(key.superseded), None) if doc_id in key.stale_docs else None


def _signals(reading: Reading) -> dict[str, float] | None:
    """What confidence was reckoned from; None where the answer's words alone decide."""
    said = reading.said
    return asdict(said.signals) if said is not None and said.signals is not None else None

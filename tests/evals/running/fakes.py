"""A small invented stream and learners whose answers, deeds and faults are known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import validate_call

import evals.registry
import evals.streams
from evals.ports import Bench
from evals.registry import LearnerEntry
from evals.running.equipment import Equipment
from evals.streams import StreamEntry
from evals.types import (
    Asked,
    Cohort,
    EvidenceLine,
    Example,
    Fact,
    Form,
    Period,
    Prediction,
    SourceDocument,
    StandingQuestion,
    Stream,
    Taught,
    Usage,
)
from rag_lifelong.config import Config
from rag_lifelong.testing import HashingEmbedder, ScriptedReader

TOWNS = ("Ostrava Bay", "Quillmouth", "Brackwater", "Lower Fennick")
PERIODS = 3


def day(period: int, of_month: int = 1) -> datetime:
    return datetime(2020, period, of_month, tzinfo=UTC)


@validate_call
def load(path: Path | None = None, *, seed: int = 0, examples: int = 2) -> Stream:
    """Load towns whose mayor changes in each period.

    Args:
        path: Not looked at.
        seed: Another one elects others.
        examples: How many of each kind a period asks.
    """
    return Stream(
        name="towns", periods=tuple(_period(j, seed, examples) for j in range(1, PERIODS + 1))
    )


def _fact(town: str, period: int, seed: int) -> Fact:
    last = period == PERIODS
    return Fact(
        subject=town,
        relation="mayor",
        value=f"Mayor {period}-{seed}",
        valid_from=day(period, 2),
        valid_to=None if last else day(period + 1, 2),
        doc_ids=(f"{town}/{period}",),
    )


def _period(period: int, seed: int, examples: int) -> Period:
    facts = [_fact(town, period, seed) for town in TOWNS]
    return Period(
        name=f"month {period}",
        start=day(period),
        end=day(period + 1),
        documents=tuple(
            SourceDocument(
                doc_id=fact.doc_ids[0],
                title=fact.subject,
                text=f"{fact.value} was elected mayor of {fact.subject}.",
                published_at=fact.valid_from,
            )
            for fact in facts
        ),
        examples=tuple(
            Example(
                example_id=f"{fact.subject}-{period}-{number}",
                wordings=(
                    f"Who was mayor of {fact.subject} in month {period}?",
                    f"In month {period}, who led {fact.subject}?",
                ),
                answers=(fact.value,),
                cluster=fact.subject,
                cohort=Cohort.NEW if period == 1 else Cohort.UPDATED,
                form=Form.AS_OF if number % 2 else Form.BEFORE,
                gold_docs=fact.doc_ids,
                facts=(fact,),
            )
            for number, fact in zip(range(examples), itertools.cycle(facts), strict=False)
        ),
        standing=tuple(
            StandingQuestion(
                question_id=f"mayor-of-{town}",
                wordings=(f"Who is mayor of {town}?",),
                history=tuple(_fact(town, j, seed) for j in range(1, PERIODS + 1)),
            )
            for town in TOWNS[:examples]
        )
        if period == 1
        else (),
    )


def without_facts(path: Path | None = None, *, seed: int = 0) -> Stream:
    """The same towns, of a benchmark that tells no facts and no documents."""
    stream = load(path, seed=seed)
    periods = (
        replace(
            period,
            standing=(),
            examples=tuple(replace(one, facts=(), gold_docs=()) for one in period.examples),
        )
        for period in stream.periods
    )
    return replace(stream, periods=tuple(periods))


class Diligent:
    """Says how many documents it has read; notes all it does.

    Attributes:
        deeds: Of all of its kind, in order.
    """

    deeds: ClassVar[list[str]] = []

    def __init__(self, bench: Bench) -> None:
        self.deeds.append("made")
        self._bench = bench
        self._read = 0

    def observe(self, period: Period) -> Taught:
        self.deeds.append(f"observed {period.name}")
        self._read += len(period.documents)
        return Taught(flops=7.0, tokens=5, state_bytes=self._read)

    def answer(self, asked: Asked) -> Prediction:
        self.deeds.append(asked.question)
        line = EvidenceLine(doc_id="d", date="2020-01-02", text="élan", score=0.123456789)
        return Prediction(
            said=f"{self._read} of {self._bench.options.get('shade', 'grey')}",
            confidence=1 / 3,
            evidence=(line,),
            usage=Usage(seconds=0.5, calls=1, tokens_in=30, tokens_out=10),
        )


class Cheating(Diligent):
    """Says what the key says."""

    def answer(self, asked: Asked) -> Prediction:
        return Prediction(said="no key" if asked.key is None else asked.key.answers[0])


class Bound(Cheating):
    """May look."""

    @staticmethod
    def why_not(stream: Stream) -> str:
        return ""


class Unsure(Diligent):
    """Is more than sure."""

    def answer(self, asked: Asked) -> Prediction:
        return Prediction(said="x", confidence=1.5)


class StoppedError(Exception):
    """What stops a fragile learner."""


class Fragile(Diligent):
    """Stops at the answer whose turn it is.

    Attributes:
        left: How many answers are given before.
    """

    left = 0

    def answer(self, asked: Asked) -> Prediction:
        if Fragile.left == 0:
            raise StoppedError
        Fragile.left -= 1
        return super().answer(asked)


def _entry(name: str, *, family: str = "retrieval", is_bound: bool = False) -> LearnerEntry:
    return LearnerEntry(f"{__name__}:{name}", family, "", is_bound=is_bound)


LEARNERS = {
    "diligent": _entry("Diligent"),
    "cheating": _entry("Cheating"),
    "bound": _entry("Bound", is_bound=True),
    "unsure": _entry("Unsure"),
    "fragile": _entry("Fragile"),
    "closed": _entry("Diligent", family="closed"),
}
STREAMS = {
    "towns": StreamEntry(f"{__name__}:load", "mayors of towns"),
    "bare": StreamEntry(f"{__name__}:without_facts", "mayors, and no facts"),
}


@contextmanager
def registered() -> Iterator[None]:
    """With this module's learners and benchmarks besides the project's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evals.registry, "LEARNERS", {**evals.registry.LEARNERS, **LEARNERS})
        patch.setattr(evals.streams, "STREAMS", {**evals.streams.STREAMS, **STREAMS})
        Diligent.deeds.clear()
        yield


def equipment(cache: Path) -> Equipment:
    """Models that need no weights."""
    embedder, reader = HashingEmbedder(), ScriptedReader(lambda _: "Mayor 1-0")
    return Equipment(
        config=Config(),
        cache=cache,
        embedder=lambda: embedder,
        embedder_id="hashing@1",
        reader=lambda: reader,
        reader_id="scripted@1",
        reader_parameters=lambda: 1_000,
        has_energy_meter=False,
    )

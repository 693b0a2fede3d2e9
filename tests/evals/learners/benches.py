"""Benches and invented facts for tests of learners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.ports import Bench
from evals.types import Asked, Example, Fact, Period, SourceDocument
from rag_lifelong.config import Config
from rag_lifelong.ports import Embedder, Reader
from rag_lifelong.testing import HashingEmbedder, ScriptedReader


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def unloadable() -> Any:
    raise AssertionError("a model was loaded")


def says(*answers: str) -> ScriptedReader:
    return ScriptedReader(answers)


def bench(
    folder: Path,
    reader: Reader | None = None,
    *,
    reading: str = "llm",
    embedder: Callable[[], Embedder] = HashingEmbedder,
    config: Config | None = None,
    **options: str,
) -> Bench:
    return Bench(
        folder=folder / "own",
        shared=folder / "shared",
        start=day("2020-01-01"),
        embedder=embedder,
        reader=unloadable if reader is None else lambda: reader,
        config=Config() if config is None else config,
        reading=reading,
        options=options,
    )


ANN = Fact(
    subject="Nimvale",
    relation="mayor",
    value="Ann Orrin",
    valid_from=day("2020-02-01"),
    valid_to=day("2021-03-04"),
    statement="The mayor of Nimvale is Ann Orrin.",
    doc_ids=("ann",),
)
BOB = Fact(
    subject="Nimvale",
    relation="mayor",
    value="Bob Tessel",
    valid_from=day("2021-03-04"),
    told_at=day("2021-03-05"),
    statement="The mayor of Nimvale is Bob Tessel.",
    doc_ids=("bob", "both"),
)
FIRST = Period(
    name="2020",
    start=day("2020-01-01"),
    end=day("2021-01-01"),
    documents=(
        SourceDocument(
            doc_id="ann",
            title="Nimvale votes",
            text="Ann Orrin became mayor of Nimvale.",
            published_at=day("2020-02-01"),
        ),
        SourceDocument(
            doc_id="rain",
            title="Weather",
            text="Rain fell on the hills for a week.",
            published_at=day("2020-06-01"),
        ),
    ),
)
SECOND = Period(
    name="2021",
    start=day("2021-01-01"),
    end=day("2022-01-01"),
    documents=(
        SourceDocument(
            doc_id="bob",
            title="Nimvale votes again",
            text="Bob Tessel is the new mayor of Nimvale.",
            published_at=day("2021-03-05"),
        ),
    ),
)
NOW = Example(
    example_id="now",
    wordings=("Who is the mayor of Nimvale?",),
    answers=("Bob Tessel",),
    superseded=("Ann Orrin",),
    gold_docs=("bob", "both"),
    stale_docs=("ann",),
    facts=(ANN, BOB),
)


def asked(example: Example, at: str, *, wording: int = 0, key: bool = True) -> Asked:
    return Asked(
        question=example.question,
        asked_at=day(at),
        wording=wording,
        key=example if key else None,
    )

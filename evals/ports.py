"""The seams of an evaluation: what a learner is, and what it is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from evals.types import Asked, Period, Prediction, Taught
from rag_lifelong.config import Config
from rag_lifelong.ports import Embedder, Reader


class Learner(Protocol):
    """A system that is told documents period by period and answers questions in between.

    The retrieval system and every way of teaching a model are learners under one runner, on the
    same periods, documents and questions, so that the runner cannot favour either.
    """

    def observe(self, period: Period) -> Taught:
        """Learn the documents of the next period; its questions must not be looked at.

        Called for each period in order. What a learner needs to go on after a crash it keeps in its
        `Bench.folder`, so that observing a period again costs little and changes nothing.
        """
        ...

    def answer(self, asked: Asked) -> Prediction:
        """Answer from what has been observed so far, and nothing published after `asked_at`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a learner is given to work with."""

    folder: Path
    """Its own; kept between runs of the same learner on the same stream with the same seed."""
    shared: Path
    """Of all learners on the same stream and seed: what each would make alike (the store)."""
    start: datetime
    """The start of the stream: nothing is known before it."""
    embedder: Callable[[], Embedder]
    """Loads the embedder when first called."""
    reader: Callable[[], Reader]
    """Loads the frozen language model when first called."""
    config: Config
    """Settings of retrieval and reading."""
    seed: int = 0
    reading: str = "llm"
    """`llm`: the frozen language model reads the evidence. `perfect`: what the best line's document
    states of the fact asked about is the answer, which isolates retrieval; it needs streams that
    tell facts with their documents."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The user's settings for this learner."""


class Make(Protocol):
    """Makes a learner."""

    def __call__(self, bench: Bench) -> Learner:
        """A learner that has observed nothing yet, or what it kept in the folder.

        Raises:
            EvalError: If an option is unknown or wrong.
            ModelError: If a model it cannot do without is missing.
        """
        ...

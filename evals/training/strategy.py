"""What differs between ways of teaching: a strategy, asked by the one loop at fixed places.

The base class is plain sequential fine-tuning; a strategy overrides what it does otherwise, and
is kept whole, with the model, after each period: all its state is in its attributes, which have to
be picklable.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from evals.learners.options import Options
from evals.training.samples import Batch, Sample
from evals.training.student import Student, learnt, tensor_bytes, trainable
from evals.types import SourceDocument

_SORTED = 8
"""Batches among which samples are sorted by length."""


class Regime(StrEnum):
    """What a period's documents are made into, for every strategy alike."""

    RAW = "raw"
    """The documents as they are."""
    AUGMENTED = "augmented"
    """Beside them paraphrases, and questions with answers."""
    QUESTIONS = "questions"
    """The questions alone, which are the shortest: for models that take long."""


class StrategyOptions(Options):
    """What may be set of every strategy; those of one are fields of a subclass."""

    model: str = "tiny"
    """`tiny`, `small`, or a directory or hub id of a causal language model."""
    data: Regime = Regime.AUGMENTED
    augmenter: str = "templates"
    """Who paraphrases and asks: `templates` (of the generated language) or `llm`."""
    every: int = Field(default=1, ge=1)
    """2: every second of these is taught, and so on, for models that take long."""
    bf16: bool = False
    """Whether weights are bf16 on a CPU too; those of `low_rank` layers stay fp32."""
    low_rank: int = Field(default=0, ge=0)
    """Rank of low-rank layers (LoRA) that are taught in place of all weights; 0: all weights."""
    epochs: int = Field(default=4, ge=0)
    batch: int = Field(default=16, ge=1)
    """Samples of a step."""
    accumulate: int = Field(default=1, ge=1)
    """Parts a step's samples are put through the model in, to need less memory."""
    lr: float = Field(default=1e-3, gt=0)
    warmup: float = Field(default=0.05, ge=0, le=1)
    """Share of a period's steps in which the learning rate rises to `lr`."""
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of the gradients."""
    max_tokens: int = Field(default=192, ge=8)
    """Longest sample."""
    checkpointing: bool = False
    """Whether activations are computed again in the backward pass, to need less memory."""
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    """Probability of an answer's least likely token from which it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a period teaches."""

    number: int
    """From 1."""
    name: str
    samples: tuple[Sample, ...]
    documents: tuple[SourceDocument, ...] = ()


class Strategy:
    """Sequential fine-tuning of all weights (the lower bound), and the hooks of all others.

    The loop calls, in this order: `setup` once; for each period `begin_period`, then for each of
    `batches` `loss`, `after_backward` before the optimizer's step, `after_step` behind it, and
    `end_period`. Before a question is answered it calls `route`.
    """

    name: ClassVar[str]
    """As the learner is called."""
    Options: ClassVar[type[StrategyOptions]] = StrategyOptions

    student: Student

    def __init__(self, options: StrategyOptions, *, seed: int = 0) -> None:
        self.options = options
        self.seed = seed

    def setup(self, student: Student) -> None:
        """Take the model, and change it as the strategy needs it."""
        self.student = student

    def begin_period(self, lesson: Lesson) -> None:
        """Prepare for a period."""

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """The samples of each step, of all epochs."""
        yield from self.shuffled(lesson.samples, lesson)

    def loss(self, batch: Batch) -> Tensor:
        """What is made small: [] ; of a part of a step's samples where they are accumulated."""
        return self.student.loss(batch)

    def backward(self, samples: Sequence[Sample], loss: Callable[[Batch], Tensor]) -> None:
        """Add the gradients of a loss over samples, in as many parts as `options.accumulate` says.

        Each part counts by its share of the tokens that are learnt, of which a loss is the mean, so
        that accumulating changes memory and not the step.

        Args:
            samples: What is put through the model.
            loss: The mean loss of what is learnt: [].
        """
        n_parts = min(self.options.accumulate, len(samples))
        parts = [self.student.batch(samples[part::n_parts]) for part in range(n_parts)]
        n_learnt = [len(learnt(part)) for part in parts]
        for part, n in zip(parts, n_learnt, strict=True):
            if n:
                (loss(part) * (n / sum(n_learnt))).backward()

    def after_backward(self) -> None:
        """Change the gradients; they are not clipped yet."""

    def after_step(self) -> None:
        """Change the weights behind the optimizer's step."""

    def end_period(self, lesson: Lesson) -> None:
        """Keep what later periods need of this one."""

    def route(self, question: str, asked_at: datetime) -> None:
        """Choose the part of the model that answers a question."""

    def rate(self, progress: float) -> float:
        """The learning rate of a step, as a share of `options.lr`; `progress` in [0, 1).

        Rises in the warm-up and falls along a cosine to a tenth, anew in each period.
        """
        warmup = self.options.warmup
        if progress < warmup:
            return progress / warmup
        done = (progress - warmup) / (1 - warmup) if warmup < 1 else 0.0
        return 0.1 + 0.45 * (1 + math.cos(math.pi * done))

    def optimizer(self) -> torch.optim.Optimizer:
        """A new optimizer for a period, over what is trained."""
        options = self.options
        return torch.optim.AdamW(
            trainable(self.student.model), lr=options.lr, weight_decay=options.weight_decay
        )

    def state_bytes(self) -> int:
        """What has to be kept to answer and to go on: weights that differ from the base, and more.

        Here the trained weights.
        """
        return tensor_bytes(trainable(self.student.model))

    def shuffled(
        self, samples: Sequence[Sample], lesson: Lesson, *, size: int | None = None
    ) -> Iterator[list[Sample]]:
        """Batches of samples, in another order each epoch; the same whenever it is asked again.

        Samples of a batch are of about the same length, because padding takes as long as text.

        Args:
            samples: All of them.
            lesson: The period.
            size: Samples of a batch; `options.batch` if None.
        """
        size = size or self.options.batch
        draw = Random(f"{self.seed} {lesson.number} {lesson.name}")
        for _ in range(self.options.epochs):
            order = draw.sample(samples, len(samples))
            for start in range(0, len(order), _SORTED * size):
                window = sorted(order[start : start + _SORTED * size], key=_length)
                batches = [window[i : i + size] for i in range(0, len(window), size)]
                draw.shuffle(batches)
                yield from batches


def _length(sample: Sample) -> int:
    return len(sample.given) + len(sample.learnt)

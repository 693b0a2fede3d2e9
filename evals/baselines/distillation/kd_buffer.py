"""Distillation on samples of earlier periods that are kept."""

from random import Random

from pydantic import Field

from evals.baselines.distillation.old_texts import OldTexts, OldTextsOptions
from evals.baselines.replay.buffer import Buffer
from evals.training.strategy import Lesson


class KdBufferOptions(OldTextsOptions):
    """How many are kept."""

    buffer: int = Field(default=1000, ge=0)
    """Samples of earlier periods that are kept."""


class KdBuffer(OldTexts):
    """KL(old ‖ new) on a buffer in which each sample so far is with the same chance (Vitter, 1985).

    As iCaRL (arXiv 1611.07725) distils on its exemplars, here with the old model's whole
    distribution and with temperature and weight of L2KD (arXiv 2010.02123).
    The old model's opinion counts and not the samples' own answers, so what the old model had wrong
    it may keep wrong. A sample about a fact that has changed since stays in the buffer: nothing
    tells which fact a sample is about.
    """

    name = "kd-buffer"
    Options = KdBufferOptions
    options: KdBufferOptions

    def __init__(self, options: KdBufferOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.buffer = Buffer(options.buffer)
        self.old = self.buffer.samples

    def end_period(self, lesson: Lesson) -> None:
        """Let the period's samples into the buffer."""
        super().end_period(lesson)
        self.buffer.add(lesson.samples, Random(f"{self.seed} {self.name} keeps {lesson.number}"))

    def state_bytes(self) -> int:
        """The weights, and the texts in the buffer."""
        return super().state_bytes() + self.buffer.nbytes

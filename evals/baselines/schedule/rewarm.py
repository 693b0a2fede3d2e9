"""Re-warming: in each period the learning rate rises and falls again, beside a little replay."""

import math
from collections.abc import Iterator, Sequence

from pydantic import Field

from evals.baselines.replay.buffered import Buffered, BufferOptions
from evals.training.samples import Sample
from evals.training.strategy import Lesson


class RewarmOptions(BufferOptions):
    """Options of re-warming."""

    share: float = Field(default=0.05, ge=0, le=1)
    """Of all samples, how many are old ones in place of new."""
    floor: float = Field(default=0.1, ge=0, le=1)
    """Learning rate that a period ends with, as a share of the largest."""


class Rewarm(Buffered):
    """Linear re-warming, cosine re-decay, and replay at no cost (Ibrahim et al., arXiv 2403.08763).

    The rate rises from where the last period left it, and falls along a cosine to `floor` again.
    A sample of each batch is an old one with the probability `share`, in place of a new one, so
    that a period takes as many steps as without (compute-equivalent replay).
    """

    name = "rewarm"
    Options = RewarmOptions
    options: RewarmOptions

    def __init__(self, options: RewarmOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._start = 0.0

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """New samples, a few of which give way to old ones."""
        for new in self.shuffled(lesson.samples, lesson):
            yield [self._old_or(one) for one in new]

    def rate(self, progress: float) -> float:
        """Up from where it was, down to the floor."""
        options = self.options
        if progress < options.warmup:
            return self._start + (1 - self._start) * progress / options.warmup
        done = (progress - options.warmup) / (1 - options.warmup)
        return options.floor + (1 - options.floor) * (1 + math.cos(math.pi * done)) / 2

    def end_period(self, lesson: Lesson) -> None:
        """Go on from the floor."""
        super().end_period(lesson)
        self._start = self.options.floor

    def _old_or(self, new: Sample) -> Sample:
        if not self.buffer.samples or self.draw.random() >= self.options.share:
            return new
        return self.draw.choice(self.buffer.samples)

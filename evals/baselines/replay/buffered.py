"""What the strategies have in common that keep some samples of earlier periods."""

from random import Random

from pydantic import Field

from evals.baselines.replay.buffer import Buffer
from evals.baselines.replay.freshness import still_true
from evals.training.strategy import Lesson, Strategy, StrategyOptions


class BufferOptions(StrategyOptions):
    """Options of strategies with a buffer."""

    buffer: int = Field(default=1000, ge=0)
    """Samples of earlier periods that are kept."""
    fresh: bool = False
    """Whether what newer samples contradict is taken out of the buffer (`freshness.still_true`).

    A buffer that keeps the old values of facts teaches them again; without them the model is not
    reminded of what was true earlier, either.
    """


class Buffered(Strategy):
    """Fine-tuning with a buffer, from which nothing is drawn yet."""

    Options = BufferOptions
    options: BufferOptions

    def __init__(self, options: BufferOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.buffer = Buffer(options.buffer)

    def begin_period(self, lesson: Lesson) -> None:
        """Take out what is no longer true, where that is asked for."""
        super().begin_period(lesson)
        self.draw = Random(f"{self.seed} old {lesson.number}")
        if self.options.fresh:
            self.buffer.samples = still_true(self.buffer.samples, lesson.samples)

    def end_period(self, lesson: Lesson) -> None:
        """Keep some of the period's samples."""
        super().end_period(lesson)
        self.buffer.add(lesson.samples, self.draw)

    def state_bytes(self) -> int:
        """The weights, and the texts of the buffer."""
        return super().state_bytes() + self.buffer.nbytes

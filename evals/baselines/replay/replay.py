"""Experience replay: old samples in every batch."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from evals.baselines.replay.buffered import Buffered, BufferOptions
from evals.training.samples import Sample
from evals.training.strategy import Lesson


class ReplayOptions(BufferOptions):
    """Options of experience replay."""

    share: float = Field(default=0.25, ge=0, lt=1)
    """Of the samples of a batch, how many are old."""


class Replay(Buffered):
    """Mixes samples of a buffer into each batch (ER: Chaudhry et al., arXiv 1902.10486).

    A batch is as large as without, so that a period takes 1/(1 - share) times as many steps, and
    every new sample is learnt as often as in sequential fine-tuning. The buffer is a reservoir over
    the samples of all periods; it takes those of a period when the period ends.
    """

    name = "replay"
    Options = ReplayOptions
    options: ReplayOptions

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """Some new samples and, from the second period on, some old."""
        share = self.options.share if self.buffer.samples else 0.0
        n_new = max(1, round(self.options.batch * (1 - share)))
        for new in self.shuffled(lesson.samples, lesson, size=n_new):
            yield [*new, *self.buffer.draw(round(len(new) * share / (1 - share)), self.draw)]

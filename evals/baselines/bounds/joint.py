"""Joint training: everything so far, from the start, at a cost that grows with every period."""

from collections.abc import Iterator, Sequence

from evals.baselines.bounds.anew import Anew
from evals.training.samples import Sample, text_bytes
from evals.training.strategy import Lesson, StrategyOptions


class Joint(Anew):
    """The upper bound of what is taught: it keeps every sample, and teaches all of them again."""

    name = "joint"

    def __init__(self, options: StrategyOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._samples: list[Sample] = []

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """All periods' samples, mixed."""
        self._samples.extend(lesson.samples)
        yield from self.shuffled(self._samples, lesson)

    def state_bytes(self) -> int:
        """The weights, and the texts of all samples."""
        return super().state_bytes() + text_bytes(self._samples)

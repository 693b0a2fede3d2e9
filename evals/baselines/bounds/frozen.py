"""The model to be taught, untaught: what the others know more than it, they learnt."""

from collections.abc import Iterator, Sequence

from evals.training.samples import Sample
from evals.training.strategy import Lesson, Strategy


class Frozen(Strategy):
    """Learns nothing."""

    name = "frozen"

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """None."""
        return iter(())

    def state_bytes(self) -> int:
        """Nothing differs from the base."""
        return 0

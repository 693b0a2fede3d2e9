"""A few samples of all that was told, to be learnt again."""

from collections.abc import Iterable
from random import Random

from evals.training.samples import Sample, text_bytes


class Buffer:
    """Samples, each of those told so far as likely to be here as any other.

    A reservoir (algorithm R: Vitter, ACM TOMS 11(1), 1985). Where some have been taken out, those
    told next fill their places first.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.samples: list[Sample] = []
        self._n_told = 0

    def add(self, samples: Iterable[Sample], draw: Random) -> None:
        """Tell samples, some of which are kept."""
        for sample in samples:
            self._n_told += 1
            if len(self.samples) < self.size:
                self.samples.append(sample)
            elif (place := draw.randrange(self._n_told)) < self.size:
                self.samples[place] = sample

    def draw(self, n: int, draw: Random) -> list[Sample]:
        """As many different samples; all, in another order, if there are fewer."""
        return draw.sample(self.samples, min(n, len(self.samples)))

    @property
    def nbytes(self) -> int:
        """Bytes of the texts."""
        return text_bytes(self.samples)

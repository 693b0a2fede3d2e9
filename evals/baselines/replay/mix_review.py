"""Mix-review: each epoch reviews old samples, fewer from epoch to epoch."""

from collections.abc import Iterator, Sequence
from random import Random

from pydantic import Field

from evals.baselines.replay.buffered import Buffered, BufferOptions
from evals.training.samples import Sample
from evals.training.strategy import Lesson


class MixReviewOptions(BufferOptions):
    """Options of mix-review."""

    ratio: float = Field(default=4.0, ge=0)
    """Old samples for each new one, in the first epoch."""
    decay: float = Field(default=0.7, ge=0, le=1)
    """How many of them are left from one epoch to the next."""


class MixReview(Buffered):
    """Mixes ratio * decay^epoch old samples for each new one into an epoch (arXiv 1910.07117).

    The numbers are those of CKL (arXiv 2110.03215). There the old ones are a sample of the corpus
    of pretraining; here they are of earlier periods, because the corpus of a model is not at hand.
    Epochs are counted anew in each period, and no old sample comes twice in an epoch, so that a
    small buffer does not outweigh what is new.
    """

    name = "mix-review"
    Options = MixReviewOptions
    options: MixReviewOptions

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """New samples and the old ones to be reviewed, mixed in each epoch."""
        options = self.options
        order = Random(f"{self.seed} {lesson.number} {lesson.name}")
        for epoch in range(options.epochs):
            n_old = round(options.ratio * options.decay**epoch * len(lesson.samples))
            mixed = [*lesson.samples, *self.buffer.draw(n_old, self.draw)]
            order.shuffle(mixed)
            for start in range(0, len(mixed), options.batch):
                yield mixed[start : start + options.batch]

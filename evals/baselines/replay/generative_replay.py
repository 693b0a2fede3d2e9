"""Generative replay: the model draws its own samples of what it was told before."""

from collections.abc import Iterator, Sequence
from random import Random

from pydantic import Field
from torch import Tensor

from evals.baselines.replay.recalling import RECALL, recalled, whole
from evals.training.samples import Batch, Sample
from evals.training.sampling import sample_texts
from evals.training.strategy import Lesson, Strategy, StrategyOptions


class GenerativeReplayOptions(StrategyOptions):
    """Options of generative replay."""

    weight: float = Field(default=0.25, ge=0)
    """Of the loss of whole samples, lambda."""
    share: float = Field(default=0.2, ge=0)
    """Samples drawn before a period for each new one, gamma."""
    top_k: int = Field(default=20, ge=1)
    """Most likely tokens that a token is drawn from."""


class GenerativeReplay(Strategy):
    """Learns to say whole samples, and replays what it says (LAMOL, arXiv 1909.03329).

    The loss is that of the answer given the question, plus lambda times that of both together. In
    place of new tokens of the vocabulary for "draw a sample" and "the answer follows" there are
    words, so that any model can be taught. All earlier periods are drawn from together.

    What it draws may be wrong, and is then learnt all the same.
    """

    name = "generative-replay"
    Options = GenerativeReplayOptions
    options: GenerativeReplayOptions

    def __init__(self, options: GenerativeReplayOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.drawn: list[Sample] = []
        """Samples of earlier periods, as the model drew them before this one."""
        self._has_learnt = False

    def begin_period(self, lesson: Lesson) -> None:
        """Draw samples, once something was learnt."""
        n = round(self.options.share * len(lesson.samples)) if self._has_learnt else 0
        texts = self._texts(n, Random(f"{self.seed} recall {lesson.number}")) if n else []
        self.drawn = recalled(texts)

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """New and drawn samples, mixed."""
        yield from self.shuffled([*lesson.samples, *self.drawn], lesson)

    def loss(self, batch: Batch) -> Tensor:
        """The loss of the answers, and of the samples as a whole."""
        both = self.student.batch([whole(one) for one in batch.samples])
        return super().loss(batch) + self.options.weight * self.student.loss(both)

    def end_period(self, lesson: Lesson) -> None:
        """Let go of what was drawn."""
        self.drawn = []
        self._has_learnt = True

    def _texts(self, n: int, draw: Random) -> list[str]:
        return sample_texts(
            self.student,
            RECALL,
            n=n,
            top_k=self.options.top_k,
            max_tokens=self.options.max_tokens,
            seed=draw.getrandbits(63),
        )

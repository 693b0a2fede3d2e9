"""Online EWC: weights that mattered are pulled back more."""

from random import Random

import torch
from pydantic import Field
from torch import Tensor

from evals.baselines.regularisation.pulling import pull, trained_blocks
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import tensor_bytes
from evals.training.weights import copied


class EwcOptions(StrategyOptions):
    """Options of online EWC."""

    strength: float = Field(default=5000.0, ge=0)
    """Lambda."""
    decay: float = Field(default=0.9, ge=0, le=1)
    """How much of the importance of earlier periods is left after one more."""
    drawn: int = Field(default=256, ge=1)
    """Samples of a period that importance is measured on, at most."""


class Ewc(Strategy):
    """Loss + lambda/2 Σ F (weight - its value after the last period)².

    Elastic weight consolidation (arXiv 1612.00796) with one importance for all earlier periods,
    F = decay F + F of the period (online: arXiv 1805.06370). F of a period is the mean, over single
    samples, of the squared gradient of a sample's loss (the empirical Fisher information); of the
    gradient of a batch it would be smaller by the size of the batch. A sample's loss is the mean
    over its tokens, so that long documents do not outweigh.

    Embeddings and the output layer are neither measured nor pulled: copies of a vocabulary of
    262,000 would be most of the memory.
    """

    name = "ewc"
    Options = EwcOptions
    options: EwcOptions

    def __init__(self, options: EwcOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.importance: dict[str, Tensor] = {}
        self._home: dict[str, Tensor] = {}

    def begin_period(self, lesson: Lesson) -> None:
        """Remember where the weights are."""
        self._home = copied(trained_blocks(self.student))

    def after_backward(self) -> None:
        """Pull, once something was learnt."""
        if self.importance:
            pull(
                trained_blocks(self.student),
                self._home,
                strength=self.options.strength,
                importance=self.importance,
            )

    def end_period(self, lesson: Lesson) -> None:
        """Measure which weights matter for what was just learnt."""
        self._home = {}
        found = self._measured(lesson)
        for name, earlier in self.importance.items():
            found[name] += self.options.decay * earlier
        self.importance = found

    def state_bytes(self) -> int:
        """The weights and their importance."""
        return super().state_bytes() + tensor_bytes(self.importance.values())

    def _measured(self, lesson: Lesson) -> dict[str, Tensor]:
        draw = Random(f"{self.seed} importance {lesson.number}")
        some = draw.sample(lesson.samples, min(self.options.drawn, len(lesson.samples)))
        weights = trained_blocks(self.student)
        found = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        self.student.model.eval()
        for sample in some:
            loss = self.student.loss(self.student.batch([sample]))
            gradients = torch.autograd.grad(loss, list(weights.values()), materialize_grads=True)
            for sum_, gradient in zip(found.values(), gradients, strict=True):
                sum_.addcmul_(gradient, gradient, value=1 / len(some))
        return found

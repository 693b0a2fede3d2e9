"""RecAdam: the optimizer first recalls what the weights were, and learns more and more."""

import math

import torch
from pydantic import Field
from torch import Tensor

from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.weights import copied, trained


class RecAdamOptions(StrategyOptions):
    """Options of RecAdam."""

    strength: float = Field(default=100.0, ge=0)
    """Gamma. A step pulls by the learning rate times gamma: with 1e-3 as 5000 does with 2e-5."""
    turn: float = Field(default=0.2, gt=0, le=1)
    """Share of a period's steps after which learning and recalling weigh the same, t0."""
    sharpness: float = Field(default=12.5, gt=0)
    """Of the turn, k t0; 125 with k = .5 and t0 = 250."""


class RecAdam(Strategy):
    """lambda(t) loss + (1 - lambda(t)) gamma/2 ‖weights - home‖² (arXiv 2004.12651).

    lambda(t) = 1 / (1 + exp(-k (t - t0))). As in the paper the two are decoupled: Adam steps by
    lambda times the learning rate, and the pull does not go through its moments. Home is where the
    weights are when a period begins.

    The paper counts t in steps, with t0 = 250: of a period with fewer nothing would be learnt. Here
    t0 is a share of the period's steps, and the schedule begins anew in each. The pull of a step is
    at most the whole way back; a large gamma would throw weights beyond it.
    """

    name = "recadam"
    Options = RecAdamOptions
    options: RecAdamOptions
    _home: dict[str, Tensor]
    _progress: float = 0.0

    def begin_period(self, lesson: Lesson) -> None:
        """Remember where the weights are."""
        self._home = copied(trained(self.student.model))

    def learning(self, progress: float) -> float:
        """How much is learning and not recalling, lambda(t), at a share of the steps."""
        return 1 / (1 + math.exp(-self.options.sharpness * (progress / self.options.turn - 1)))

    def rate(self, progress: float) -> float:
        """The usual rate, as far as it is for learning."""
        self._progress = progress
        return super().rate(progress) * self.learning(progress)

    @torch.no_grad()
    def after_step(self) -> None:
        """Recall."""
        recalling = super().rate(self._progress) * (1 - self.learning(self._progress))
        share = min(1.0, self.options.lr * recalling * self.options.strength)
        for name, weight in trained(self.student.model).items():
            weight.lerp_(self._home[name], share)

    def end_period(self, lesson: Lesson) -> None:
        """Forget where they were."""
        self._home = {}

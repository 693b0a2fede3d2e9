"""An infinite schedule: the learning rate never rises again, and is annealed only to answer."""

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from evals.training.samples import Sample
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import tensor_bytes
from evals.training.weights import bring_back, copied, trained


class InfiniteRateOptions(StrategyOptions):
    """Options of the infinite schedule; rates are shares of `lr`."""

    constant: float = Field(default=0.5, gt=0, le=1)
    """Rate that is kept over all periods."""
    cooldown: float = Field(default=0.5, ge=0, le=1)
    """Share of the first period's steps in which the rate falls from its top to the constant."""
    anneal: float = Field(default=0.1, ge=0, lt=1)
    """Share of each period's steps, its last, in which it falls to the floor."""
    floor: float = Field(default=0.1, gt=0, le=1)
    """Rate that annealing ends with."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """What a period ends with, before it is annealed."""

    weights: dict[str, Tensor]
    moments: dict[str, Any]
    """State of the optimizer."""


class InfiniteRate(Strategy):
    """Warms up once, then keeps one rate; annealing is a branch (Ibrahim et al., 2403.08763).

    The first period warms up and cools down along a cosine to the constant rate. The last steps of
    each period are annealed, exponentially: what comes of them answers questions. The next period
    goes on from the weights and the moments of Adam of before those steps, at the constant rate, so
    that nothing is forgotten by warming up again. The batches of the annealed steps are lost to it;
    where there are several epochs, their samples were seen before.
    """

    name = "infinite-lr"
    Options = InfiniteRateOptions
    options: InfiniteRateOptions

    def __init__(self, options: InfiniteRateOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._trunk: Trunk | None = None
        self._is_first = True
        self._steps_to_branch = 0
        self._optimizer: torch.optim.Optimizer | None = None

    def begin_period(self, lesson: Lesson) -> None:
        """Go back to before the annealing, if there is something to learn."""
        self._is_first = self._trunk is None
        if self._trunk is not None and lesson.samples:
            bring_back(trained(self.student.model), self._trunk.weights)

    def optimizer(self) -> torch.optim.Optimizer:
        """An optimizer that goes on with the moments of the last period."""
        self._optimizer = super().optimizer()
        if self._trunk is not None:
            self._optimizer.load_state_dict(self._trunk.moments)
            for group in self._optimizer.param_groups:
                group["lr"] = self.options.lr
        return self._optimizer

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """As usual; the steps before the annealing are counted."""
        steps = list(super().batches(lesson))
        branch = 1 - self.options.anneal
        self._steps_to_branch = sum(i / len(steps) < branch for i in range(len(steps)))
        yield from steps

    def rate(self, progress: float) -> float:
        """Up, down and on in the first period, then on; down at the end of each."""
        options = self.options
        branch = 1 - options.anneal
        if progress >= branch:
            done = (progress - branch) / options.anneal
            return options.constant * math.pow(options.floor / options.constant, done)
        return self._trunk_rate(progress) if self._is_first else options.constant

    def after_step(self) -> None:
        """Keep what the next period goes on from, where the annealing begins."""
        self._steps_to_branch -= 1
        if self._steps_to_branch == 0 and self._optimizer is not None:
            self._trunk = Trunk(
                weights=copied(trained(self.student.model)),
                moments=copy.deepcopy(self._optimizer.state_dict()),
            )

    def end_period(self, lesson: Lesson) -> None:
        """Let the optimizer go; its moments are kept."""
        self._optimizer = None

    def state_bytes(self) -> int:
        """The annealed weights, and those before it with the moments of Adam."""
        return super().state_bytes() + (0 if self._trunk is None else _bytes_of(self._trunk))

    def _trunk_rate(self, progress: float) -> float:
        options = self.options
        if progress < options.warmup:
            return progress / options.warmup
        if progress >= options.warmup + options.cooldown:
            return options.constant
        done = (progress - options.warmup) / options.cooldown
        return options.constant + (1 - options.constant) * (1 + math.cos(math.pi * done)) / 2


def _bytes_of(trunk: Trunk) -> int:
    moments = [
        value
        for of_one in trunk.moments["state"].values()
        for value in of_one.values()
        if isinstance(value, Tensor)
    ]
    return tensor_bytes([*trunk.weights.values(), *moments])

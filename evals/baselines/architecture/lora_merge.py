"""A LoRA for each period, all of them merged into the model."""

import torch
from peft.utils.merge_utils import ties
from pydantic import Field
from torch import Tensor

from evals.baselines.architecture.lora_layers import (
    LoraOptions,
    base_weights,
    renew_lora,
    scaling,
)
from evals.baselines.architecture.period_loras import PeriodLoras
from evals.training.strategy import Lesson
from evals.training.student import Student


class LoraMergeOptions(LoraOptions):
    """Options of `lora-merge`."""

    density: float = Field(default=0.5, gt=0, lt=1)
    """Share of each period's changes that are kept, the largest."""
    strength: float = Field(default=1.0, ge=0)
    """λ, how often the merged change counts."""


class LoraMerge(PeriodLoras):
    """Adds the TIES merge of all periods' changes to the model (arXiv 2306.01708).

    Of each period's change of a weight matrix the largest entries are kept; where the rest disagree
    on the sign of an entry, those of the heavier sign are averaged: W + λ ties(s B_1 A_1, ...).
    The changes B A themselves are merged: peft's `add_weighted_adapter` merges all A and all B
    apart, whose product mixes the A of one period with the B of another.
    """

    name = "lora-merge"
    Options = LoraMergeOptions
    options: LoraMergeOptions

    _start: list[Tensor]

    def setup(self, student: Student) -> None:
        """Put the layers in, and remember the weights beside them."""
        super().setup(student)
        self._start = [weight.clone() for weight in base_weights(student.model)]

    def begin_period(self, lesson: Lesson) -> None:
        """Go back to the weights of before the stream, with new layers."""
        super().begin_period(lesson)
        for weight, start in zip(base_weights(self.student.model), self._start, strict=True):
            weight.copy_(start)

    def end_period(self, lesson: Lesson) -> None:
        """Merge what every period has changed."""
        super().end_period(lesson)
        if not self.experts:
            return
        model = self.student.model
        ones = torch.ones(len(self.experts), device=self.student.device)
        for weight, *pairs in zip(base_weights(model), *self.experts.values(), strict=True):
            changes = [scaling(model) * (b @ a) for a, b in pairs]
            weight.add_(ties(changes, ones, self.options.density), alpha=self.options.strength)
        renew_lora(model)

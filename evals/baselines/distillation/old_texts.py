"""Distillation on texts of before, whichever way a strategy comes by them."""

import math
from random import Random

import torch
from pydantic import Field
from torch import Tensor

from evals.baselines.distillation.divergence import divergence
from evals.baselines.distillation.teacher import Distilled
from evals.training.samples import Batch, Sample
from evals.training.strategy import Lesson, StrategyOptions


class OldTextsOptions(StrategyOptions):
    """How strongly, and on how many."""

    alpha: float = Field(default=1.0, ge=0)
    """Weight of the distance from the old model on old texts against the loss on new ones."""
    temperature: float = Field(default=2.0, gt=0)
    share: float = Field(default=0.5, gt=0)
    """Old texts of a step, as a share of its new ones."""


class OldTexts(Distilled):
    """Learns the new texts, and says of old ones what it said before."""

    options: OldTextsOptions
    old: list[Sample]
    """Texts of before this period."""

    def begin_period(self, lesson: Lesson) -> None:
        """Copy the model, and begin the period's draws."""
        super().begin_period(lesson)
        self._draw = Random(f"{self.seed} {self.name} {lesson.number}")

    def loss(self, batch: Batch) -> Tensor:
        """That of the new texts, and the distance from the old model on some old ones."""
        task = self.student.loss(batch)
        n = min(len(self.old), math.ceil(self.options.share * len(batch.samples)))
        if n == 0:
            return task
        return task + self.options.alpha * self._distance(self._draw.sample(self.old, n))

    def _distance(self, samples: list[Sample]) -> Tensor:
        assert self.teacher is not None
        batch = self.student.batch(samples)
        with torch.no_grad():
            told = self.teacher.logits(batch).float()
        said = self.student.logits(batch).float()
        return divergence(told, said, temperature=self.options.temperature)

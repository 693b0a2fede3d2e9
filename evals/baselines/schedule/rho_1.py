"""RHO-1: only those tokens are learnt that a model of what is wanted knows better."""

from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor

from evals.training.loop import teach
from evals.training.samples import Batch, Kind, Sample
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student
from evals.training.weights import trained


class Rho1Options(StrategyOptions):
    """Options of RHO-1."""

    keep: float = Field(default=0.6, gt=0, le=1)
    """Share of a batch's tokens that is learnt."""


class Rho1(Strategy):
    """Loss of the tokens of a batch with the largest excess loss (RHO-1, arXiv 2404.07965).

    Excess = loss of the model - loss of a reference. The paper's reference has learnt clean text;
    here it is a copy of the model, when a period begins, that has learnt the period's questions and
    answers for as many epochs. The untaught model as the reference would tell nothing, since what
    it does not expect are the new facts. Its losses are computed once, so that it is not kept, and
    what it takes is counted. Where a period has no questions (raw documents), all tokens are
    learnt.

    Of a step that is put through in parts, the tokens of each part are chosen by themselves.
    """

    name = "rho-1"
    Options = Rho1Options
    options: Rho1Options

    def __init__(self, options: Rho1Options, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._expected: dict[Sample, Tensor] = {}

    def begin_period(self, lesson: Lesson) -> None:
        """Teach the reference, and ask it."""
        questions = tuple(one for one in lesson.samples if one.kind is Kind.QA)
        if not questions:
            return
        reference = self._reference(replace(lesson, samples=questions))
        with torch.no_grad():
            self._expected = {
                one: reference.losses(reference.batch([one])).cpu() for one in lesson.samples
            }

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss of the tokens that are worth it."""
        if not self._expected:
            return super().loss(batch)
        losses = self.student.losses(batch)
        expected = torch.cat([self._expected[one] for one in batch.samples]).to(losses.device)
        n = max(1, round(self.options.keep * len(losses)))
        return losses[(losses.detach() - expected).topk(n).indices].mean()

    def end_period(self, lesson: Lesson) -> None:
        """Forget what the reference said."""
        self._expected = {}

    def _reference(self, lesson: Lesson) -> Student:
        teaching = Strategy(self.options, seed=self.seed)
        student = self.student.frozen_copy()
        taught = trained(self.student.model)
        for name, weight in student.model.named_parameters():
            weight.requires_grad_(name in taught)
        teaching.setup(student)
        teach(teaching, lesson)
        student.model.eval()
        return student

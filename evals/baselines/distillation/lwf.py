"""Learning without forgetting: on new texts, stay near what was said of them before."""

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evals.baselines.distillation.divergence import divergence
from evals.baselines.distillation.teacher import Distilled
from evals.training.samples import Batch
from evals.training.strategy import StrategyOptions
from evals.training.student import learnt


class LwfOptions(StrategyOptions):
    """How strongly, and on what."""

    alpha: float = Field(default=1.0, ge=0)
    """Weight of the old model's opinion against the texts."""
    temperature: float = Field(default=2.0, gt=0)
    spare_changed: bool = True
    """Whether tokens that the old model would not have said are left out."""


class Lwf(Distilled):
    """Learning without forgetting (Li & Hoiem, arXiv 1606.09282), on a language model's tokens.

    The loss is that of the texts plus `alpha`·T²·KL(old ‖ new) on the same tokens. The paper has
    another output layer for each task; here all share one, so where a fact has changed, old opinion
    and text contradict one another, and the plain loss would teach the old value. Hence tokens on
    which they do are not distilled, unless `spare_changed` is off.
    """

    name = "lwf"
    Options = LwfOptions
    options: LwfOptions

    def loss(self, batch: Batch) -> Tensor:
        """That of the texts, and the distance from the old model."""
        assert self.teacher is not None
        options, right = self.options, learnt(batch)
        logits = self.student.logits(batch).float()
        with torch.no_grad():
            old = self.teacher.logits(batch).float()
        told = old.argmax(-1) == right if options.spare_changed else torch.ones_like(right).bool()
        far = divergence(old[told], logits[told], temperature=options.temperature)
        return functional.cross_entropy(logits, right) + options.alpha * far

"""Fine-tuning of one matrix, no weight of which may move far."""

from collections.abc import Sequence

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evals.baselines.editing.editor import Editor, down_projection, layer_at, says
from evals.training.samples import Sample
from evals.training.strategy import StrategyOptions
from evals.training.student import Student, learnt


class FtLOptions(StrategyOptions):
    """Where, how long and how far."""

    depth: float = Field(default=0.4, ge=0, le=1)
    """Which layer is edited, as a share of the way to the last."""
    steps: int = Field(default=25, ge=0)
    """Most steps for a fact."""
    step_size: float = Field(default=0.1, gt=0)
    """Of a weight, as a share of the matrix's root mean square."""
    limit: float = Field(default=1.0, gt=0)
    """Farthest that a weight may move for a fact, as such a share."""


class FtL(Editor):
    """Constrained fine-tuning (Zhu et al., arXiv 2012.00363), FT+L of Meng et al. (2202.05262).

    Of one layer the matrix that ends its feed-forward part is fine-tuned on one fact at a time, by
    Adam, until the model says it, each weight staying within `limit` of where it was before the
    fact (an L∞ ball). Step and limit go by the size of the matrix's weights, since the published
    ones are for much wider models.
    """

    name = "ft-l"
    Options = FtLOptions
    options: FtLOptions
    _weight: Tensor

    def setup(self, student: Student) -> None:
        """Choose the matrix."""
        super().setup(student)
        layer = student.layers[layer_at(student, self.options.depth)]
        self._weight = down_projection(layer).weight.requires_grad_()

    def edit(self, facts: Sequence[Sample]) -> None:
        """Learn one fact after another."""
        for fact in facts:
            self._learn(fact)
        self._weight.grad = None

    def _learn(self, fact: Sample) -> None:
        before = self._weight.detach().clone()
        scale = float(before.float().square().mean().sqrt())
        optimizer = torch.optim.Adam([self._weight], lr=self.options.step_size * scale)
        limit = self.options.limit * scale
        batch = self.student.batch([fact])
        for _ in range(self.options.steps):
            logits = self.student.logits(batch).float()
            if says(logits, batch):
                break
            optimizer.zero_grad()
            functional.cross_entropy(logits, learnt(batch)).backward()
            optimizer.step()
            with torch.no_grad():
                self._weight.clamp_(before - limit, before + limit)

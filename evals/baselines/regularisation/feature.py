"""Feature regularisation: what a middle layer makes of a sample is held near what it was."""

import torch
from pydantic import Field
from torch import Tensor

from evals.baselines.activations import recorded
from evals.training.samples import IGNORED, Batch, Sample
from evals.training.strategy import Lesson, Strategy, StrategyOptions


class FeatureOptions(StrategyOptions):
    """Options of feature regularisation."""

    strength: float = Field(default=1.0, ge=0)
    """Lambda."""
    depth: float = Field(default=0.5, ge=0, le=1)
    """Which layer: 0 the first, 1 the last."""


class Feature(Strategy):
    """Loss + lambda MSE(features, features when the period began) (LFL, arXiv 1607.00122).

    The features are the hidden states of a middle layer at the last token that is learnt, after
    which everything of a sample was read. Of the period's samples they are computed once, when it
    begins, so that no copy of the model is needed. The error is divided by the mean square of the
    features, which differs by orders of magnitude between models.
    """

    name = "feature"
    Options = FeatureOptions
    options: FeatureOptions

    def __init__(self, options: FeatureOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._before: dict[Sample, Tensor] = {}

    @torch.no_grad()
    def begin_period(self, lesson: Lesson) -> None:
        """Remember the features of the period's samples."""
        self.student.model.eval()
        for sample in lesson.samples:
            batch = self.student.batch([sample])
            with recorded([self._layer()]) as (seen,):
                self.student.hidden(batch)
            assert seen.made is not None
            self._before[sample] = last_learnt(seen.made, batch)[0].cpu()

    def loss(self, batch: Batch) -> Tensor:
        """The loss, and how far the features have moved."""
        with recorded([self._layer()]) as (seen,):
            loss = super().loss(batch)
        assert seen.made is not None
        before = torch.stack([self._before[one] for one in batch.samples]).to(loss.device)
        moved = (last_learnt(seen.made, batch) - before).square().mean() / before.square().mean()
        return loss + self.options.strength * moved

    def end_period(self, lesson: Lesson) -> None:
        """Forget them."""
        self._before = {}

    def _layer(self) -> torch.nn.Module:
        layers = self.student.layers
        return layers[round(self.options.depth * (len(layers) - 1))]


def last_learnt(hidden: Tensor, batch: Batch) -> Tensor:
    """Hidden states at the last token of each sample that is learnt.

    Args:
        hidden: Of all tokens: [n, length, width].
        batch: The samples.

    Returns:
        [n, width]; of the last token of a sample that is so long that nothing of it is learnt.
    """
    positions = torch.arange(batch.tokens.shape[1], device=hidden.device)
    is_learnt = batch.labels != IGNORED
    last = torch.where(is_learnt, positions, -1).amax(1)
    last = torch.where(is_learnt.any(1), last, batch.mask.sum(1) - 1)
    return hidden[torch.arange(len(hidden), device=hidden.device), last]

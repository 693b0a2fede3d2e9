"""Width growth: new neurons in every feed-forward layer, for each period."""

import copy
from random import Random

import torch
from pydantic import Field
from torch import Tensor, nn

from evals.baselines.architecture.blocks import branches, linear_layers
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student, blocks, tensor_bytes
from rag_lifelong.errors import ModelError


class WidthGrowthOptions(StrategyOptions):
    """Options of `width-growth`."""

    growth: float = Field(default=0.125, gt=0, le=1)
    """Neurons that each period adds, as a share of those the model had at first."""


class Grown(nn.Module):
    """A feed-forward layer, and what periods have added to it."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.added = nn.ModuleList()

    def forward(self, inputs: Tensor) -> Tensor:
        """[..., width] -> [..., width]."""
        found: Tensor = self.inner(inputs)
        for one in self.added:
            found = found + one(inputs)
        return found


class WidthGrowth(Strategy):
    """Widens the feed-forward layers before each period, and teaches the new neurons alone.

    After ELLE (arXiv 2203.06311), which grows a model for each new domain without changing what it
    computes. There copied neurons share their original's output weights, everything is taught, and
    old texts are replayed; here copies begin with output weights of zero and the rest is frozen, so
    that what the architecture does is seen by itself. Neurons of one layer are summed, so new ones
    are a narrow layer of the same kind beside the old.
    """

    name = "width-growth"
    Options = WidthGrowthOptions
    options: WidthGrowthOptions

    def setup(self, student: Student) -> None:
        """Make room beside the layers."""
        super().setup(student)
        for block in blocks(student.base):
            name, feed_forward = branches(block)[-1]
            block.set_submodule(name, Grown(feed_forward))

    def begin_period(self, lesson: Lesson) -> None:
        """Freeze all there is, and add new neurons."""
        self.student.model.requires_grad_(requires_grad=False)
        draw = Random(f"{self.seed} {lesson.number} neurons")
        for layer in self._layers():
            layer.added.append(some_neurons(layer.inner, self.options.growth, draw))

    def state_bytes(self) -> int:
        """The neurons of all periods."""
        return tensor_bytes(p for layer in self._layers() for p in layer.added.parameters())

    def _layers(self) -> list[Grown]:
        return [part for part in self.student.base.modules() if isinstance(part, Grown)]


@torch.no_grad()
def some_neurons(feed_forward: nn.Module, share: float, draw: Random) -> nn.Module:
    """A layer of copies of some of its neurons, with output weights of zero.

    Args:
        feed_forward: Linear layers into its neurons (two if gated), and one out of them.
        share: How many neurons.
        draw: Which.

    Raises:
        ModelError: If the layer is made otherwise.
    """
    *into, out = linear_layers(feed_forward)
    n_inner = out.in_features
    if not into or any(layer.out_features != n_inner for layer in into):
        raise ModelError(f"{type(feed_forward).__name__} has no layer for each of its neurons")
    chosen = draw.sample(range(n_inner), max(1, round(share * n_inner)))
    narrow = copy.deepcopy(feed_forward)
    *into, out = linear_layers(narrow)
    for layer in into:
        layer.out_features = len(chosen)
        layer.weight = nn.Parameter(layer.weight[chosen])
        if layer.bias is not None:
            layer.bias = nn.Parameter(layer.bias[chosen])
    out.in_features = len(chosen)
    out.weight = nn.Parameter(torch.zeros_like(out.weight[:, chosen]))
    # The wide layer adds it already.
    out.register_parameter("bias", None)
    return narrow

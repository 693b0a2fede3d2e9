"""Bottleneck adapters: small networks behind each feed-forward layer."""

from pydantic import Field
from torch import Tensor, nn

from evals.baselines.architecture.blocks import branches, linear_layers
from evals.training.strategy import Strategy, StrategyOptions
from evals.training.student import Student, blocks


class AdapterOptions(StrategyOptions):
    """Options of `adapters`."""

    width: int = Field(default=64, ge=1)
    """Numbers an adapter's input is pressed into."""


class Bottleneck(nn.Module):
    """A linear layer y = W x, and behind it y + U relu(D y), with U = 0 at first."""

    def __init__(self, inner: nn.Linear, width: int) -> None:
        super().__init__()
        self.inner = inner
        self.down = nn.Linear(inner.out_features, width).to(inner.weight)
        self.up = nn.Linear(width, inner.out_features).to(inner.weight)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """[..., in] -> [..., out]."""
        found: Tensor = self.inner(inputs)
        changed: Tensor = self.up(nn.functional.relu(self.down(found)))
        return found + changed


class Adapters(Strategy):
    """Adapters of Houlsby et al. (arXiv 1902.00751), one in each block, taught in sequence.

    Behind the feed-forward layer alone, as Pfeiffer et al. place them (arXiv 2005.00247): half as
    many did as well there. Where a block normalises what it adds, it does so behind the adapter.
    """

    name = "adapters"
    Options = AdapterOptions
    options: AdapterOptions

    def setup(self, student: Student) -> None:
        """Put the adapters in, and freeze all else."""
        super().setup(student)
        student.model.requires_grad_(requires_grad=False)
        for block in blocks(student.base):
            _, feed_forward = branches(block)[-1]
            last = linear_layers(feed_forward)[-1]
            name = next(name for name, part in feed_forward.named_modules() if part is last)
            feed_forward.set_submodule(name, Bottleneck(last, self.options.width))

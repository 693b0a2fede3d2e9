"""O-LoRA: a LoRA for each period, orthogonal to those before, all of them active."""

import torch
from pydantic import Field
from torch import Tensor

from evals.baselines.architecture.lora import Lora
from evals.baselines.architecture.lora_layers import (
    Factors,
    LoraOptions,
    base_weights,
    factors,
    live_factors,
    renew_lora,
    scaling,
)
from evals.training.samples import Batch
from evals.training.strategy import Lesson
from evals.training.student import tensor_bytes


class OLoraOptions(LoraOptions):
    """Options of `o-lora`; the defaults are those of the paper's code."""

    r: int = Field(default=8, ge=1)
    orthogonality: float = Field(default=0.5, ge=0)
    """λ1, of the overlap with earlier periods."""
    shrinkage: float = Field(default=0.0, ge=0)
    """λ2, of the size of the new period's layers."""


class OLora(Lora):
    """Learns each period in directions that no earlier one used (arXiv 2310.14152).

    The loss of a period is CE + λ1 Σ |A_i Aᵀ| + λ2 Σ (‖A‖ + ‖B‖), where A, B are the period's own
    and A_i those of earlier periods; the first sum is over their entries, as in the authors' code.
    What earlier periods learnt stays active and frozen: B_i A_i is added to the weights themselves,
    which is the same function at no cost of its own. Their code also drops out a tenth of the
    inputs of A.
    """

    name = "o-lora"
    Options = OLoraOptions
    options: OLoraOptions

    def __init__(self, options: OLoraOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.earlier: list[Factors] = []
        """A and B of each earlier period."""

    def loss(self, batch: Batch) -> Tensor:
        """Cross entropy and penalty: []."""
        return super().loss(batch) + self.penalty()

    def penalty(self) -> Tensor:
        """λ1 Σ |A_i Aᵀ| + λ2 Σ (‖A‖ + ‖B‖): []."""
        found = torch.zeros((), device=self.student.device)
        live = live_factors(self.student.model)
        for earlier in self.earlier:
            for (old, _), (a, _) in zip(earlier, live, strict=True):
                found = found + self.options.orthogonality * (old @ a.T).abs().sum()
        for a, b in live:
            found = found + self.options.shrinkage * (a.norm() + b.norm())
        return found

    def end_period(self, lesson: Lesson) -> None:
        """Freeze the layers where they act, and begin new ones."""
        model = self.student.model
        self.earlier.append(factors(model))
        for weight, (a, b) in zip(base_weights(model), self.earlier[-1], strict=True):
            weight.add_(b @ a, alpha=scaling(model))
        renew_lora(model)

    def state_bytes(self) -> int:
        """The layers of all periods."""
        return tensor_bytes(t for earlier in self.earlier for pair in earlier for t in pair)

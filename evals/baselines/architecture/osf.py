"""Orthogonal subspace fine-tuning: the directions in which weights are large stay."""

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor, nn

from evals.baselines.architecture.blocks import linear_layers
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student, blocks


class OsfOptions(StrategyOptions):
    """Options of `osf`."""

    kept: float = Field(default=0.5, ge=0, le=1)
    """Share of each matrix's singular directions that stay in the first period."""
    rise: float = Field(default=0.05, ge=0, le=1)
    """By how much that share is larger in each period than in the one before."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The part of a matrix W that stays: left (leftᵀ W), of which W rightᵀ right is a part."""

    left: Tensor
    """[out, k]"""
    right: Tensor
    """[k, in]"""
    values: Tensor
    """Singular values: [k]"""

    @classmethod
    def of(cls, weight: Tensor, share: float) -> "Kept":
        """The largest singular directions of a matrix, a share of them."""
        k = round(share * min(weight.shape))
        left, values, right = torch.linalg.svd(weight.float(), full_matrices=False)
        return cls(*(t.to(weight.dtype) for t in (left[:, :k], right[:k], values[:k])))

    def free(self, matrix: Tensor) -> Tensor:
        """What a matrix is in all other directions: (1 − U Uᵀ) M (1 − Vᵀ V)."""
        rest = matrix - self.left @ (self.left.T @ matrix)
        return rest - (rest @ self.right.T) @ self.right

    @property
    def flops(self) -> float:
        """Operations of `free` and `restored` together: nine products with matrices of k."""
        return 18.0 * len(self.left) * self.right.shape[1] * len(self.values)

    def restored(self, weight: Tensor) -> Tensor:
        """The part that stays as it was, and of the weight only what is free."""
        return (self.left * self.values) @ self.right + self.free(weight)


class Osf(Strategy):
    """Fine-tuning of the linear layers, in directions orthogonal to those kept (arXiv 2504.07097).

    Before each period every matrix is decomposed as it then is, W = U S Vᵀ, and its largest
    singular directions stay. The paper takes the gradient's part in the others; so does this, and
    takes the same part of the step, which Adam's scaling would turn back into the kept directions.
    The paper keeps more in layers it finds important; here, as in peft, all keep the same share,
    which rises with the periods. peft's own layers are not used since they project in hooks, which
    are lost when a model is kept in a file. Projecting is counted: it does not shrink with batches.
    """

    name = "osf"
    Options = OsfOptions
    options: OsfOptions

    def __init__(self, options: OsfOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._kept: list[Kept] = []

    def setup(self, student: Student) -> None:
        """Freeze all but the linear layers."""
        super().setup(student)
        student.model.requires_grad_(requires_grad=False)
        for weight in self._weights():
            weight.requires_grad_()

    def begin_period(self, lesson: Lesson) -> None:
        """Find the directions that stay."""
        share = min(1.0, self.options.kept + self.options.rise * (lesson.number - 1))
        self._kept = [Kept.of(weight.detach(), share) for weight in self._weights()]

    def after_backward(self) -> None:
        """Leave the gradients in the free directions alone."""
        for weight, kept in zip(self._weights(), self._kept, strict=True):
            assert weight.grad is not None
            weight.grad = kept.free(weight.grad)

    @torch.no_grad()
    def after_step(self) -> None:
        """Take back what the step changed in the directions that stay."""
        for weight, kept in zip(self._weights(), self._kept, strict=True):
            weight.copy_(kept.restored(weight))
            self.student.meter.flops += kept.flops

    def _weights(self) -> list[nn.Parameter]:
        return [layer.get_parameter("weight") for layer in linear_layers(blocks(self.student.base))]

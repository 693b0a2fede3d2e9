"""A-GEM: steps that would make old samples worse are turned aside."""

from collections.abc import Sequence

import torch
from pydantic import Field
from torch import Tensor

from evals.baselines.replay.buffered import Buffered, BufferOptions
from evals.training.student import trainable


class AGemOptions(BufferOptions):
    """Options of A-GEM."""

    reference: int = Field(default=16, ge=1)
    """Old samples whose gradient is asked for at each step."""


class AGem(Buffered):
    """Projects a gradient that points against that of old samples (arXiv 1812.00420).

    The old samples are drawn anew at each step from one buffer over all earlier periods, so that
    their number does not shrink as periods come. The gradient is projected before it is clipped.
    """

    name = "a-gem"
    Options = AGemOptions
    options: AGemOptions

    def after_backward(self) -> None:
        """Project the gradient, once there is something old."""
        some = self.buffer.draw(self.options.reference, self.draw)
        if not some:
            return
        parameters = trainable(self.student.model)
        own = _gradients(parameters)
        for parameter in parameters:
            parameter.grad = None
        self.backward(some, self.student.loss)
        for parameter, gradient in zip(
            parameters, projected(own, _gradients(parameters)), strict=True
        ):
            parameter.grad = gradient


def projected(gradient: Sequence[Tensor], reference: Sequence[Tensor]) -> Sequence[Tensor]:
    """Return g - (g·r / r·r) r where g·r < 0, else g; of all parameters as one vector.

    >>> g, r = torch.tensor([1.0, -3.0]), torch.tensor([0.0, 2.0])
    >>> projected([g], [r]), projected([g], [-r])
    ([tensor([1., 0.])], [tensor([ 1., -3.])])
    """
    along = _dot(gradient, reference)
    if along >= 0:
        return gradient
    share = along / _dot(reference, reference)
    return [g - share * r for g, r in zip(gradient, reference, strict=True)]


def _dot(one: Sequence[Tensor], other: Sequence[Tensor]) -> Tensor:
    return torch.stack([(a * b).sum() for a, b in zip(one, other, strict=True)]).sum()


def _gradients(parameters: Sequence[Tensor]) -> list[Tensor]:
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]

"""Weights of a model by name, remembered and brought back."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    """The weights that are trained; tied ones once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def copied(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What weights are now."""
    return {name: weight.detach().clone() for name, weight in weights.items()}


@torch.no_grad()
def bring_back(weights: Mapping[str, Tensor], to: Mapping[str, Tensor]) -> None:
    """Make weights what they were when they were copied."""
    for name, weight in weights.items():
        weight.copy_(to[name])

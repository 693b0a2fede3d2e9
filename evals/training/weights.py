"""Weights of a model: which are taught, remembered by name, and brought back."""

from collections.abc import Mapping

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn


def add_low_rank(model: nn.Module, *, rank: int, alpha: int | None = None) -> None:
    """Put low-rank layers beside all linear layers of the blocks, and freeze all else.

    The outputs stay what they were (LoRA, arXiv 2106.09685). The layers are fp32 whatever the model
    is, since small steps would be lost in bf16.

    Args:
        model: The model; it is changed.
        rank: Of the layers.
        alpha: They count `alpha / rank` times; twice if None.
    """
    config = LoraConfig(r=rank, lora_alpha=alpha or 2 * rank, target_modules="all-linear")
    inject_adapter_in_model(config, model)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


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

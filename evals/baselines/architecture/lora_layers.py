"""Low-rank layers beside all linear layers of a decoder (LoRA, arXiv 2106.09685), made by peft.

W x + (alpha / r) B A x, where A is [r, in], drawn, and B is [out, r], zero at first. Only one such
pair is ever in the model; others are kept beside it as tensors, so that what a model computes and
what it weighs do not depend on how many there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft.tuners.lora import LoraLayer
from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from evals.training.strategy import StrategyOptions
from evals.training.weights import add_low_rank

Factors = tuple[tuple[Tensor, Tensor], ...]
"""A [r, in] and B [out, r] of each layer."""

_NAME = "default"
"""What peft calls the pair."""


class LoraOptions(StrategyOptions):
    """Options of all strategies with LoRA."""

    r: int = Field(default=16, ge=1)
    """Rank."""
    alpha: int = Field(default=32, ge=1)
    """The low-rank part counts `alpha / r` times."""


def add_lora(model: PreTrainedModel, options: LoraOptions) -> None:
    """Put low-rank layers into a model, and freeze all else. The outputs stay what they were."""
    add_low_rank(model, rank=options.r, alpha=options.alpha)


def renew_lora(model: PreTrainedModel) -> None:
    """Draw A anew and set B to zero, so that the outputs are again those without."""
    for layer in lora_layers(model):
        layer.reset_lora_parameters(_NAME, init_lora_weights=True)


def factors(model: PreTrainedModel) -> Factors:
    """Copies of A and B as they are."""
    return tuple((a.detach().clone(), b.detach().clone()) for a, b in live_factors(model))


def live_factors(model: PreTrainedModel) -> Factors:
    """A and B themselves, to compute with."""
    return tuple(
        (layer.lora_A[_NAME].get_parameter("weight"), layer.lora_B[_NAME].get_parameter("weight"))
        for layer in lora_layers(model)
    )


@torch.no_grad()
def put_factors(model: PreTrainedModel, chosen: Factors) -> None:
    """Set A and B."""
    for live, kept in zip(live_factors(model), chosen, strict=True):
        for parameter, value in zip(live, kept, strict=True):
            parameter.copy_(value)


def base_weights(model: PreTrainedModel) -> list[Tensor]:
    """The weights W themselves, [out, in], without what is low-rank."""
    return [layer.get_base_layer().get_parameter("weight").data for layer in lora_layers(model)]


def scaling(model: PreTrainedModel) -> float:
    """How often the low-rank part counts."""
    return float(lora_layers(model)[0].scaling[_NAME])


def lora_layers(model: PreTrainedModel) -> list[LoraLayer]:
    """The layers that peft has put in, in order."""
    return [module for module in model.modules() if isinstance(module, LoraLayer)]


@contextmanager
def without_lora(model: PreTrainedModel) -> Iterator[None]:
    """The model as if nothing had been put into it."""
    for layer in lora_layers(model):
        layer.enable_adapters(enabled=False)
    try:
        yield
    finally:
        for layer in lora_layers(model):
            layer.enable_adapters(enabled=True)

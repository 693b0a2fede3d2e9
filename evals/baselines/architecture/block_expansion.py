"""Block expansion: copies of blocks, which at first add nothing, are taught."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from pydantic import Field
from torch import nn
from transformers import PreTrainedModel

from evals.baselines.architecture.blocks import branches, linear_layers
from evals.training.strategy import Strategy, StrategyOptions
from evals.training.student import Student, blocks


class BlockExpansionOptions(StrategyOptions):
    """Options of `block-expansion`."""

    every: int = Field(default=2, ge=1)
    """A block is copied after each so many; the paper's is 4, of 32."""


class BlockExpansion(Strategy):
    """LLaMA Pro (arXiv 2401.02415): the model grows once, and only the new blocks are taught.

    A copy stands behind its original and adds nothing at first. The paper has zeros in the linear
    layers that write a block's outputs. Where what they write is normalised before it is added
    (Gemma 2 and later), one step would bring it to full size, however small the step: there the
    gains behind the normalisation are what is set so that nothing is added, and they grow with the
    learning rate.
    """

    name = "block-expansion"
    Options = BlockExpansionOptions
    options: BlockExpansionOptions

    def setup(self, student: Student) -> None:
        """Insert the copies, and freeze all else."""
        super().setup(student)
        student.model.requires_grad_(requires_grad=False)
        expand(student.base, self.options.every)


def expand(model: PreTrainedModel, every: int) -> list[nn.Module]:
    """Put a silent copy behind each `every`-th block; returns the copies, ready to be trained."""
    config, old = model.config, blocks(model)
    order = [(i, False) for i in range(len(old))]
    for i in reversed(range(every - 1, len(old), every)):
        order.insert(i + 1, (i, True))
    grown = [_copy(old[i], config) if is_new else old[i] for i, is_new in order]
    del old[:]
    old.extend(grown)
    for i, block in enumerate(grown):
        parts: Iterator[Any] = block.modules()
        for part in parts:
            # What a block has cached is found by its number.
            if hasattr(part, "layer_idx"):
                part.layer_idx = i
    config.num_hidden_layers = len(grown)
    if getattr(config, "layer_types", None) is not None:
        config.layer_types = [config.layer_types[i] for i, _ in order]
    return [block for block, (_, is_new) in zip(grown, order, strict=True) if is_new]


def _copy(block: nn.Module, config: object) -> nn.Module:
    """A block with weights of its own that adds nothing yet; the configuration stays shared."""
    made = copy.deepcopy(block, {id(config): config})
    made.requires_grad_()
    norms = list(_output_norms(made))
    for norm in norms:
        _silence(norm)
    if not norms:
        for _, branch in branches(made):
            last = linear_layers(branch)[-1]
            nn.init.zeros_(last.weight)
            if last.bias is not None:
                nn.init.zeros_(last.bias)
    return made


def _output_norms(block: nn.Module) -> Iterator[nn.Module]:
    """The norms of what each branch adds, in blocks that have such.

    Only these blocks have a norm behind the feed-forward; one "behind the attention" is, in all
    others, the norm of what the feed-forward reads.
    """
    if hasattr(block, "post_feedforward_layernorm"):
        yield block.get_submodule("post_attention_layernorm")
        yield block.get_submodule("post_feedforward_layernorm")


@torch.no_grad()
def _silence(norm: nn.Module) -> None:
    """Set the gain of a norm to zero: its weight, or 1 + its weight, as in Gemma 3."""
    weight = norm.get_parameter("weight")
    for value in (0.0, -1.0):
        weight.fill_(value)
        if not norm(torch.ones_like(weight)).any():
            return
    raise AssertionError(f"{type(norm).__name__} has another kind of gain")

"""First weights that can already copy: an induction head, which training would find late.

To answer from evidence a model copies names it has never seen. Transformers do that by a head that
looks at the token before and a later one that looks for where its own token came before, and says
what followed (arXiv 2209.11895). From random weights that takes longer than all the pretraining
here; weights that begin near what is wanted save it (mimetic initialisation, arXiv 2305.09828).
Training may change all of it.
"""

import math
from typing import Any

import torch
from torch import Tensor
from transformers import Gemma3ForCausalLM

_COMMON = 0.5
"""Length, beside 1, of what all embeddings share: by it a head can look at a place whatever is
there."""
_FAST = 0.05
"""Radians per token from which a rotary frequency tells neighbours apart; slower ones tell what."""
_COPYING_HEADS = 2
_GAIN_OF_PREVIOUS, _GAIN_OF_COPYING, _GAIN = 0.7, 3.0, 0.3
"""Of the norms behind blocks. Small ones leave tokens as they are; what is copied must be louder
than the token itself, since embeddings are tied."""


@torch.no_grad()
def give_induction(model: Gemma3ForCausalLM, *, seed: int) -> None:
    """Set a model's first weights so that it goes on from `A B … A` with `B`.

    The first layer's first head looks at the token before, two heads of the middle layer copy.

    Args:
        model: Of at least two layers and heads of as many keys as queries.
        seed: Of the random directions.
    """
    draw = torch.Generator().manual_seed(seed)
    config = model.config
    width, size = int(config.hidden_size), int(config.head_dim)
    shared = _directions(width, 1, draw)
    embeddings: Any = model.get_input_embeddings().weight
    embeddings.normal_(0, 1 / math.sqrt(width), generator=draw)
    embeddings += _COMMON * shared.T
    for layer in model.model.layers:
        layer.post_attention_layernorm.weight.fill_(_GAIN - 1)
        layer.post_feedforward_layernorm.weight.fill_(_GAIN - 1)

    # What differs between tokens is read and written along directions that leave out the shared.
    read = _directions(width, size, draw, without=shared)
    written = _directions(width, size, draw, without=shared)
    turning: Any = config.rope_parameters
    frequencies = turning["full_attention"]["rope_theta"] ** (-torch.arange(size // 2) * 2 / size)
    fast = int((frequencies > _FAST).sum())

    first = model.model.layers[0]
    query, key = _looking_back(size, fast, frequencies)
    first.self_attn.q_proj.weight[:size] = torch.outer(query, shared[:, 0])
    first.self_attn.k_proj.weight[:size] = torch.outer(key, shared[:, 0])
    first.self_attn.v_proj.weight[:size] = read.T
    first.self_attn.o_proj.weight[:, :size] = written
    first.post_attention_layernorm.weight.fill_(_GAIN_OF_PREVIOUS - 1)

    middle = model.model.layers[len(model.model.layers) // 2]
    copied = _directions(width, _COPYING_HEADS * size, draw, without=shared)
    slow = torch.cat([torch.arange(fast, size // 2), torch.arange(size // 2 + fast, size)])
    for head in range(_COPYING_HEADS):
        rows = slice(head * size, (head + 1) * size)
        compared = torch.zeros(size, size)
        compared[slow] = _directions(size, size, draw)[slow]
        middle.self_attn.q_proj.weight[rows] = compared @ read.T
        middle.self_attn.k_proj.weight[rows] = compared @ written.T
        middle.self_attn.v_proj.weight[rows] = copied[:, rows].T
        middle.self_attn.o_proj.weight[:, rows] = copied[:, rows]
    middle.post_attention_layernorm.weight.fill_(_GAIN_OF_COPYING - 1)


def _directions(n: int, k: int, draw: torch.Generator, *, without: Tensor | None = None) -> Tensor:
    """Random orthonormal columns, [n, k], each orthogonal to the column `without`."""
    columns = torch.randn(n, k, generator=draw)
    if without is not None:
        columns = columns - without @ (without.T @ columns)
    orthonormal: Tensor = torch.linalg.qr(columns)[0]
    return orthonormal


def _looking_back(size: int, fast: int, frequencies: Tensor) -> tuple[Tensor, Tensor]:
    """A query and a key whose product is greatest for the token before: [size] each.

    The key is turned by its place, the query by its own less one; halves of a head are turned
    together (arXiv 2104.09864, in the layout of transformers).
    """
    query, key = torch.zeros(size), torch.zeros(size)
    key[:fast] = 1
    query[:fast] = torch.cos(frequencies[:fast])
    query[size // 2 : size // 2 + fast] = -torch.sin(frequencies[:fast])
    return query, key

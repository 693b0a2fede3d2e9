"""What a layer computes while a model is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def listening(layer: nn.Module) -> Iterator[list[Tensor]]:
    """A list that gets the hidden states of each call of a layer: [n, length, width]."""
    heard: list[Tensor] = []

    def hear(*call: Any) -> None:
        found = call[-1]
        heard.append(found[0] if isinstance(found, tuple) else found)

    handle = layer.register_forward_hook(hear)
    try:
        yield heard
    finally:
        handle.remove()

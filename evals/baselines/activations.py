"""What goes into a part of a model, and what comes out."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(slots=True)
class Pass:
    """What went through a part of a model in its last pass: [n, length, width] each.

    With its graph, unless the pass had none.
    """

    given: Tensor | None = None
    made: Tensor | None = None


@contextmanager
def recorded(parts: Sequence[nn.Module]) -> Iterator[list[Pass]]:
    """Watch parts of a model; each pass fills in what is yielded, in the order of `parts`."""
    passes = [Pass() for _ in parts]
    with ExitStack() as stack:
        for part, one in zip(parts, passes, strict=True):
            stack.enter_context(_recorded_by(part, one))
        yield passes


@contextmanager
def replaced(
    parts: Sequence[nn.Module], values: Sequence[Tensor], places: Tensor
) -> Iterator[None]:
    """Have parts of a model give other vectors for one token of each row.

    Args:
        parts: The parts.
        values: What each gives: [n, width] of each.
        places: Which token: [n].
    """
    with ExitStack() as stack:
        for part, value in zip(parts, values, strict=True):
            stack.enter_context(_replaced_in(part, value, places))
        yield


def hidden_of(output: Any) -> Tensor:
    """The hidden states of what a layer gives, which some give along with other things."""
    hidden: Tensor = output[0] if isinstance(output, tuple) else output
    return hidden


def with_hidden(output: Any, hidden: Tensor) -> Any:
    """What a layer gives, with other hidden states."""
    return (hidden, *output[1:]) if isinstance(output, tuple) else hidden


@contextmanager
def _recorded_by(part: nn.Module, one: Pass) -> Iterator[None]:
    def record(_module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        one.given, one.made = args[0], hidden_of(output)

    handle = part.register_forward_hook(record)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def _replaced_in(part: nn.Module, value: Tensor, places: Tensor) -> Iterator[None]:
    def replace(_module: nn.Module, _args: tuple[Any, ...], output: Tensor) -> Tensor:
        changed = output.clone()
        changed[torch.arange(len(value)), places] = value
        return changed

    handle = part.register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()

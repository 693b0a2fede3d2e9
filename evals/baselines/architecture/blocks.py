"""The parts of a decoder's blocks, found by what they are and not by their names."""

from torch import nn

from rag_lifelong.errors import ModelError


def linear_layers(module: nn.Module) -> list[nn.Linear]:
    """The linear layers in a module, in the order they are declared.

    Raises:
        ModelError: If there are none, as in models with layers of another kind.
    """
    found = [part for part in module.modules() if isinstance(part, nn.Linear)]
    if not found:
        raise ModelError(f"no linear layers in {type(module).__name__}")
    return found


def branches(block: nn.Module) -> list[tuple[str, nn.Module]]:
    """Names and modules of what a block adds to its input: attention first, feed-forward last.

    The last linear layer of a branch is the one that writes its output, in every model of
    transformers that declares its layers in the order they are used.
    """
    return [
        (name, child)
        for name, child in block.named_children()
        if any(isinstance(part, nn.Linear) for part in child.modules())
    ]

"""Weights that are pulled back to what they were."""

from collections.abc import Mapping

from torch import Tensor, nn

from evals.training.student import Student
from evals.training.weights import trained


def trained_blocks(student: Student) -> dict[str, nn.Parameter]:
    """The weights that are trained, without the embeddings and the output layer.

    With a large vocabulary those are most of a model.
    """
    base = student.base
    ends = [base.get_input_embeddings(), base.get_output_embeddings()]
    left_out = {id(weight) for end in ends for weight in end.parameters()}
    return {name: w for name, w in trained(student.model).items() if id(w) not in left_out}


def pull(
    weights: Mapping[str, Tensor],
    home: Mapping[str, Tensor],
    *,
    strength: float,
    importance: Mapping[str, Tensor] | None = None,
) -> None:
    """Add to gradients that of strength/2 Σ importance (weight - home)².

    Without a graph, which would need as much memory as the weights.

    Args:
        weights: By name; those without a gradient are not moved and need no pull.
        home: Where each was.
        strength: Of all of them.
        importance: Of each number of each weight; 1 if None.
    """
    for name, weight in weights.items():
        if weight.grad is None:
            continue
        away = weight.detach() - home[name]
        if importance is not None:
            away *= importance[name]
        weight.grad.add_(away, alpha=strength)

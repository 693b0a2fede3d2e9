"""How far a student is from its teacher."""

from torch import Tensor
from torch.nn import functional


def divergence(teacher: Tensor, student: Tensor, *, temperature: float = 1.0) -> Tensor:
    """KL(teacher ‖ student) of softened distributions, a mean over tokens: [].

    Times the temperature squared, so that gradients stay as large whatever it is (Hinton et al.,
    arXiv 1503.02531, section 2). Without tokens it is 0.

    >>> import torch
    >>> told, said = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 1.0986]])
    >>> round(float(divergence(told, said)), 4)  # ½ ln(½ / ¼) + ½ ln(½ / ¾)
    0.1438

    Args:
        teacher: Logits, [n, vocabulary].
        student: Logits, [n, vocabulary].
        temperature: What logits are divided by.
    """
    total = functional.kl_div(
        (student / temperature).log_softmax(-1),
        (teacher / temperature).log_softmax(-1),
        log_target=True,
        reduction="sum",
    )
    return total * (temperature**2 / max(1, len(student)))

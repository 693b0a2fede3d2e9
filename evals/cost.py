"""What computing costs, counted on paper: operations of models, and when teaching pays.

Operations are those of matrix products, a multiplication and an addition counted as two, as Kaplan
et al. (arXiv 2001.08361, section 2.1) count them. What attention adds to a product with every
weight grows with the length of the context and is left out: a few percent at the few hundred tokens
that are read here.
"""

import math
from dataclasses import dataclass

_FORWARD = 2
"""A weight multiplies, and is added up, once for a token."""
_FULL = 6
"""Backward takes twice what forward does: gradients of the activations, and of the weights."""
_LORA = 4
"""Gradients go back through the frozen weights, whose own are not computed."""


def inference_flops(parameters: float, tokens: float) -> float:
    """Operations of putting tokens through a model once: 2ND (arXiv 2001.08361, table 1).

    Args:
        parameters: Weights that a token meets; embedding tables are looked up, not multiplied.
        tokens: Read and written, together.

    >>> f"{inference_flops(1.5e9, 300):.1e}"
    '9.0e+11'
    """
    return _FORWARD * parameters * tokens


def training_flops(parameters: float, tokens: float) -> float:
    """Operations of training all weights on tokens: 6ND (arXiv 2001.08361, section 2.1).

    >>> f"{training_flops(1.5e9, 1e5):.1e}"
    '9.0e+14'
    """
    return _FULL * parameters * tokens


def lora_flops(parameters: float, tokens: float) -> float:
    """Operations of training adapters of low rank (LoRA, arXiv 2106.09685): about 4ND.

    What the adapters themselves compute, less than a hundredth, is left out.

    Args:
        parameters: Of the frozen model.
        tokens: Trained on, epochs counted.

    >>> f"{lora_flops(1.5e9, 1e5):.1e}"
    '6.0e+14'
    """
    return _LORA * parameters * tokens


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Below how many questions a period looking things up costs less than teaching them."""

    questions: float
    """0: teaching never costs more; infinite: looking up never costs more."""
    reading: str
    """What that means, in a sentence."""


def break_even(
    update_flops: float, *, retrieval_query_flops: float, closed_query_flops: float
) -> BreakEven:
    """Questions per period at which teaching a model has paid: C_update / (C_RAG - C_closed).

    Looking up pays for its evidence at every question, teaching once a period. With the fewer
    questions the first costs less, with the more the second.

    Args:
        update_flops: Of teaching a period, less those of indexing it.
        retrieval_query_flops: Of a question with evidence.
        closed_query_flops: Of a question without.

    >>> found = break_even(116e12, retrieval_query_flops=74e9, closed_query_flops=10e9)
    >>> found.questions
    1812.5
    >>> found.reading
    'below 1,812.5 questions per period looking up costs less, above it teaching'
    """
    more = retrieval_query_flops - closed_query_flops
    if more <= 0 <= update_flops:
        return BreakEven(math.inf, "looking up costs no more per period, and no more per question")
    if update_flops <= 0 <= more:
        return BreakEven(0.0, "teaching costs no more per period, and no more per question")
    questions = update_flops / more
    # Where both signs are turned, indexing costs more than teaching, and questions win it back.
    cheaper, dearer = ("below", "above") if more > 0 else ("above", "below")
    return BreakEven(
        questions,
        f"{cheaper} {questions:,g} questions per period looking up costs less, "
        f"{dearer} it teaching",
    )

"""How sure a reader is of what it wrote."""

import math
from collections.abc import Sequence

from rag_lifelong.ports import Token


def confidence_in(answer: Sequence[Token], check: Sequence[Token]) -> float:
    """How sure a reader is of its answer, in [0, 1], given its reply when asked whether it is so.

    The geometric mean of the answer's least token probability and the probability of "yes": each
    alone lets some invented answers through, and small models invent unsurely.

    >>> round(confidence_in([Token("Ann", math.log(0.9))], [Token("Yes", math.log(0.4))]), 3)
    0.6
    """
    is_yes = "".join(token.text for token in check).strip().casefold().startswith("yes")
    certainty = _probability(check[:1])
    return math.sqrt(_probability(answer) * (certainty if is_yes else 1 - certainty))


def _probability(tokens: Sequence[Token]) -> float:
    """Probability of the least likely token; 1 where the reader tells none."""
    known = [token.logprob for token in tokens if token.logprob is not None]
    return math.exp(min(known, default=0.0))

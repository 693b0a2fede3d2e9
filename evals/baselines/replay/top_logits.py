"""The largest logits of a sample's tokens, small enough to be kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from evals.training.samples import Sample
from evals.training.student import Student


@dataclass(frozen=True, slots=True)
class TopLogits:
    """Of each token that is learnt the k largest logits."""

    tokens: Tensor
    """Which tokens they belong to: [n_learnt, k], int32."""
    values: Tensor
    """[n_learnt, k], float16."""

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return self.tokens.nbytes + self.values.nbytes


@torch.no_grad()
def top_logits(student: Student, sample: Sample, k: int) -> TopLogits:
    """What a model says of a sample now.

    Args:
        student: The model.
        sample: The sample.
        k: How many logits of a token are kept; all if the vocabulary is smaller.
    """
    student.model.eval()
    logits = student.logits(student.batch([sample])).float()
    values, tokens = logits.topk(min(k, logits.shape[-1]), dim=-1)
    return TopLogits(tokens.int().cpu(), values.half().cpu())


def drift(logits: Tensor, kept: Sequence[TopLogits]) -> Tensor:
    """Mean squared difference to logits that were kept: [].

    Args:
        logits: Of the tokens of several samples, one after another: [n_learnt, vocabulary].
        kept: Of each of these samples.
    """
    tokens = torch.cat([one.tokens for one in kept]).to(logits.device).long()
    values = torch.cat([one.values for one in kept]).to(logits.device, logits.dtype)
    return functional.mse_loss(logits.gather(-1, tokens), values)

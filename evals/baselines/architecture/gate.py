"""Which period a text is from, by its embedding."""

import torch
from torch import Tensor


class Gate:
    """Linear discriminant analysis that is told of one period after another.

    Streaming LDA (Hayes & Kanan, arXiv 1909.01520): a mean m_c for each period, one covariance S
    within them, and the period with the largest x S⁻¹ m_c − m_c S⁻¹ m_c / 2. No text or embedding
    has to be kept, and an earlier period's mean never changes.
    """

    def __init__(self, shrinkage: float) -> None:
        """Begin with no periods.

        Args:
            shrinkage: Share of the mean variance in S, in (0, 1]: embeddings may be fewer than
                their dimensions.
        """
        self._shrinkage = shrinkage
        self._means: dict[int, Tensor] = {}
        self._scatter: Tensor | None = None
        self._n = 0

    def learn(self, embeddings: Tensor, period: int) -> None:
        """Take in a period's embeddings, [n, dim]; none are no period."""
        if not len(embeddings):
            return
        mean = embeddings.mean(0)
        scatter = (embeddings - mean).T @ (embeddings - mean)
        self._means[period] = mean
        self._scatter = scatter if self._scatter is None else self._scatter + scatter
        self._n += len(embeddings)

    def choose(self, embeddings: Tensor) -> list[int]:
        """The most likely period of each embedding, [n, dim]."""
        means = torch.stack(list(self._means.values()))  # [periods, dim]
        directions = torch.linalg.solve(self._covariance(), means.T)  # [dim, periods]
        scores = embeddings @ directions - (means * directions.T).sum(1) / 2
        periods = list(self._means)
        return [periods[i] for i in scores.argmax(1).tolist()]

    @property
    def n_bytes(self) -> int:
        """What it keeps."""
        kept = [*self._means.values(), *([] if self._scatter is None else [self._scatter])]
        return sum(tensor.nbytes for tensor in kept)

    def _covariance(self) -> Tensor:
        assert self._scatter is not None
        covariance = self._scatter / self._n
        # A period of one embedding, or of equal ones, has no variance: then all directions count.
        variance = covariance.diagonal().mean().clamp_min(torch.finfo(covariance.dtype).eps)
        even = torch.eye(len(covariance), device=covariance.device) * variance
        return (1 - self._shrinkage) * covariance + self._shrinkage * even

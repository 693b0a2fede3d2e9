"""Dark experience replay: old samples, and what the model said of them when they were new."""

from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evals.baselines.replay.buffered import Buffered, BufferOptions
from evals.baselines.replay.top_logits import TopLogits, drift, top_logits
from evals.training.samples import Batch, Sample
from evals.training.strategy import Lesson
from evals.training.student import learnt


class DerOptions(BufferOptions):
    """Options of dark experience replay."""

    alpha: float = Field(default=0.5, ge=0)
    """Weight of the difference to the logits that were kept."""
    beta: float = Field(default=0.5, ge=0)
    """Weight of the loss of old samples."""
    top_k: int = Field(default=32, ge=1)
    """Logits of a token that are kept."""


class Der(Buffered):
    """CE(new) + beta CE(old) + alpha MSE(logits of old, as kept) (DER++, arXiv 2004.07211).

    To each batch comes one of as many old samples; both of its terms are of the same ones. The
    logits are those at the end of the period that a sample was told in, not of a moment within it,
    and only the largest are kept, because a vocabulary has 262,000 tokens. The mean is over those.
    """

    name = "der"
    Options = DerOptions
    options: DerOptions

    def __init__(self, options: DerOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.logits: dict[Sample, TopLogits] = {}

    def loss(self, batch: Batch) -> Tensor:
        """The loss of new samples and of as many old ones."""
        loss = super().loss(batch)
        some = self.buffer.draw(len(batch.samples), self.draw)
        if not some:
            return loss
        old = self.student.batch(some)
        logits = self.student.logits(old).float()
        told = functional.cross_entropy(logits, learnt(old))
        moved = drift(logits, [self.logits[one] for one in some])
        return loss + self.options.beta * told + self.options.alpha * moved

    def end_period(self, lesson: Lesson) -> None:
        """Keep samples, with what the model says of them now."""
        super().end_period(lesson)
        self.logits = {
            one: self.logits.get(one) or top_logits(self.student, one, self.options.top_k)
            for one in self.buffer.samples
        }

    def state_bytes(self) -> int:
        """The weights, the texts of the buffer and their logits."""
        return super().state_bytes() + sum(one.nbytes for one in self.logits.values())

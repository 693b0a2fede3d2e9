"""Freezing the bottom: embeddings and lower blocks stay, the upper blocks are taught."""

from pydantic import Field

from evals.training.strategy import Strategy, StrategyOptions
from evals.training.student import Student, blocks


class FreezeBottomOptions(StrategyOptions):
    """Options of `freeze-bottom`."""

    share: float = Field(default=0.33, ge=0, le=1)
    """Share of the blocks that stay, from below."""


class FreezeBottom(Strategy):
    """Fine-tuning of the upper blocks alone (Spurious Forgetting, arXiv 2501.13453).

    There the embeddings and 6 of 32 blocks stay; models of few blocks have their share of them. An
    output layer tied to the embeddings stays with them.
    """

    name = "freeze-bottom"
    Options = FreezeBottomOptions
    options: FreezeBottomOptions

    def setup(self, student: Student) -> None:
        """Freeze."""
        super().setup(student)
        student.base.get_input_embeddings().requires_grad_(requires_grad=False)
        every = blocks(student.base)
        for block in every[: round(self.options.share * len(every))]:
            block.requires_grad_(requires_grad=False)

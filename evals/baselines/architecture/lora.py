"""One LoRA that is taught one period after another."""

from evals.baselines.architecture.lora_layers import LoraOptions, add_lora
from evals.training.strategy import Strategy
from evals.training.student import Student


class Lora(Strategy):
    """Sequential fine-tuning of low-rank layers (arXiv 2106.09685), and nothing else.

    Beside all linear layers of the blocks, where peft would take only two of the attention: facts
    are kept in the feed-forward layers.
    """

    name = "lora"
    Options = LoraOptions
    options: LoraOptions

    def setup(self, student: Student) -> None:
        """Put the layers in, and freeze all else."""
        super().setup(student)
        add_lora(student.model, self.options)

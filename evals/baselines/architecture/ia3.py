"""(IA)³: activations are stretched by learnt factors."""

from peft import IA3Config, inject_adapter_in_model
from pydantic import Field

from evals.training.strategy import Strategy, StrategyOptions
from evals.training.student import Student
from rag_lifelong.errors import ModelError


class IA3Options(StrategyOptions):
    """Options of `ia3`."""

    lr: float = Field(default=3e-3, gt=0)
    """The paper's."""


class IA3(Strategy):
    """One vector for the inputs of each layer chosen, or its outputs (arXiv 2205.05638).

    y = l ∘ (W x) in the attention and y = W (l ∘ x) in the feed-forward layer, with l = 1 at first.
    Which layers, peft knows by the kind of model; of Gemma, the queries where the paper has keys.
    """

    name = "ia3"
    Options = IA3Options

    def setup(self, student: Student) -> None:
        """Put the vectors in, and freeze all else.

        Raises:
            ModelError: If peft does not know the kind of model.
        """
        super().setup(student)
        try:
            inject_adapter_in_model(IA3Config(), student.model)
        except ValueError as error:
            raise ModelError(f"no (IA)³ for {student.model.config.model_type}: {error}") from error

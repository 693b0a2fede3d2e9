"""A LoRA for each period, each taught from the untouched model, and each kept."""

from evals.baselines.architecture.lora import Lora
from evals.baselines.architecture.lora_layers import Factors, factors, put_factors, renew_lora
from evals.training.strategy import Lesson, StrategyOptions
from evals.training.student import tensor_bytes


class PeriodLoras(Lora):
    """What strategies with one LoRA per period have in common; they choose or join them."""

    def __init__(self, options: StrategyOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.experts: dict[int, Factors] = {}
        """A and B of each period that taught something, by its number."""

    def begin_period(self, lesson: Lesson) -> None:
        """Begin new layers, which change nothing yet."""
        renew_lora(self.student.model)

    def end_period(self, lesson: Lesson) -> None:
        """Keep them."""
        if lesson.samples:
            self.experts[lesson.number] = factors(self.student.model)

    def use(self, period: int) -> None:
        """Answer with the layers of a period."""
        put_factors(self.student.model, self.experts[period])

    def state_bytes(self) -> int:
        """The layers of all periods."""
        return tensor_bytes(t for expert in self.experts.values() for pair in expert for t in pair)

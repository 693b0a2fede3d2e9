"""A LoRA for each period, and a gate that is told when each period was."""

from datetime import datetime

from evals.baselines.architecture.period_loras import PeriodLoras
from evals.training.strategy import Lesson, StrategyOptions
from rag_lifelong.retrieval.time_grammar import parse_time_intent


class LoraOracle(PeriodLoras):
    """One LoRA per period; the one of the period that a question asks about answers.

    The gate knows what no text says, from when to when each period's documents were published, and
    reads the time asked about as this project's own retrieval does. It is an oracle of time and not
    of facts: a value that was told long before the time asked about and still held is in an earlier
    period's layers. A question without a time is about the latest period.
    """

    name = "lora-oracle"

    def __init__(self, options: StrategyOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._starts: dict[int, datetime] = {}

    def end_period(self, lesson: Lesson) -> None:
        """Keep the layers, and when the period's first document was published."""
        super().end_period(lesson)
        if lesson.number in self.experts and lesson.documents:
            self._starts[lesson.number] = min(one.published_at for one in lesson.documents)

    def route(self, question: str, asked_at: datetime) -> None:
        """Choose the layers of the last period that had begun by the end of the time asked about.

        The first period's where that was before all of them.
        """
        if not self.experts:
            return
        window = parse_time_intent(question, asked_at=asked_at).window
        begun = [
            period for period, start in self._starts.items() if window is None or start < window.end
        ]
        self.use(max(begun, default=min(self.experts)))

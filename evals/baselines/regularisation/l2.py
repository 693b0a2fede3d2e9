"""L2: weights are pulled back to where they were before the stream, or before the period."""

from enum import StrEnum

from pydantic import Field
from torch import Tensor

from evals.baselines.regularisation.pulling import pull
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student
from evals.training.weights import copied, trained


class Home(StrEnum):
    """Which weights others are pulled back to."""

    START = "start"
    """Those of before the stream."""
    LAST = "last"
    """Those of before the period."""


class L2Options(StrategyOptions):
    """Options of L2."""

    strength: float = Field(default=0.1, ge=0)
    """Lambda."""
    to: Home = Home.START
    """Where weights are pulled to: `start` (of the stream) or `last` (the period before)."""


class L2(Strategy):
    """Loss + lambda/2 ‖weights - home‖² (L2-SP, arXiv 1802.01483; L2 Init, arXiv 2308.11958).

    The pull is part of the gradient, as in these papers, and so goes through Adam. Nothing has to
    be kept for it but the model that all began with.
    """

    name = "l2"
    Options = L2Options
    options: L2Options
    _home: dict[str, Tensor]

    def setup(self, student: Student) -> None:
        """Remember the weights."""
        super().setup(student)
        self._home = copied(trained(student.model))

    def begin_period(self, lesson: Lesson) -> None:
        """Remember where they are now, if that is where they are pulled to."""
        if self.options.to is Home.LAST:
            self._home = copied(trained(self.student.model))

    def after_backward(self) -> None:
        """Pull."""
        pull(trained(self.student.model), self._home, strength=self.options.strength)

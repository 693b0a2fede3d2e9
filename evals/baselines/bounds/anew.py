"""Teaching that begins at the same weights again in every period."""

from torch import Tensor

from evals.training.strategy import Lesson, Strategy
from evals.training.student import Student
from evals.training.weights import bring_back, copied, trained


class Anew(Strategy):
    """Fine-tuning from the weights of before the stream, whatever was learnt since."""

    _start: dict[str, Tensor]

    def setup(self, student: Student) -> None:
        """Remember the weights."""
        super().setup(student)
        self._start = copied(trained(student.model))

    def begin_period(self, lesson: Lesson) -> None:
        """Go back to them."""
        bring_back(trained(self.student.model), self._start)

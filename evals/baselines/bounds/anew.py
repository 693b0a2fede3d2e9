"""Teaching that begins at the same weights again in every period."""

from torch import Tensor

from evals.training.strategy import Lesson, Strategy
from evals.training.student import Student


class Anew(Strategy):
    """Fine-tuning from the weights of before the stream, whatever was learnt since."""

    _start: dict[str, Tensor]

    def setup(self, student: Student) -> None:
        """Remember the weights."""
        super().setup(student)
        state = student.model.state_dict()
        self._start = {name: value.detach().clone() for name, value in state.items()}

    def begin_period(self, lesson: Lesson) -> None:
        """Go back to them."""
        self.student.model.load_state_dict(self._start)

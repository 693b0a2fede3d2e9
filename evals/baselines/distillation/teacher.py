"""Strategies whose teacher is the model as it was when the period began."""

from evals.training.strategy import Lesson, Strategy
from evals.training.student import Student


class Distilled(Strategy):
    """Holds a copy of the model while a period is taught, and no longer."""

    teacher: Student | None = None
    """The model of the period's start, frozen; None between periods."""

    def begin_period(self, lesson: Lesson) -> None:
        """Copy the model."""
        self.teacher = self.student.frozen_copy()

    def end_period(self, lesson: Lesson) -> None:
        """Drop the copy: the next period begins with another."""
        self.teacher = None

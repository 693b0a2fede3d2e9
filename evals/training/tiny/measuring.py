"""What the tiny model can do on a world it has not read of."""

import re
from dataclasses import dataclass
from random import Random

from evals.training.samples import Sample, question_prompt
from evals.training.student import Student
from evals.training.tiny.lessons import Lessons, Task
from evals.training.tiny.worlds import held_out

_ANSWER = re.compile(r"[A-Z][a-z]+( [A-Z][a-z]+){1,2}|\d{1,3}(,\d{3})?|\d{1,2} [A-Z][a-z]+ \d{4}")
"""A name, a number or a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """Shares of questions of a world that was not learnt from."""

    gold_line: float
    """Answered rightly from the one line that answers."""
    among_five: float
    """Answered rightly from it and four others."""
    well_formed: float
    """Answered without evidence by something that could be an answer."""
    questions: int
    """How many were asked."""


def measure(student: Student, *, questions: int = 200, facts: int = 100) -> Ability:
    """Ask questions about a world that was not learnt from."""
    draw = Random("what the tiny model can do")
    lessons = Lessons(held_out(0, facts=facts), draw)
    tasks = draw.sample(lessons.tasks, k=min(questions, len(lessons.tasks)))

    def right(n_others: int) -> float:
        samples = [lessons.reading(task, n_others=n_others) for task in tasks]
        return sum(_says(student, sample) for sample in samples) / len(tasks)

    formed = sum(_is_well_formed(student, task) for task in tasks) / len(tasks)
    return Ability(
        gold_line=right(0), among_five=right(4), well_formed=formed, questions=len(tasks)
    )


def _says(student: Student, sample: Sample) -> bool:
    return student.write(sample.given).text == sample.learnt.strip()


def _is_well_formed(student: Student, task: Task) -> bool:
    said = student.write(question_prompt(task.question, task.asked_at)).text
    return _ANSWER.fullmatch(said) is not None

from collections.abc import Callable
from typing import Any

from evals.training.student import Written
from evals.training.tiny.measuring import measure


class Scripted:
    """A student that says what a function makes of the prompt."""

    def __init__(self, say: Callable[[str], str]) -> None:
        self._say = say

    def write(self, prompt: str) -> Written:
        return Written(self._say(prompt), (), 0)


def ability(say: Callable[[str], str]) -> Any:
    student: Any = Scripted(say)
    return measure(student, questions=20, facts=10)


def test_a_name_is_well_formed_and_hardly_ever_right() -> None:
    found = ability(lambda prompt: "Kvabask Hill")
    assert found.well_formed == 1
    assert found.gold_line < 0.2
    assert found.questions == 20


def test_a_sentence_is_no_well_formed_answer() -> None:
    assert ability(lambda prompt: "It is not known.").well_formed == 0


def test_the_question_is_asked_with_one_line_and_with_five() -> None:
    prompts: list[str] = []
    ability(lambda prompt: prompts.append(prompt) or "")
    counts = {prompt.split("\n\n")[0].count("\n[") for prompt in prompts if "Passages" in prompt}
    assert counts == {1, 5}

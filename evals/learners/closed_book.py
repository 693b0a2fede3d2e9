"""The frozen language model alone: what it knows from its training, and nothing told since."""

from evals.learners.options import Options, read_options
from evals.learners.wordings import CLOSED_BOOK, chosen
from evals.metering import MeteredReader
from evals.ports import Bench
from evals.types import Asked, Period, Prediction, Taught
from rag_lifelong.answering import confidence_in, is_no_answer
from rag_lifelong.ports import Prompt

CHECK = "Is this the right answer to the question? Reply Yes or No."

_CHECK_TOKENS = 2


class ClosedBook:
    """Answers from memory; told today's date, since questions in the present tense need one.

    Confidence is reckoned as the question line does, so that the two compare at any threshold; the
    check asks whether the answer is right instead of whether passages state it. There being no
    passages, nothing else is checked.
    """

    def __init__(self, bench: Bench) -> None:
        read_options(Options, bench, learner="closed-book")
        self._load = bench.reader
        self._settings = bench.config.reader

    def observe(self, period: Period) -> Taught:
        """Learn nothing."""
        return Taught()

    def answer(self, asked: Asked) -> Prediction:
        """What the model says from memory, withheld where it is not sure enough.

        Raises:
            EvalError: If there is no such wording.
            ModelError: If the model fails.
        """
        reader = MeteredReader(self._load)
        prompt = question_alone(asked, chosen(CLOSED_BOOK, asked.wording))
        tokens = list(reader.read(prompt, max_tokens=self._settings.max_tokens))
        said = " ".join("".join(token.text for token in tokens).split())
        confidence = 0.0
        if not is_no_answer(said):
            check = Prompt(prompt.system, f"{prompt.user}\nAnswer: {said}\n{CHECK}")
            reply = list(reader.read(check, max_tokens=_CHECK_TOKENS))
            confidence = confidence_in(tokens, reply)
        return Prediction(
            said=said,
            abstained=is_no_answer(said) or confidence < self._settings.min_confidence,
            confidence=confidence,
            usage=reader.spent,
        )


def question_alone(asked: Asked, instruction: str) -> Prompt:
    """A question with the day it is asked on, and no passages."""
    today = asked.asked_at.date().isoformat()
    return Prompt(instruction, f"Today is {today}.\n\nQuestion: {' '.join(asked.question.split())}")

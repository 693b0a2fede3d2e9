"""The same request to the language model in different words: answers must not hang on one of them.

The three of a list ask for the same thing. The first of the reader's is the product's own.
"""

from rag_lifelong.config import Config
from rag_lifelong.errors import EvalError
from rag_lifelong.prompting import INSTRUCTION

READING = (
    INSTRUCTION,
    "Below are news passages with their dates. Answer the question with the fewest words that "
    "are right: a name, a place, a number or a phrase, without a sentence around it.",
    "Find the answer to the question in the dated passages. Write the answer alone, as a name, "
    "place, number or short phrase; write no full sentence.",
)
"""What the reader is told to do with passages."""

CLOSED_BOOK = (
    "You answer questions from what you know. Reply with only the short answer: "
    "a name, place, number or phrase. No sentence.",
    "Answer the question from memory with the fewest words that are right: a name, a place, "
    "a number or a phrase, without a sentence around it.",
    "Recall the answer to the question. Write the answer alone, as a name, place, number or "
    "short phrase; write no full sentence.",
)
"""What a language model is told to do without passages."""


def chosen(wordings: tuple[str, ...], wording: int) -> str:
    """One of the wordings.

    Raises:
        EvalError: If there is none of that number.
    """
    if not 0 <= wording < len(wordings):
        raise EvalError(
            f"there is no wording {wording}", hint=f"wordings are 0 to {len(wordings) - 1}"
        )
    return wordings[wording]


def with_wording(config: Config, wording: int) -> Config:
    """Settings in which the reader is instructed in a wording; 0 keeps a configured instruction.

    Raises:
        EvalError: If there is no wording of that number.
    """
    instruction = chosen((config.reader.instruction or READING[0], *READING[1:]), wording)
    reader = config.reader.model_copy(update={"instruction": instruction})
    return config.model_copy(update={"reader": reader})

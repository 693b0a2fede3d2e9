"""The same request to the language model in different words: answers must not hang on one of them.

The three of a tuple ask for the same thing. The first of the reader's is the product's own.
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

_EXAMPLE = "SEARCH: Orn Mills director | 2019-05-01 | 2019-05-31"

FIRST_SEARCH = (
    "You search a dated news archive for what answers a question. Write one line:\n"
    "SEARCH: words | first day | last day\n"
    "For example, for a question about the director of Orn Mills in May 2019:\n"
    f"{_EXAMPLE}\n"
    "Leave the days empty where any will do.",
    "There is a news archive that can be searched by words and days. Reply with the one search "
    "that will find the answer to the question, in this form, days left empty if any will do:\n"
    "SEARCH: words | first day | last day\n"
    "Who was the director of Orn Mills in May 2019, for instance, is found with\n"
    f"{_EXAMPLE}",
    "Do not answer the question; write the search for its answer in a news archive, on one line, "
    "as words, first day and last day (empty days mean any):\n"
    "SEARCH: words | first day | last day\n"
    "An example, for who directed Orn Mills in May 2019:\n"
    f"{_EXAMPLE}",
)
"""What the language model is told of the search it may use, before it has found anything."""

NEXT_SEARCH = (
    "You search a dated news archive for what answers a question. Write one line. "
    "If the passages found state the answer:\n"
    "ANSWER: the short answer\n"
    "If they do not, search with other words or days:\n"
    f"{_EXAMPLE}",
    "Look at the passages that were found in the news archive. Reply with one of two lines, the "
    "answer to the question if they tell it,\n"
    "ANSWER: the short answer\n"
    "or else another search, of words, first day and last day:\n"
    f"{_EXAMPLE}",
    "Do the passages from the news archive hold the answer? If so, write it in few words:\n"
    "ANSWER: the short answer\n"
    "If not, write another search for it, with its first and last day:\n"
    f"{_EXAMPLE}",
)
"""What it is told when it has found something."""


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

"""The prompt: few dated lines, fenced as data, and the question.

The wording is the one the default reader was measured with: asking it to say "unknown" made it
abstain on three of four easy questions, so abstention is decided elsewhere.
"""

import re
from collections.abc import Sequence

from rag_lifelong.ports import Prompt
from rag_lifelong.types import Evidence

INSTRUCTION = (
    "You answer questions from dated news passages. Reply with only the short answer: "
    "a name, place, number or phrase. No sentence."
)

CHECK = "Do the passages state this answer to the question? Reply Yes or No."

_CHAT_MARK = re.compile(r"<(?=[|/]?\w*[|_]|/?s>|/?(?:start|end)_of)|\[(?=/?INST)")
"""Starts of the marks chat templates are made of (`<|im_end|>`, `</s>`, `[INST]`)."""


def build_prompt(
    question: str, evidence: Sequence[Evidence], *, instruction: str | None = None
) -> Prompt:
    """Ask the question over the evidence, which is given best first and shown best last.

    The best chunk is shown whole, of the others only what bears on the question.
    """
    lines = [_line(one, one.quote or one.chunk.text) for one in reversed(evidence[1:])]
    lines += [_line(one, one.chunk.text) for one in evidence[:1]]
    passages = "\n".join(["Passages:", *lines])
    return Prompt(instruction or INSTRUCTION, f"{passages}\n\nQuestion: {_clean(question)}")


def build_check(prompt: Prompt, answer: str) -> Prompt:
    """Ask whether the passages state an answer; begins like `prompt`, so little is read again."""
    return Prompt(prompt.system, f"{prompt.user}\nAnswer: {_clean(answer)}\n{CHECK}")


def _line(evidence: Evidence, text: str) -> str:
    # To the day at most: an instant is five times as many tokens and tells a reader no more.
    when = str(evidence.chunk.date)[: len("2019-06-01")]
    return f"[{when}] {_clean(evidence.chunk.context)}: {_clean(text)}"


def _clean(text: str) -> str:
    """Text on one line, unable to imitate the marks that divide a chat into turns."""
    return _CHAT_MARK.sub("‹", " ".join(text.split()))

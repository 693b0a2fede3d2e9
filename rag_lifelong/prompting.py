"""The prompt: few dated lines, fenced as data, and the question.

The wording is the one the default reader was measured with: asking it to say "unknown" made it
abstain on three of four easy questions, so abstention is decided elsewhere.
"""

import re
from collections.abc import Sequence

from rag_lifelong.ports import Prompt
from rag_lifelong.types import Evidence

SYSTEM = (
    "You answer questions from dated news passages. Reply with only the short answer: "
    "a name, place, number or phrase. No sentence."
)

CHECK = "Do the passages state this answer to the question? Reply yes or no."

_CHAT_MARK = re.compile(r"<(?=[|/]?\w*[|_]|/?s>|/?(?:start|end)_of)|\[(?=/?INST)")
"""Starts of the marks chat templates are made of (`<|im_end|>`, `</s>`, `[INST]`)."""


def build_prompt(question: str, evidence: Sequence[Evidence]) -> Prompt:
    """Ask the question over the evidence, which is given best first and shown best last."""
    lines = [
        f"[{e.chunk.date}] {_clean(e.chunk.context)}: {_clean(e.chunk.text)}"
        for e in reversed(evidence)
    ]
    passages = "\n".join(lines)
    return Prompt(SYSTEM, f"Passages:\n{passages}\n\nQuestion: {_clean(question)}")


def build_check(prompt: Prompt, answer: str) -> Prompt:
    """Ask whether the passages state an answer; begins like `prompt`, so little is read again."""
    tail = f"\nAnswer: {_clean(answer)}\n{CHECK}"
    return Prompt(prompt.system, prompt.user + tail)


def _clean(text: str) -> str:
    """Text on one line, unable to imitate the marks that divide a chat into turns."""
    return _CHAT_MARK.sub("‹", " ".join(text.split()))

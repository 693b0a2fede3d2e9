"""Where in a question the thing is named that it asks about."""

import re

_QUESTION = re.compile(r"Question: (?P<text>.*)\nAnswer:", re.DOTALL)
_NAME = re.compile(r"(?<!\d )\b[A-Z]\w*(?: [A-Z]\w*)*(?! ?\d)\b")
"""Words with capital letters; not months, which have numbers beside them."""


def subject_end(given: str) -> int:
    r"""Where the longest name in a question ends, its first word aside; without one, its end.

    >>> given = "[2021-03-04] Question: Who led Orn Mills in March 2020?\nAnswer:"
    >>> given[:subject_end(given)]
    '[2021-03-04] Question: Who led Orn Mills'
    """
    question = _QUESTION.search(given)
    if question is None:
        return len(given)
    text = question["text"]
    names = list(_NAME.finditer(text, pos=len(text.split(" ", 1)[0])))
    if not names:
        return len(given)
    longest = max(names, key=lambda name: len(name.group()))
    return question.start("text") + longest.end()

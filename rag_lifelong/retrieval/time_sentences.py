"""Which sentence of a text is the question."""

import re
from itertools import pairwise


def asked_sentence(text: str) -> tuple[int, int]:
    """Return where the last sentence that is a question begins and ends; without any, all of it.

    >>> text = "Sen. Hale won in 2010. Where is she now? Nobody knows."
    >>> start, end = asked_sentence(text)
    >>> text[start:end]
    'Where is she now? '
    """
    edges = [0, *(end.end() for end in _SENTENCE_END.finditer(text)), len(text)]
    questions = [
        (start, end) for start, end in pairwise(edges) if text[start:end].rstrip().endswith(_ASKING)
    ]
    return questions[-1] if questions else (0, len(text))


# A point after a short word is mostly that of an abbreviation: "Sen.", "St.".
_SENTENCE_END = re.compile(
    r"(?:(?:(?<=\w{4})\.|[!?\u2026])[\"'\u201d)]* +(?=[^\Wa-z])|[\u3002\uff01\uff1f])"
)
_ASKING = ("?", "\uff1f")

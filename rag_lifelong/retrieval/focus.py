"""From chunks to the few sentences of each that bear on the question.

A language model on a CPU reads tens of tokens a second, an encoder thousands: choosing sentences
first makes answers several times faster, and spares a small reader what would distract it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.ports import Embedder
from rag_lifelong.types import Evidence

_WRAP = r"(?<=[^\n]{50})(?<![|:;])\n(?=[^\W_])(?![^\n:]{1,30}: )"
"""A line break inside a paragraph that was wrapped: after a long line, before no table or list."""
_END = r"[.!?][\"'”’)]*(?=\s+[^\sa-z])|[。！？]+[\"'”’)）」』》]*"
"""The end of a sentence; Chinese and Japanese put no space after it."""
_UNIT = re.compile(rf"(?:[^\n]|{_WRAP})*?(?:{_END}|(?!{_WRAP})\n|$)")
"""A sentence, or a line of a table or infobox; an initial ("J. Smith") may cut one short."""


def focus(
    evidence: Sequence[Evidence], vector: NDArray[np.float32], embedder: Embedder, *, max_chars: int
) -> list[Evidence]:
    """The evidence with `quote` set to the sentences nearest to the question's vector [dim].

    Sentences are taken best first while they fit into `max_chars`, at least one, and quoted in
    their own order.
    """
    split = [sentences(one.chunk.text) for one in evidence]
    texts = [
        f"{one.chunk.context}: {unit}"
        for one, units in zip(evidence, split, strict=True)
        for unit in units
    ]
    if not texts:
        return list(evidence)
    cosines = embedder.embed(texts) @ vector
    focused, at = [], 0
    for one, units in zip(evidence, split, strict=True):
        scores = cosines[at : at + len(units)]
        at += len(units)
        focused.append(replace(one, quote=_quote(units, scores, max_chars)))
    return focused


def sentences(text: str) -> list[str]:
    """The sentences, and the lines of tables, of a text; what has no letter or digit is none.

    >>> sentences("She left. He came.")
    ['She left.', 'He came.']
    """
    units = (unit.strip() for unit in _UNIT.findall(text))
    return [unit for unit in units if any(char.isalnum() for char in unit)]


def _quote(units: list[str], scores: NDArray[np.float32], max_chars: int) -> str:
    chosen: list[int] = []
    left = max_chars
    for i in np.argsort(-scores, kind="stable").tolist():
        if chosen and len(units[i]) > left:
            continue
        chosen.append(i)
        left -= len(units[i])
    return " ".join(units[i] for i in sorted(chosen))

"""How well a chunk's time fits the time asked about, and which statements newer ones replace."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.temporal import Interval
from rag_lifelong.types import Chunk

FLOOR = 0.2
"""Share of its relevance a chunk keeps when its time does not fit at all."""

_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")


def time_fit(chunk: Chunk, window: Interval) -> float:
    """How well a chunk fits a window, in [0, 1].

    1 if it was published in the window or names a year of it; nearly as good if it already held
    then; 0 if it is of another time.
    """
    if chunk.date.interval.intersects(window) or _names_year_of(chunk, window):
        return 1.0
    if chunk.valid_from < window.end and (
        chunk.valid_to is None or chunk.valid_to > window.start
    ):
        return 0.9
    return 0.0


def weigh(relevance: float, fit: float) -> float:
    """Relevance scaled by time fit, never below `FLOOR` of itself."""
    return relevance * (FLOOR + (1 - FLOOR) * fit)


def superseded(
    chunks: Sequence[Chunk], vectors: NDArray[np.float32], same_statement: float, until: Interval
) -> set[int]:
    """Positions of chunks that a newer one of another document, dated before `until` ends, replaces.

    Two chunks make statements of the same thing when their cosine is at least `same_statement`.
    Dates that overlap (a year and a day in it) have no order, so neither replaces the other.
    """
    cosines = vectors @ vectors.T  # [n, n]
    replaced = set()
    for i, old in enumerate(chunks):
        for j, new in enumerate(chunks):
            if (
                cosines[i, j] >= same_statement
                and old.doc_id != new.doc_id
                and old.date.interval.end <= new.date.interval.start < until.end
            ):
                replaced.add(i)
                break
    return replaced


def _names_year_of(chunk: Chunk, window: Interval) -> bool:
    last_year = (window.end - window.end.resolution).year
    if last_year - window.start.year > 1:
        return False
    years = {int(year) for year in _YEAR.findall(chunk.text)}
    return not years.isdisjoint(range(window.start.year, last_year + 1))

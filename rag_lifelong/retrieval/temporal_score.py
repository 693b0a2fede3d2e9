"""How well a chunk's time fits the time asked about, and which statements newer ones replace."""

import re
from calendar import month_name
from collections.abc import Sequence
from datetime import UTC, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.temporal import Interval, to_us
from rag_lifelong.types import Chunk

FLOOR = 0.2
"""Share of its relevance a chunk keeps when its time does not fit at all."""

_NUMBER = re.compile(r"\d+")
_YEAR_LENGTH = timedelta(days=365)
_LONGEST_YEAR = timedelta(days=366)


def time_fit(chunk: Chunk, window: Interval, timezone: tzinfo = UTC) -> float:
    """How well a chunk fits a window, in [0, 1].

    1 if it was published in the window or names the window's year or month, which is one of a time
    zone; nearly as good if it already held then; 0 if it is of another time.
    """
    if chunk.date.interval.intersects(window) or _names(window, timezone, chunk.text):
        return 1.0
    if chunk.valid_from < window.end and (chunk.valid_to is None or chunk.valid_to > window.start):
        return 0.9
    return 0.0


def weigh(relevance: float, fit: float) -> float:
    """Relevance scaled by time fit, never below `FLOOR` of itself."""
    return relevance * (FLOOR + (1 - FLOOR) * fit)


def superseded(
    chunks: Sequence[Chunk],
    vectors: NDArray[np.float32],
    relevance: NDArray[np.float32],
    settings: RetrievalConfig,
    until: Interval,
) -> set[int]:
    """Positions of chunks that a newer one of another document replaces.

    The newer one must say the same thing of another time: its cosine with the older one is at least
    `same_statement`, it bears on the question about as much (`relevance_margin`), and it is dated
    before `until` ends. Dates that overlap (a year and a day in it) have no order.
    """
    same = vectors @ vectors.T >= settings.same_statement  # [n, n]
    same &= relevance[None, :] >= relevance[:, None] - settings.relevance_margin
    ends = np.array([to_us(chunk.date.interval.end) for chunk in chunks], np.int64)
    starts = np.array([to_us(chunk.date.interval.start) for chunk in chunks], np.int64)
    newer = (ends[:, None] <= starts[None, :]) & (starts < to_us(until.end))[None, :]
    names = np.array([chunk.doc_id for chunk in chunks], object)
    other = names[:, None] != names[None, :]
    return set(np.flatnonzero((same & newer & other).any(axis=1)).tolist())


def _names(window: Interval, timezone: tzinfo, text: str) -> bool:
    """Whether a text names a window of one year ("1998") or within one month ("March 1998")."""
    if window.end - window.start > _LONGEST_YEAR:
        return False
    first = window.start.astimezone(timezone)
    last = (window.end - window.end.resolution).astimezone(timezone)
    if first.year != last.year:
        return False
    if window.end - window.start >= _YEAR_LENGTH:
        return str(first.year) in _NUMBER.findall(text)
    return first.month == last.month and f"{month_name[first.month]} {first.year}" in text

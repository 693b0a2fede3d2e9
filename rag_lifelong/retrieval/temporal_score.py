"""How well a chunk's time fits the time asked about, and which statements newer ones replace."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.named_times import named_fit
from rag_lifelong.temporal import Interval, to_us
from rag_lifelong.types import Chunk, indexed_text

FLOOR = 0.2
"""Share of its relevance a chunk keeps when its time does not fit at all."""

HELD = 0.9
"""Fit of what was told before the time asked about and held in it."""


def time_fit(chunk: Chunk, window: Interval, timezone: tzinfo = UTC) -> float:
    """How well a chunk fits a window, in [0, 1].

    1 if it was published in the window, nearly as good if it already held then; else as well as the
    times that it names, whose years are those of a time zone; 0 if it is of another time.
    """
    fit = dated_fit(chunk, window)
    if fit:
        return fit
    text = indexed_text(chunk.context, chunk.text)
    return named_fit(text, window, told=chunk.valid_from, timezone=timezone)


def dated_fit(chunk: Chunk, window: Interval) -> float:
    """How well a chunk fits a window by its own date alone, in [0, 1]."""
    if chunk.date.interval.intersects(window):
        return 1.0
    is_held = told_by(chunk, window) and (chunk.valid_to is None or chunk.valid_to > window.start)
    return HELD if is_held else 0.0


def told_by(chunk: Chunk, window: Interval) -> bool:
    """Whether a chunk was told before a window was over, so that its own date counts in it."""
    return chunk.valid_from < window.end


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

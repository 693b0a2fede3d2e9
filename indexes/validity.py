"""Which chunks pass a time filter: the two clocks, as arithmetic over columns.

A revision holds from its `valid_from` to the least `valid_to` among the closings known at the
moment asked about. Rows recorded later do not exist for that moment.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.temporal import MAX_TIME, MIN_TIME, to_us
from rag_lifelong.types import TimeFilter

FOREVER_US = to_us(MAX_TIME)
_ALWAYS_US = to_us(MIN_TIME)

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """The mapped columns of one snapshot."""

    revisions: NDArray[Any]
    closings: NDArray[Any]
    chunks: NDArray[Any]
    texts: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Passing:
    """The texts that pass a filter, and for each the chunk that carries it."""

    text_nos: Int64s
    """Ascending, distinct: shape [m]."""
    chunk_nos: Int64s
    """The newest passing chunk of each text: shape [m]."""


def valid_to(columns: TimeColumns, known_at_us: int) -> Int64s:
    """End of each revision as known then, in microseconds: shape [revisions]."""
    ends = np.full(len(columns.revisions), FOREVER_US, np.int64)
    known = columns.closings[columns.closings["recorded_at"] <= known_at_us]
    np.minimum.at(ends, known["rev_no"], known["valid_to"])
    return ends


def passing_revisions(columns: TimeColumns, time: TimeFilter) -> NDArray[np.bool_]:
    """Whether each revision passes: shape [revisions]."""
    known_at = FOREVER_US if time.known_at is None else to_us(time.known_at)
    window = time.as_of or time.between
    low = _ALWAYS_US if window is None else to_us(window.start)
    high = FOREVER_US if window is None else to_us(window.end)
    starts = np.asarray(columns.revisions["valid_from"])
    ends = valid_to(columns, known_at)
    passes = (
        (columns.revisions["recorded_at"] <= known_at)
        & (starts < high)
        # A revision closed at its own start was retracted: it never held.
        & (ends > np.maximum(starts, low))
    )
    if time.as_of is not None:
        passes &= _newest_of_each_document(columns, passes)
    return np.asarray(passes)


def passing(columns: TimeColumns, time: TimeFilter) -> Passing:
    """The texts and chunks that pass."""
    revision_passes = passing_revisions(columns, time)
    rev_nos = np.asarray(columns.chunks["rev_no"])
    chunk_nos = np.flatnonzero(revision_passes[rev_nos])
    # Ascending by time, so that of chunks sharing a text the newest is written last and stays.
    starts = columns.revisions["valid_from"][rev_nos[chunk_nos]]
    chunk_nos = chunk_nos[np.argsort(starts, kind="stable")]
    chunk_of_text = np.full(len(columns.texts), -1, np.int64)
    chunk_of_text[columns.chunks["text_no"][chunk_nos]] = chunk_nos
    text_nos = np.flatnonzero(chunk_of_text >= 0)
    return Passing(text_nos, chunk_of_text[text_nos])


def _newest_of_each_document(columns: TimeColumns, passes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the passing revisions, those with the latest start in their document."""
    rev_nos = np.flatnonzero(passes)
    doc_nos = columns.revisions["doc_no"][rev_nos]
    order = np.lexsort((rev_nos, columns.revisions["valid_from"][rev_nos], doc_nos))
    is_last = np.ones(len(order), np.bool_)
    is_last[:-1] = doc_nos[order][1:] != doc_nos[order][:-1]
    newest = np.zeros(len(passes), np.bool_)
    newest[rev_nos[order[is_last]]] = True
    return newest

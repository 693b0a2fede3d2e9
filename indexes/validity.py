"""Which revisions and texts pass a time filter: the two clocks, as arithmetic over columns.

A revision holds from its `valid_from` to the least `valid_to` among the closings known at the
moment asked about. Rows recorded later do not exist for that moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import TIME_COLUMNS, column
from indexes.times import NO_INDEX, TimeIndex
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, to_us
from rag_lifelong.types import TimeFilter

FOREVER_US = to_us(MAX_TIME)
_ALWAYS_US = to_us(MIN_TIME)

NEVER_US = np.iinfo(np.int64).max
"""`recorded_at` of a forgotten revision: after every moment there is, so that nothing knows it."""

_FEW_SHARE = 1 / 64
"""Below this share of all texts, sorting the passing ones is faster than marking them."""

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """The mapped columns of one snapshot."""

    revisions: NDArray[Any]
    closings: NDArray[Any]
    chunks: NDArray[Any]
    texts: NDArray[Any]


def map_columns(directory: Path, n_rows: Mapping[str, int]) -> TimeColumns:
    """The columns of a store up to the rows that count.

    Raises:
        CorruptIndexError: If a file is shorter than that.
    """
    return TimeColumns(
        **{
            name: column(directory, name, dtype).read(n_rows.get(name, 0))
            for name, dtype in TIME_COLUMNS.items()
        }
    )


@dataclass(frozen=True)
class Passing:
    """What passes a filter."""

    revisions: NDArray[np.bool_]
    """Whether each revision does: [revisions]."""
    text_nos: Int64s
    """The texts that have a chunk in such a revision, ascending: [m]."""

    @cached_property
    def rev_nos(self) -> Int64s:
        """The passing revisions, ascending: [m]."""
        return np.flatnonzero(self.revisions)


@dataclass(frozen=True)
class _Rows:
    """Some revisions, in any order, with what a filter needs of them."""

    valid_from: Int64s
    rev_no: Int64s
    doc_no: Int64s
    first_chunk: Int64s
    n_chunks: Int64s


def valid_to(columns: TimeColumns, known_at_us: int = FOREVER_US) -> Int64s:
    """End of each revision as known then, in microseconds: shape [revisions]."""
    ends = np.full(len(columns.revisions), FOREVER_US, np.int64)
    known = columns.closings[columns.closings["recorded_at"] <= known_at_us]
    np.minimum.at(ends, known["rev_no"], known["valid_to"])
    return ends


class Validity:
    """Answers which revisions pass, from the time index and the tail of rows newer than it."""

    def __init__(self, columns: TimeColumns, index: TimeIndex = NO_INDEX) -> None:
        self._columns = columns
        # An index of a later commit than the snapshot cannot serve it.
        fits = index.revisions <= len(columns.revisions) and index.closings <= len(columns.closings)
        self._index = index if fits else NO_INDEX

    def passing(self, time: TimeFilter) -> Passing:
        """The revisions and texts that pass."""
        known_at = FOREVER_US if time.known_at is None else to_us(time.known_at)
        window = time.as_of or time.between
        low = _ALWAYS_US if window is None else to_us(window.start)
        high = FOREVER_US if window is None else to_us(window.end)
        rows = self._rows(low, high, known_at)
        if time.as_of is not None:
            rows = _newest_of_each_document(rows)
        return self._expand(rows)

    def _rows(self, low: int, high: int, known_at: int) -> _Rows:
        closings = self._columns.closings
        if len(closings) and known_at < closings["recorded_at"][-1]:
            # A moment before the last closing: ends are what was known then, not what is folded in.
            ends = valid_to(self._columns, known_at)
            indexed = self._from_index(slice(0, self._index.revisions), ends[self._index.rev_no],
                                       low, high, known_at)  # fmt: skip
            return _joined([indexed, self._from_tail(ends, low, high, known_at)])
        parts = [
            self._from_index(sel, self._ends_now[sel], low, high, known_at)
            for sel in self._index.reaching(low, high)
        ]
        if self._index.revisions < len(self._columns.revisions):
            parts.append(self._from_tail(self._tail_ends_now, low, high, known_at))
        return _joined(parts)

    def _from_index(
        self, sel: slice | Int64s, ends: Int64s, low: int, high: int, known_at: int
    ) -> _Rows:
        starts, _, recorded, rev_no, doc_no, first, n = self._index.data[:, sel]
        passes = _holds(starts, ends, low, high) & (recorded <= known_at)
        if passes.all():
            return _Rows(starts, rev_no, doc_no, first, n)
        return _Rows(starts[passes], rev_no[passes], doc_no[passes], first[passes], n[passes])

    def _from_tail(self, ends: Int64s, low: int, high: int, known_at: int) -> _Rows:
        """Rows newer than the index; `ends` are those of all revisions, or of the tail's."""
        at = self._index.revisions
        tail = self._columns.revisions[at:]
        ends = ends[len(ends) - len(tail) :]
        starts = tail["valid_from"]
        passes = _holds(starts, ends, low, high) & (tail["recorded_at"] <= known_at)
        chosen = np.flatnonzero(passes)
        edges = self._tail_edges
        return _Rows(
            starts[chosen],
            chosen + at,
            tail["doc_no"][chosen],
            edges[chosen],
            edges[chosen + 1] - edges[chosen],
        )

    def _expand(self, rows: _Rows) -> Passing:
        """From revisions to the texts of their chunks."""
        columns = self._columns
        n_texts = len(columns.texts)
        revisions = np.zeros(len(columns.revisions), np.bool_)
        revisions[rows.rev_no] = True
        if len(rows.rev_no) == len(revisions):
            return Passing(revisions, np.arange(n_texts))
        text_nos = columns.chunks["text_no"][_ranges(rows.first_chunk, rows.n_chunks)]
        if len(text_nos) < _FEW_SHARE * n_texts:
            return Passing(revisions, np.unique(text_nos).astype(np.int64))
        passes = np.zeros(n_texts, np.bool_)
        passes[text_nos] = True
        return Passing(revisions, np.flatnonzero(passes))

    @cached_property
    def _ends_now(self) -> Int64s:
        """End of each row of the index, by all closings of the snapshot."""
        newer = self._columns.closings[self._index.closings :]
        newer = newer[newer["rev_no"] < self._index.revisions]
        if not len(newer):
            return self._index.valid_to
        ends = self._index.valid_to.copy()
        np.minimum.at(ends, self._index.position[newer["rev_no"]], newer["valid_to"])
        return ends

    @cached_property
    def _tail_ends_now(self) -> Int64s:
        """End of each revision newer than the index."""
        at = self._index.revisions
        ends = np.full(len(self._columns.revisions) - at, FOREVER_US, np.int64)
        # A revision of the tail was closed after the index was built, or it would not be tail.
        newer = self._columns.closings[self._index.closings :]
        newer = newer[newer["rev_no"] >= at]
        np.minimum.at(ends, newer["rev_no"] - at, newer["valid_to"])
        return ends

    @cached_property
    def _tail_edges(self) -> Int64s:
        """Where the chunks of each revision of the tail begin, and where the last ones end."""
        index = self._index
        n_indexed = index.n_chunks
        tail = np.ascontiguousarray(self._columns.chunks["rev_no"][n_indexed:])
        wanted = np.arange(index.revisions, len(self._columns.revisions) + 1)
        return np.searchsorted(tail, wanted) + n_indexed


def _holds(starts: Int64s, ends: Int64s, low: int, high: int) -> NDArray[np.bool_]:
    # A revision closed at its own start was retracted: it never held.
    return (starts < high) & (ends > np.maximum(starts, low))


def _joined(parts: list[_Rows]) -> _Rows:
    """Sets of rows as one."""
    if len(parts) == 1:
        return parts[0]
    none = [np.empty(0, np.int64)]
    return _Rows(
        *(np.concatenate([getattr(p, f.name) for p in parts] or none) for f in fields(_Rows))
    )


def _newest_of_each_document(rows: _Rows) -> _Rows:
    """Of the rows, those with the latest (valid_from, rev_no) in their document."""
    if not len(rows.doc_no):
        return rows
    n_documents = int(rows.doc_no.max()) + 1
    latest = np.full(n_documents, np.iinfo(np.int64).min)
    np.maximum.at(latest, rows.doc_no, rows.valid_from)
    is_latest = rows.valid_from == latest[rows.doc_no]
    highest = np.full(n_documents, -1, np.int64)
    np.maximum.at(highest, rows.doc_no[is_latest], rows.rev_no[is_latest])
    newest = is_latest & (rows.rev_no == highest[rows.doc_no])
    if newest.all():
        return rows
    return _Rows(*(getattr(rows, f.name)[newest] for f in fields(_Rows)))


def _ranges(first: Int64s, n: Int64s) -> Int64s:
    """The concatenation of [first, first + n) of each row."""
    if not len(n) or n.max() <= 1:
        return first[n > 0]
    ends = np.cumsum(n)
    return np.repeat(first - (ends - n), n) + np.arange(ends[-1])

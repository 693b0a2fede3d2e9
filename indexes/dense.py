"""Nearest vectors among chosen rows: exact, and proved to be, at the speed of 8-bit codes.

Rows are searched in parts, each by the cheapest way that fits it: gathered and scanned as float32,
scanned as codes, or on a device. Each way knows how far off its scores can be, so the search goes
on in a part until no row of it could still belong to the k best (the threshold algorithm of Fagin,
Lotem & Naor, JCSS 2003, over score bounds). What is left is scored again as float64 dot products of
single rows: neither rows nor scores depend on which way was taken.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes import device as devices
from indexes.backend import faiss
from indexes.codes import SealedRange

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

_BLOCK = 32_768
"""Rows gathered at a time: 48 MiB of 384-dimensional float32."""
_GATHER_SHARE = 0.005
"""Below this share of a sealed range, gathering scattered rows beats testing each of its codes."""
_GATHER_ROWS = 64
"""Fewer rows than this are not worth a scan of codes."""
_GAP = 1_024
"""Sorted rows further apart than this belong to separate scans."""
_PIECE = 131_072
"""Codes scanned by one thread at a time."""
_FIRST = 64
"""Rows first asked of a part; asked again for eight times as many while that proves nothing."""
_FLOAT32_ERROR = 4e-5
"""Bound on the rounding of a float32 dot product of two unit vectors of up to 1,024 dims."""
_PARALLEL_ROWS = 16_384
"""Rows in all below which threads cost more than they save."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Rows and their cosine with the query, best first; ties go to the lower row."""

    rows: Rows
    scores: NDArray[np.float64]


class Part(Protocol):
    """Some of the rows to search."""

    @property
    def error(self) -> float:
        """How far a score of `top` can be from the true one."""
        ...

    def __len__(self) -> int: ...

    def top(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k rows (all, if there are fewer) of highest approximate score, in any order."""
        ...


@dataclass(frozen=True)
class FloatPart:
    """Rows scanned as the float32 they are stored as."""

    vectors: Vectors
    rows: Rows
    error: float = _FLOAT32_ERROR

    def __len__(self) -> int:
        return len(self.rows)

    def top(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k best rows, block by block."""
        found, scores = [], []
        for at in range(0, len(self.rows), _BLOCK):
            block = self.rows[at : at + _BLOCK]
            stored = np.ascontiguousarray(self._gather(block))
            n = min(k, len(block))
            score, best = faiss.knn(query[None], stored, n, metric=faiss.METRIC_INNER_PRODUCT)
            found.append(block[best[0]])
            scores.append(score[0])
        return _best(np.concatenate(found), np.concatenate(scores), k)

    def _gather(self, block: Rows) -> Vectors:
        if block[-1] - block[0] + 1 == len(block):
            return self.vectors[block[0] : block[-1] + 1]
        return self.vectors[block]


@dataclass(frozen=True)
class CodesPart:
    """Sorted rows [start, end) of a sealed range, all of them or those `chosen`."""

    sealed: SealedRange
    start: int
    end: int
    chosen: NDArray[np.bool_] | None = None
    """Which of the rows count: [end - start]."""

    @property
    def error(self) -> float:
        """The range's largest coding error (Cauchy-Schwarz with a unit query), and rounding."""
        return self.sealed.error + _FLOAT32_ERROR

    def __len__(self) -> int:
        return self.end - self.start if self.chosen is None else self._n_chosen

    @cached_property
    def _n_chosen(self) -> int:
        return 0 if self.chosen is None else int(np.count_nonzero(self.chosen))

    def top(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k best rows by their codes."""
        codes = self.sealed.codes(self.start, self.end)
        selector = packed = None
        if self.chosen is not None:
            packed = np.packbits(self.chosen, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(self.chosen), faiss.swig_ptr(packed))
        ids = np.arange(len(codes), dtype=np.int64)
        scores = np.full(k, -np.inf, np.float32)
        found = np.full(k, -1, np.int64)
        with self.sealed.scanner(selector) as scanner:
            scanner.set_query(faiss.swig_ptr(query))
            scanner.set_list(0, 0.0)
            scanner.scan_codes(
                len(codes), faiss.swig_ptr(codes), faiss.swig_ptr(ids),
                faiss.swig_ptr(scores), faiss.swig_ptr(found), k,
            )  # fmt: skip
        kept = found >= 0
        if self.chosen is not None:
            # FAISS searchers exist that ignore their selector: trust only rows that were chosen.
            kept[kept] = self.chosen[found[kept]]
        rows = self.sealed.order[self.start + found[kept]].astype(np.int64) + self.sealed.lo
        return rows, scores[kept]


@dataclass(frozen=True)
class DevicePart(FloatPart):
    """A run of consecutive rows searched on a device, or on the CPU where that fails."""

    device: devices.Device | None = None
    error: float = devices.ERROR

    def top(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k best rows."""
        stored = self.vectors[self.rows[0] : self.rows[-1] + 1]
        n = min(k, len(self.rows))
        if self.device is not None:
            found = devices.checked_top(self.device, query, stored, n)
            if found is not None:
                return self.rows[found[0]], found[1]
        return super().top(query, k)


def plan(
    vectors: Vectors,
    rows: Rows,
    sealed: Sequence[SealedRange],
    device: devices.Device | None = None,
) -> list[Part]:
    """Cut the passing rows into parts, each with its cheapest way.

    Args:
        vectors: [n, dim].
        rows: The rows that pass, ascending and distinct.
        sealed: Ranges that do not overlap, ascending.
        device: A GPU to give long runs of rows to.
    """
    if device is not None:
        return _device_parts(vectors, rows, device)
    parts: list[Part] = []
    plainly: list[Rows] = []
    at = 0
    for one in sealed:
        start, end = np.searchsorted(rows, (one.lo, one.hi)).tolist()
        plainly.append(rows[at:start])
        inside = rows[start:end]
        if not _add_range(parts, inside, one):
            plainly.append(inside)
        at = end
    plainly.append(rows[at:])
    gathered = np.concatenate(plainly)
    if len(gathered):
        parts.append(FloatPart(vectors, gathered))
    return parts


def search(parts: Sequence[Part], vectors: Vectors, query: Vectors, k: int) -> Nearest:
    """The k rows of all parts with the highest inner product with `query` (float32 [dim])."""
    query = np.ascontiguousarray(query, np.float32)
    scale = max(1.0, float(np.linalg.norm(query)))
    slack = [part.error * scale for part in parts]
    each = [min(max(_FIRST, 2 * k), len(part)) for part in parts]
    if sum(len(part) for part in parts) > _PARALLEL_ROWS and len(parts) > 1:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda part, n: part.top(query, n), parts, each))
    else:
        found = [part.top(query, n) for part, n in zip(parts, each, strict=True)]
    while True:
        floor = _floor(slack, found, k)
        more = [
            i for i, part in enumerate(parts)
            if len(found[i][0]) < len(part) and _reaches(found[i][1], slack[i], floor)
        ]  # fmt: skip
        if not more:
            break
        for i in more:
            each[i] = min(8 * each[i], len(parts[i]))
            found[i] = parts[i].top(query, each[i])
    candidates = [
        rows[scores + error >= floor] for error, (rows, scores) in zip(slack, found, strict=True)
    ]
    return _exact(vectors, np.concatenate(candidates) if parts else _NO_ROWS, query, k)


_NO_ROWS = np.empty(0, np.int64)


def _floor(slack: list[float], found: list[tuple[Rows, Vectors]], k: int) -> float:
    """A score that at least k rows are known to reach."""
    least = [scores - error for error, (_, scores) in zip(slack, found, strict=True)]
    known = np.concatenate(least) if least else np.empty(0, np.float32)
    return float(np.partition(known, -k)[-k]) if len(known) >= k else -np.inf


def _reaches(scores: Vectors, error: float, floor: float) -> bool:
    """Whether a row worse than all of `scores` could still truly score `floor`."""
    return not len(scores) or float(scores.min()) + error >= floor


def _exact(vectors: Vectors, rows: Rows, query: Vectors, k: int) -> Nearest:
    scores = (vectors[rows].astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    best = np.lexsort((rows, -scores))[:k]
    return Nearest(rows[best], scores[best])


def _best(rows: Rows, scores: Vectors, k: int) -> tuple[Rows, Vectors]:
    if len(rows) <= k:
        return rows, scores
    at = np.argpartition(scores, -k)[-k:]
    return rows[at], scores[at]


def _add_range(parts: list[Part], rows: Rows, sealed: SealedRange) -> bool:
    """Add scans of codes for the rows of a range; False where gathering them is cheaper."""
    n = len(rows)
    if n < _GATHER_ROWS:
        return False
    if n == len(sealed):
        parts.extend(CodesPart(sealed, a, min(a + _PIECE, n)) for a in range(0, n, _PIECE))
        return True
    at = np.sort(sealed.position[rows - sealed.lo])
    runs = np.split(at, np.flatnonzero(np.diff(at) > _GAP) + 1)
    if n < _GATHER_SHARE * sum(int(run[-1] - run[0]) + 1 for run in runs):
        return False
    for run in runs:
        _add_run(parts, sealed, run)
    return True


def _add_run(parts: list[Part], sealed: SealedRange, run: NDArray[np.int32]) -> None:
    first, end = int(run[0]), int(run[-1]) + 1
    chosen = None
    if end - first != len(run):
        chosen = np.zeros(end - first, np.bool_)
        chosen[run - first] = True
    for at in range(first, end, _PIECE):
        to = min(at + _PIECE, end)
        part = CodesPart(
            sealed, at, to, None if chosen is None else chosen[at - first : to - first]
        )
        if len(part):
            parts.append(part)


def _device_parts(vectors: Vectors, rows: Rows, device: devices.Device) -> list[Part]:
    """Long runs of consecutive rows for the device, the rest for the CPU."""
    if not len(rows):
        return []
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    parts: list[Part] = [
        DevicePart(vectors, run, device=device) for run in runs if len(run) >= devices.MIN_ROWS
    ]
    rest = [run for run in runs if len(run) < devices.MIN_ROWS]
    if rest:
        parts.append(FloatPart(vectors, np.concatenate(rest)))
    return parts

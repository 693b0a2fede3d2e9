"""A GPU as a searcher of contiguous slices, never a holder of truth.

faiss-gpu accepts a selector and ignores it, so a device is only ever given a whole slice of rows,
and whatever it returns is checked: rows outside the slice, missing rows, or a failure (a device out
of memory) send the slice back to the CPU.
"""

import logging
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.backend import faiss

logger = logging.getLogger(__name__)

MIN_ROWS = 65_536
"""Rows below which moving a slice to the device costs more than scanning it."""
ERROR = 4e-3
"""How far a score may be off where the device multiplies in TF32 (10-bit mantissa)."""

Vectors = NDArray[np.float32]


class Device(Protocol):
    """Finds the best rows of a slice by inner product."""

    def top(self, query: Vectors, rows: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Positions in `rows` ([n, dim]) and scores of the k best, both [k]."""
        ...


class FaissGpu:
    """A CUDA device through `faiss.knn_gpu`."""

    def __init__(self) -> None:
        self._resources = faiss.StandardGpuResources()

    def top(self, query: Vectors, rows: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Positions in `rows` ([n, dim]) and scores of the k best, both [k]."""
        scores, at = faiss.knn_gpu(
            self._resources, query[None], rows, k, metric=faiss.METRIC_INNER_PRODUCT
        )
        return at[0], scores[0]


@cache
def default() -> Device | None:
    """The machine's GPU, where there is one and faiss can use it."""
    count = getattr(faiss, "get_num_gpus", lambda: 0)()
    return FaissGpu() if count and hasattr(faiss, "StandardGpuResources") else None


def checked_top(
    device: Device, query: Vectors, rows: Vectors, k: int
) -> tuple[NDArray[np.int64], Vectors] | None:
    """What the device found, or None if it cannot be trusted."""
    try:
        at, scores = device.top(query, rows, k)
    except Exception as error:  # noqa: BLE001  (faiss raises RuntimeError, SWIG others)
        logger.warning("the device failed (%s); searching on the CPU", error)
        return None
    sound = (
        len(at) == len(scores) == k
        and bool(((at >= 0) & (at < len(rows))).all())
        and len(np.unique(at)) == k
        and bool(np.isfinite(scores).all())
    )
    if not sound:
        logger.warning("the device returned rows it was not given; searching on the CPU")
        return None
    # A device may return the right number of wrong rows: what it claims of them must be so.
    true = (rows[at].astype(np.float64) * query).sum(axis=1)
    if np.abs(true - scores).max() > ERROR:
        logger.warning("the device returned wrong scores; searching on the CPU")
        return None
    return at, scores

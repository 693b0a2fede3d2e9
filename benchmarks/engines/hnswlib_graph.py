"""hnswlib: an HNSW graph in memory, with a filter that is a Python callback."""

from collections.abc import Sequence

import hnswlib
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines import THREADS
from benchmarks.engines.base import Library, Setting
from benchmarks.engines.data import DIM, K

_M = 16
_EF_CONSTRUCTION = 80


class Hnswlib(Library):
    """hnswlib, inner product, M=16."""

    def make_graph(self) -> None:
        """Add all rows."""
        self.built.update(m=_M, ef_construction=_EF_CONSTRUCTION)
        index = hnswlib.Index("ip", DIM)
        index.init_index(len(self.data), M=_M, ef_construction=_EF_CONSTRUCTION, random_seed=1)
        index.set_num_threads(THREADS)
        for lo, hi in self.data.blocks(50_000):
            index.add_items(self.data.vectors[lo:hi], np.arange(lo, hi))
        index.save_index(str(self.path))

    def load(self) -> None:
        """Read the graph."""
        self._index = hnswlib.Index("ip", DIM)
        self._index.load_index(str(self.path))
        self._index.set_num_threads(1)  # one query at a time; a callback needs it too

    def families(self, share: float) -> list[list[Setting]]:
        """The common ones, and the filter callback."""
        filtered = [{"method": "callback", "effort": effort} for effort in (32, 128, 512, 2048)]
        return (
            [*super().families(share), filtered] if 0.01 <= share < 1 else super().families(share)
        )

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """By scan, graph, or graph with callback."""
        if how["method"] != "callback":
            return super().search(vector, lo, hi, how)
        passes = ((self.data.valid_from < hi) & (self.data.valid_to > lo)).tolist()
        self._index.set_ef(how["effort"])
        try:
            labels, _ = self._index.knn_query(vector, K, filter=passes.__getitem__)
        except RuntimeError:  # it finds fewer than K and has no way to say so
            return []
        return labels[0].tolist()

    def graph(self, vector: NDArray[np.float32], n: int, effort: int) -> NDArray[np.int64]:
        """Without a filter."""
        self._index.set_ef(effort)
        labels, _ = self._index.knn_query(vector, n)
        return labels[0].astype(np.int64)

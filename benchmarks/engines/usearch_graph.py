"""USearch: an HNSW graph, memory-mapped or loaded; its Python interface has no filter."""

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from benchmarks.engines import THREADS
from benchmarks.engines.base import Library
from benchmarks.engines.data import DIM

_CONNECTIVITY = 16
_EXPANSION_ADD = 80


class Usearch(Library):
    """USearch, inner product, float32, connectivity 16."""

    def make_graph(self) -> None:
        """Add all rows."""
        self.built.update(connectivity=_CONNECTIVITY, expansion_add=_EXPANSION_ADD)
        index = Index(
            ndim=DIM,
            metric="ip",
            dtype="f32",
            connectivity=_CONNECTIVITY,
            expansion_add=_EXPANSION_ADD,
        )
        for lo, hi in self.data.blocks(50_000):
            rows = np.ascontiguousarray(self.data.vectors[lo:hi])
            index.add(np.arange(lo, hi), rows, threads=THREADS)
        index.save(str(self.path))

    def load(self) -> None:
        """Read the graph into memory."""
        self._index = Index.restore(str(self.path), view=False)

    def graph(self, vector: NDArray[np.float32], n: int, effort: int) -> NDArray[np.int64]:
        """Without a filter."""
        self._index.expansion_search = effort
        return self._index.search(vector, n, threads=1).keys.astype(np.int64)

"""FAISS alone: IndexHNSWFlat, whose search takes a bitmap of the rows that may be found."""

from collections.abc import Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines import THREADS
from benchmarks.engines.base import Library, Setting
from benchmarks.engines.data import DIM, K

_M = 16
_EF_CONSTRUCTION = 64


class FaissHnsw(Library):
    """FAISS HNSW, inner product, M=16."""

    def make_graph(self) -> None:
        """Add all rows."""
        self.built.update(m=_M, ef_construction=_EF_CONSTRUCTION)
        faiss.omp_set_num_threads(THREADS)
        index = faiss.IndexHNSWFlat(DIM, _M, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _EF_CONSTRUCTION
        for lo, hi in self.data.blocks(50_000):
            index.add(np.ascontiguousarray(self.data.vectors[lo:hi]))
        faiss.write_index(index, str(self.path))

    def load(self) -> None:
        """Read the graph into memory."""
        faiss.omp_set_num_threads(THREADS)
        self._index = faiss.read_index(str(self.path))

    def families(self, share: float) -> list[list[Setting]]:
        """The common ones, and the bitmap."""
        efforts = (32, 64, 128, 256, 512, 1024, 2048)
        filtered = [{"method": "bitmap", "effort": effort} for effort in efforts]
        return (
            [*super().families(share), filtered] if 0.01 <= share < 1 else super().families(share)
        )

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """By scan, graph, or graph with bitmap."""
        if how["method"] != "bitmap":
            return super().search(vector, lo, hi, how)
        passes = (self.data.valid_from < hi) & (self.data.valid_to > lo)
        packed = np.packbits(passes, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(passes), faiss.swig_ptr(packed))
        parameters = faiss.SearchParametersHNSW(efSearch=how["effort"], sel=selector)
        _, rows = self._index.search(vector[None], K, params=parameters)
        return rows[0][rows[0] >= 0].tolist()

    def graph(self, vector: NDArray[np.float32], n: int, effort: int) -> NDArray[np.int64]:
        """Without a filter."""
        parameters = faiss.SearchParametersHNSW(efSearch=effort)
        _, rows = self._index.search(vector[None], n, params=parameters)
        return rows[0][rows[0] >= 0]

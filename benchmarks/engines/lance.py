"""LanceDB: IVF_HNSW_SQ, refined from the stored vectors, with B-trees on the times."""

from collections.abc import Iterator, Sequence

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import HnswSq
from numpy.typing import NDArray

from benchmarks.engines.base import Engine, Setting
from benchmarks.engines.data import DIM, K

_M = 16
_EF_CONSTRUCTION = 100


class Lance(Engine):
    """LanceDB, dot product; the filter comes before the search."""

    def build(self) -> None:
        """Write the table, then its indexes."""
        self.built.update(index="IVF_HNSW_SQ", m=_M, ef_construction=_EF_CONSTRUCTION)
        schema = pa.schema(
            [
                ("row", pa.int64()),
                ("valid_from", pa.int64()),
                ("valid_to", pa.int64()),
                ("text", pa.string()),
                ("vector", pa.list_(pa.float32(), DIM)),
            ]
        )
        reader = pa.RecordBatchReader.from_batches(schema, self._batches(schema))
        with self.timed("load_s"):
            table = lancedb.connect(str(self.folder)).create_table("rows", reader, schema=schema)
        with self.timed("index_s"):
            config = HnswSq(
                distance_type="dot", num_partitions=1, m=_M, ef_construction=_EF_CONSTRUCTION
            )
            table.create_index("vector", config=config)
        with self.timed("time_index_s"):
            table.create_scalar_index("valid_from")
            table.create_scalar_index("valid_to")
            table.optimize()

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for lo, hi in self.data.blocks(10_000):
            flat = pa.array(np.asarray(self.data.vectors[lo:hi]).ravel())
            columns = [
                pa.array(np.arange(lo, hi)),
                pa.array(self.data.valid_from[lo:hi]),
                pa.array(self.data.valid_to[lo:hi]),
                pa.array(self.data.texts(lo, hi)),
                pa.FixedSizeListArray.from_arrays(flat, DIM),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def open(self) -> None:
        """Open the table and ask for its indexes to be read."""
        self._table = lancedb.connect(str(self.folder)).open_table("rows")
        for index in self._table.list_indices():
            self._table.prewarm_index(index.name)
        self._longest = int((self.data.valid_to - self.data.valid_from).max())

    def families(self, share: float) -> list[list[Setting]]:
        """The index at rising effort, and a scan of what passes; each with two filters.

        The narrow filter says twice what it says once: no row is valid for longer than the
        longest, so a row in the window cannot start long before it.
        """
        efforts = (20, 40, 60, 80, 120, 160, 240, 320, 640, 1280)
        found: list[list[Setting]] = []
        for is_narrow in (True, False):
            found.append([{"method": "scan", "narrow": is_narrow}])
            found += [
                [
                    {"method": "index", "ef": ef, "refine": refine, "narrow": is_narrow}
                    for ef in efforts
                    if ef >= refine * K
                ]
                for refine in (2, 4)
            ]
        return found

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """By index or by scan, with the times as a prefilter."""
        where = f"valid_from < {hi} AND valid_to > {lo}"
        if how["narrow"]:
            longest = self._longest
            where += f" AND valid_from >= {lo - longest} AND valid_to <= {hi + longest}"
        query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
        query = query.where(where, prefilter=True).select(["row", "_distance"]).limit(K)
        if how["method"] == "scan":
            query = query.bypass_vector_index()
        else:
            query = query.ef(how["ef"]).refine_factor(how["refine"])
        return query.to_arrow()["row"].to_pylist()

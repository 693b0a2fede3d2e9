"""Milvus Lite: a gRPC server in this process, HNSW per segment, INVERTED indexes on time."""

from collections.abc import Sequence

import numpy as np
from milvus_lite import MilvusLite
from milvus_lite.server_manager import server_manager_instance
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient

from benchmarks.engines.base import Engine, Setting
from benchmarks.engines.data import DIM, K

_M = 16
_EF_CONSTRUCTION = 64
_TIMEOUT_S = 3_600


class Milvus(Engine):
    """Milvus Lite, inner product."""

    def build(self) -> None:
        """Insert all rows, then make the indexes."""
        self.built.update(index="HNSW", m=_M, ef_construction=_EF_CONSTRUCTION)
        client = self._connect()
        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("valid_from", DataType.INT64)
        schema.add_field("valid_to", DataType.INT64)
        schema.add_field("text", DataType.VARCHAR, max_length=2_000)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIM)
        client.create_collection("rows", schema=schema)
        with self.timed("load_s"):
            for lo, hi in self.data.blocks(5_000):
                client.insert("rows", self._rows(lo, hi), timeout=_TIMEOUT_S)
            client.flush("rows", timeout=_TIMEOUT_S)
        self._disconnect(client)
        # Made by the engine itself: the client repeats a call that takes long, which then fails.
        parameters = {"M": _M, "efConstruction": _EF_CONSTRUCTION}
        vector_index = {"index_type": "HNSW", "metric_type": "IP", "params": parameters}
        with self.timed("index_s"), MilvusLite(self._path) as database:
            rows = database.get_collection("rows")
            rows.create_index("vector", vector_index)
            rows.create_index("valid_from", {"index_type": "INVERTED"})
            rows.create_index("valid_to", {"index_type": "INVERTED"})
            rows.load()

    @property
    def _path(self) -> str:
        return str(self.folder / "rows.db")

    def _connect(self) -> MilvusClient:
        return MilvusClient(self._path, timeout=_TIMEOUT_S)

    def _disconnect(self, client: MilvusClient) -> None:
        client.close()
        server_manager_instance.release_server(self._path)

    def _rows(self, lo: int, hi: int) -> list[dict[str, object]]:
        columns = zip(
            range(lo, hi),
            self.data.valid_from[lo:hi].tolist(),
            self.data.valid_to[lo:hi].tolist(),
            self.data.texts(lo, hi),
            np.asarray(self.data.vectors[lo:hi]),
            strict=True,
        )
        names = ("row", "valid_from", "valid_to", "text", "vector")
        return [dict(zip(names, values, strict=True)) for values in columns]

    def open(self) -> None:
        """Start the server and load the collection."""
        self._client = self._connect()
        self._client.load_collection("rows", timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Stop the server."""
        self._disconnect(self._client)

    def families(self, share: float) -> list[list[Setting]]:
        """The graph at rising effort."""
        return [[{"ef": ef} for ef in (16, 32, 64, 128, 256, 1024, 4096, 16384)]]

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """By graph, with the times as a filter."""
        found = self._client.search(
            "rows",
            [vector],
            filter=f"valid_from < {hi} and valid_to > {lo}",
            limit=K,
            search_params={"metric_type": "IP", "params": how},
            output_fields=["row"],
            timeout=_TIMEOUT_S,
        )
        return [hit["row"] for hit in found[0]]

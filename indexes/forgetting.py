"""Forgetting: the one thing that destroys. The text, vectors and index entries of a document go.

A forget is noted first (table `forgetting`), then carried out: rows of columns are overwritten in
place, rows of the database deleted (SQLite overwrites what it deletes), derived files over them
dropped, and the write-ahead log emptied. Each step may be repeated, so a forget that a crash cut
short is finished by the next writer. A receipt stays: hashes and counts, no content.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes import postings, rows, sketches, telling, times, tokens
from indexes.columns import (
    REVISIONS,
    column,
    n_rows,
    vector_column,
    vector_dtype,
)
from indexes.files import Files
from indexes.validity import FOREVER_US, NEVER_US
from rag_lifelong.errors import IndexStoreError
from rag_lifelong.temporal import from_us
from rag_lifelong.types import Receipt, indexed_text

_LOG_WAIT_MS = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of an open store are."""

    directory: Path
    db: sqlite3.Connection
    files: Files


def note(place: Place, doc_id: str) -> None:
    """Resolve to forget a document.

    Raises:
        IndexStoreError: If the store does not hold it.
    """
    db = place.db
    found = db.execute("SELECT doc_no FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
    if found is None:
        raise IndexStoreError(
            f"no document {doc_id!r} in {place.directory}",
            hint="`rag-lifelong export` lists the document ids",
        )
    doc_no = found[0]
    with rows.transaction(db):
        db.execute("INSERT OR IGNORE INTO forgetting VALUES ('document', ?)", (doc_no,))
        db.execute(
            "INSERT OR IGNORE INTO forgetting "
            "SELECT 'revision', rev_no FROM revisions WHERE doc_no = ?",
            (doc_no,),
        )
        db.execute(
            # A text that another document has too is that document's as well: it stays.
            "INSERT OR IGNORE INTO forgetting SELECT DISTINCT 'text', c.text_no "
            "FROM chunks c JOIN revisions r USING (rev_no) WHERE r.doc_no = ? AND NOT EXISTS "
            "(SELECT 1 FROM chunks o JOIN revisions x USING (rev_no) "
            " WHERE o.text_no = c.text_no AND x.doc_no <> ?)",
            (doc_no, doc_no),
        )


def carry_out(place: Place, at_us: int) -> Receipt | None:
    """Finish what was noted; the receipt of the last document forgotten, None if there was none."""
    receipt = None
    documents = _noted(place.db, "document")
    if documents.size:
        receipt = _destroy(place, documents, at_us)
    if _noted(place.db, "log").size and empty_log(place.db):
        place.db.execute("DELETE FROM forgetting WHERE kind = 'log'")
    return receipt


def is_pending(db: sqlite3.Connection) -> bool:
    """Whether something noted is not finished."""
    return db.execute("SELECT 1 FROM forgetting LIMIT 1").fetchone() is not None


def empty_log(db: sqlite3.Connection) -> bool:
    """Move the write-ahead log into the database and empty it; False if readers hold it."""
    db.execute(f"PRAGMA busy_timeout = {_LOG_WAIT_MS}")
    try:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        db.execute("PRAGMA busy_timeout = 30000")
    return not busy


def _destroy(place: Place, documents: NDArray[np.int64], at_us: int) -> Receipt:
    db = place.db
    revisions, texts = _noted(db, "revision"), _noted(db, "text")
    dropped = _derived_files(db, texts)
    with rows.transaction(db):
        _overwrite_columns(place, revisions, texts)
        place.files.reached("overwritten")
        receipt = _write_receipt(db, documents, revisions, texts, at_us)
        _delete_rows(db, documents, revisions, texts)
        for file in dropped:
            db.execute("DELETE FROM sealed_ranges WHERE file = ?", (file,))
            db.execute("DELETE FROM time_index WHERE file = ?", (file,))
        db.execute("DELETE FROM forgetting")
        db.execute("INSERT INTO forgetting VALUES ('log', 0)")
        rows.set_meta(db, "commits", int(rows.get_meta(db, "commits")) + 1)
    place.files.reached("forgotten")
    for file in dropped:
        place.files.remove(place.directory / file)
    return receipt


def _derived_files(db: sqlite3.Connection, texts: NDArray[np.int64]) -> list[str]:
    """Sealed files over the texts, and the time index."""
    found = [
        file
        for lo, hi, file in db.execute("SELECT lo, hi, file FROM sealed_ranges")
        if ((texts >= lo) & (texts < hi)).any()
    ]
    index = times.stored(db)
    return found + ([] if index is None else [index[0]])


def _overwrite_columns(
    place: Place, revisions: NDArray[np.int64], texts: NDArray[np.int64]
) -> None:
    db, files, directory = place.db, place.files, place.directory
    never = np.array((0, FOREVER_US, NEVER_US), REVISIONS)
    column(directory, "revisions", REVISIONS).overwrite(files, db, revisions, never)
    for generation, dim in db.execute("SELECT generation, dim FROM generations").fetchall():
        name = vector_column(generation)
        held = texts[texts < n_rows(db, name)]
        zeros = np.zeros(dim, np.float32)
        column(directory, name, vector_dtype(dim)).overwrite(files, db, held, zeros)


def _write_receipt(
    db: sqlite3.Connection,
    documents: NDArray[np.int64],
    revisions: NDArray[np.int64],
    texts: NDArray[np.int64],
    at_us: int,
) -> Receipt:
    doc_ids = sorted(
        db.execute("SELECT doc_id FROM documents WHERE doc_no = ?", (no,)).fetchone()[0]
        for no in documents.tolist()
    )
    hashes = [
        db.execute("SELECT sha256 FROM texts WHERE text_no = ?", (no,)).fetchone()[0]
        for no in texts.tolist()
    ]
    number = db.execute("SELECT coalesce(max(receipt_no) + 1, 0) FROM receipts").fetchone()[0]
    receipt = Receipt(
        doc_id_sha256=hashlib.sha256("\n".join(doc_ids).encode()).hexdigest(),
        forgotten_at=from_us(at_us),
        revisions=len(revisions),
        texts=len(texts),
        texts_sha256=hashlib.sha256(b"".join(sorted(hashes))).hexdigest(),
    )
    rows.insert(
        db, "receipts", number, bytes.fromhex(receipt.doc_id_sha256), at_us,
        receipt.revisions, receipt.texts, bytes.fromhex(receipt.texts_sha256),
    )  # fmt: skip
    return receipt


def _delete_rows(
    db: sqlite3.Connection,
    documents: NDArray[np.int64],
    revisions: NDArray[np.int64],
    texts: NDArray[np.int64],
) -> None:
    for text_no in texts.tolist():
        context, text = db.execute(
            "SELECT context, text FROM texts WHERE text_no = ?", (text_no,)
        ).fetchone()
        postings.remove(db, text_no, tokens.terms(indexed_text(context, text)))
        db.execute("DELETE FROM texts WHERE text_no = ?", (text_no,))
    for rev_no in revisions.tolist():
        db.execute(
            "DELETE FROM redirects WHERE target = (SELECT title FROM revisions WHERE rev_no = ?)",
            (rev_no,),
        )
        db.execute(
            "DELETE FROM locators WHERE chunk_no IN (SELECT chunk_no FROM chunks WHERE rev_no = ?)",
            (rev_no,),
        )
        sketches.remove(db, rev_no)
        for table in ("other_dates", "chunks", "closings", "revisions"):
            db.execute(f"DELETE FROM {table} WHERE rev_no = ?", (rev_no,))
    for doc_no in documents.tolist():
        telling.remove(db, doc_no)
        # A reason may quote what could not be read.
        db.execute(
            "DELETE FROM jobs WHERE origin = (SELECT origin FROM documents WHERE doc_no = ?)",
            (doc_no,),
        )
        db.execute(
            "DELETE FROM origins WHERE origin = (SELECT origin FROM documents WHERE doc_no = ?) "
            "AND NOT EXISTS (SELECT 1 FROM documents d "
            "WHERE d.origin = origins.origin AND d.doc_no <> ?)",
            (doc_no, doc_no),
        )
        db.execute("DELETE FROM moves WHERE doc_no = ?", (doc_no,))
        db.execute("DELETE FROM documents WHERE doc_no = ?", (doc_no,))


def _noted(db: sqlite3.Connection, kind: str) -> NDArray[np.int64]:
    found = db.execute("SELECT number FROM forgetting WHERE kind = ? ORDER BY number", (kind,))
    return np.array([number for (number,) in found], np.int64)

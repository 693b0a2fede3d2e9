"""Finding the like of a document by its MinHash signature, by locality-sensitive hashing.

A signature is cut into bands; two documents that share one are compared (Leskovec, Rajaraman and
Ullman, "Mining of Massive Datasets", 3.4). With 16 bands of 8 values, documents of Jaccard
similarity 0.9 meet with probability 0.9999, those of 0.5 with 0.06. How a signature is made is no
business of this module.
"""

import hashlib
import sqlite3

import numpy as np

from indexes import rows

_BANDS = 16


def add(db: sqlite3.Connection, rev_no: int, signature: bytes) -> None:
    """Remember the signature of a revision."""
    rows.insert(db, "sketches", rev_no, signature)
    db.executemany(
        "INSERT INTO sketch_bands VALUES (?, ?)", [(band, rev_no) for band in _bands(signature)]
    )


def similar(
    db: sqlite3.Connection, signature: bytes, *, until_us: int, least: float, limit: int
) -> list[int]:
    """Numbers of at most `limit` revisions whose estimated similarity is `least` or more.

    The most similar come first, the oldest of those alike. Those that hold only from after
    `until_us` are left out.
    """
    own = np.frombuffer(signature, np.uint32)
    bands = _bands(signature)
    met = db.execute(
        "SELECT DISTINCT rev_no, signature FROM sketch_bands JOIN sketches USING (rev_no) "
        "JOIN revisions USING (rev_no) "
        f"WHERE band IN ({', '.join('?' * len(bands))}) AND valid_from <= ?",
        (*bands, until_us),
    )
    scored = []
    for rev_no, stored in met:
        other = np.frombuffer(stored, np.uint32)
        share = float((own == other).mean()) if len(own) == len(other) else 0.0
        if share >= least:
            scored.append((-share, rev_no))
    return [rev_no for _, rev_no in sorted(scored)[:limit]]


def remove(db: sqlite3.Connection, rev_no: int) -> None:
    """Forget the signature of a revision."""
    row = db.execute("SELECT signature FROM sketches WHERE rev_no = ?", (rev_no,)).fetchone()
    if row is not None:
        for band in _bands(row[0]):
            db.execute("DELETE FROM sketch_bands WHERE band = ? AND rev_no = ?", (band, rev_no))
        db.execute("DELETE FROM sketches WHERE rev_no = ?", (rev_no,))


def _bands(signature: bytes) -> list[bytes]:
    width = len(signature) // _BANDS
    return [
        hashlib.blake2b(
            signature[i * width : (i + 1) * width], digest_size=8, salt=bytes([i])
        ).digest()
        for i in range(_BANDS)
    ]

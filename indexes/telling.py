"""Since when a document holds a text, and a sentence: the earliest of its revisions that do.

A page of two thousand revisions has as many chunks of each text. So the earliest valid time of each
(document, text) is a row of its own, and another is added only when one recorded later is earlier
still: what was known at any moment is the least of the rows recorded by then.
"""

import sqlite3

from indexes import rows


def add(
    db: sqlite3.Connection, doc_no: int, valid_from: int, text_no: int, recorded_at: int
) -> None:
    """Note that a document holds a text from then on, unless it is known to since earlier."""
    [(known,)] = db.execute(
        "SELECT min(valid_from) FROM told WHERE text_no = ? AND doc_no = ?", (text_no, doc_no)
    )
    if known is None or valid_from < known:
        rows.insert(db, "told", doc_no, valid_from, text_no, recorded_at)


def remove(db: sqlite3.Connection, doc_no: int) -> None:
    """Take away the rows of a document."""
    db.execute("DELETE FROM told WHERE doc_no = ?", (doc_no,))


def first(db: sqlite3.Connection, chunk_no: int, sentence: str, known_us: int) -> int:
    """When any document first held a chunk's text, or the chunk's own document the sentence."""
    [(text_no, doc_no)] = db.execute(
        "SELECT text_no, doc_no FROM chunks JOIN revisions USING (rev_no) WHERE chunk_no = ?",
        (chunk_no,),
    )
    [(whole,)] = db.execute(
        "SELECT min(valid_from) FROM told WHERE text_no = ? AND recorded_at <= ?",
        (text_no, known_us),
    )
    # In order of time, and only up to what the whole text tells.
    part = db.execute(
        "SELECT h.valid_from FROM told h JOIN texts t USING (text_no) WHERE h.doc_no = ? "
        "AND h.valid_from < ? AND h.recorded_at <= ? AND instr(t.text, ?) > 0 "
        "ORDER BY h.valid_from LIMIT 1",
        (doc_no, whole, known_us, sentence),
    ).fetchone()
    return int(whole if part is None else part[0])

"""What the store already holds, as a source asks it."""

import sqlite3
from collections.abc import Iterator

from indexes import jobs
from rag_lifelong.ports import Held
from rag_lifelong.temporal import from_us

_PAGE = 1_000


class DatabaseKnown:
    """Answers `ports.Known` from a connection, as of what that connection sees."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def fingerprint(self, origin: str) -> str | None:
        """The fingerprint of the origin when it was last completed and not gone since, or None."""
        row = self._db.execute(
            "SELECT fingerprint FROM origins WHERE origin = ? AND gone_at IS NULL", (origin,)
        ).fetchone()
        return None if row is None else str(row[0])

    def has_revision(self, doc_id: str, revision_id: str) -> bool:
        """Whether this revision of the document is stored."""
        row = self._db.execute(
            "SELECT 1 FROM revisions JOIN documents USING (doc_no) "
            "WHERE doc_id = ? AND revision_id = ? LIMIT 1",
            (doc_id, revision_id),
        ).fetchone()
        return row is not None

    def origins_under(self, prefix: str) -> list[str]:
        """Origins whose URI starts with the prefix and that are not gone."""
        rows = self._db.execute(
            "SELECT origin FROM origins WHERE gone_at IS NULL AND origin >= ? AND origin < ? "
            "ORDER BY origin",
            (prefix, f"{prefix}\U0010ffff"),
        )
        return [origin for (origin,) in rows]

    def origins_like(self, fingerprint: str, content: str = "") -> list[str]:
        """Origins last seen with this fingerprint, gone or not, or not gone with this content."""
        rows = self._db.execute(
            "SELECT origin FROM origins WHERE fingerprint = ? UNION SELECT origin FROM origins "
            "WHERE content = ? AND content <> '' AND gone_at IS NULL ORDER BY origin",
            (fingerprint, content),
        )
        return [origin for (origin,) in rows]

    def document_base(self, origin: str) -> str:
        """What the ids of documents read from the origin begin with: its URI unless it moved."""
        return document_base(self._db, origin)

    def open_documents(self, prefix: str) -> Iterator[str]:
        """Ids, in order, of the documents that hold now and whose id starts with the prefix."""
        last = ""
        while True:
            # A page at a time: the store may be written to between two of them.
            page = self._db.execute(
                "SELECT doc_id FROM documents d WHERE doc_id > ? AND doc_id >= ? AND doc_id < ? "
                "AND EXISTS (SELECT 1 FROM revisions r WHERE r.doc_no = d.doc_no AND NOT EXISTS "
                "(SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no)) ORDER BY doc_id LIMIT ?",
                (last, prefix, f"{prefix}\U0010ffff", _PAGE),
            ).fetchall()
            yield from (doc_id for (doc_id,) in page)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def held(self, prefix: str) -> Iterator[Held]:
        """Documents that hold now and whose id starts with the prefix, in order of their ids."""
        last = ""
        while True:
            page = self._db.execute(
                "SELECT doc_id, title, max(valid_from) FROM documents d JOIN revisions r "
                "USING (doc_no) WHERE doc_id > ? AND doc_id >= ? AND doc_id < ? AND NOT EXISTS "
                "(SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no) "
                "GROUP BY doc_id ORDER BY doc_id LIMIT ?",
                (last, prefix, f"{prefix}\U0010ffff", _PAGE),
            ).fetchall()
            yield from (Held(doc_id, title, from_us(since)) for doc_id, title, since in page)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def reached(self, origin: str, fingerprint: str) -> int | None:
        """Where the reading of an origin in this state was when it stopped, if it told."""
        row = self._db.execute(
            "SELECT position FROM progress WHERE origin = ? AND fingerprint = ?",
            (origin, fingerprint),
        ).fetchone()
        return None if row is None else int(row[0])

    def given_up(self, origin: str, fingerprint: str) -> str | None:
        """Why an origin in this state is not to be tried again, or None if it may be."""
        return jobs.given_up(self._db, origin, fingerprint)

    def failures_at(self, uri: str) -> list[str]:
        """Origins noted to have failed: the one of the URI, and those under it as a folder."""
        return jobs.origins_at(self._db, uri)


def document_base(db: sqlite3.Connection, origin: str) -> str:
    """What the ids of documents read from an origin begin with.

    A file that moved keeps its documents and their ids; one that comes to lie where it was is
    another, and gets ids of its own.
    """
    row = db.execute("SELECT base FROM origins WHERE origin = ?", (origin,)).fetchone()
    if row is not None:
        return str(row[0])
    base, number = origin, 1
    while db.execute("SELECT 1 FROM origins WHERE base = ? LIMIT 1", (base,)).fetchone():
        number += 1
        base = f"{origin}~{number}"
    return base

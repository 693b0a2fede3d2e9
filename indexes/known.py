"""What the store already holds, as a source asks it."""

import sqlite3


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
            "SELECT origin FROM origins WHERE gone_at IS NULL AND substr(origin, 1, ?) = ? "
            "ORDER BY origin",
            (len(prefix), prefix),
        )
        return [origin for (origin,) in rows]

"""One batch on its way into the store: the rows it adds, and how revisions close one another.

Works inside the writer's transaction, so that later items of a batch see earlier ones; collects
what the columns will get. Knows nothing about files.
"""

import hashlib
import re
import sqlite3
from typing import Any

from indexes.columns import TIME_COLUMNS
from indexes.validity import FOREVER_US
from rag_lifelong.ports import Appended, ChunkedDocument, StoreItem
from rag_lifelong.temporal import to_us
from rag_lifelong.types import (
    ChunkText,
    Completed,
    Document,
    Gone,
    Redirect,
    RevisionOrder,
)

_WORD = re.compile(r"\w+")

_OPEN_REVISIONS = """
    SELECT r.rev_no, r.valid_from FROM documents d JOIN revisions r USING (doc_no)
    WHERE NOT EXISTS (SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no) AND """


def holds(db: sqlite3.Connection, document: Document) -> bool:
    """Whether the store needs nothing of this revision.

    A document whose revisions follow arrival must also be the one that is open: a file may go back
    to what it was before.
    """
    condition = "doc_id = ? AND revision_id = ?"
    if document.order is RevisionOrder.ARRIVAL:
        query = f"{_OPEN_REVISIONS} {condition} LIMIT 1"
    else:
        query = f"SELECT 1 FROM documents JOIN revisions USING (doc_no) WHERE {condition} LIMIT 1"
    return db.execute(query, (document.doc_id, document.revision_id)).fetchone() is not None


def text_no(db: sqlite3.Connection, indexed_text: str) -> int | None:
    """Number of a stored chunk text, or None."""
    row = db.execute("SELECT text_no FROM texts WHERE sha256 = ?", (_sha256(indexed_text),))
    found = row.fetchone()
    return None if found is None else int(found[0])


class Batch:
    """Rows of one commit; everything in it is recorded at the same microsecond."""

    def __init__(self, db: sqlite3.Connection, recorded_at: int) -> None:
        self._db = db
        self._recorded_at = recorded_at
        self._next = {
            "documents": self._count("documents", "doc_no"),
            "revisions": self._count("revisions", "rev_no"),
            "closings": self._count("closings", "closing_no"),
            "chunks": self._count("chunks", "chunk_no"),
            "texts": self._count("texts", "text_no"),
        }
        self.columns: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TIME_COLUMNS}
        """New rows of each time column."""
        self._counts = {"added": 0, "updated": 0, "unchanged": 0, "closed": 0}

    @property
    def n_new_texts(self) -> int:
        """Texts that need a vector."""
        return len(self.columns["texts"])

    @property
    def appended(self) -> Appended:
        """What the batch did so far."""
        return Appended(**self._counts)

    def add(self, item: StoreItem) -> None:
        """Add one item's rows."""
        match item:
            case ChunkedDocument(document=document, chunks=chunks):
                self._add_document(document, chunks)
            case Redirect(alias=alias, target=target):
                self._db.execute(
                    "INSERT OR IGNORE INTO redirects VALUES (?, ?, ?)",
                    (alias, target, self._recorded_at),
                )
            case Completed():
                self._complete(item)
            case Gone(origin=origin):
                self._leave(origin)

    def _add_document(self, document: Document, chunks: tuple[ChunkText, ...]) -> None:
        if holds(self._db, document):
            self._counts["unchanged"] += 1
            return
        doc_no = self._doc_no(document)
        rev_no = self._take("revisions")
        valid_from = to_us(document.date.interval.start)
        if document.order is RevisionOrder.ARRIVAL:
            self._close_all_from(doc_no, valid_from)
            closes_at = None
        else:
            closes_at = self._fit_in(doc_no, valid_from)
        self._db.execute(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                rev_no,
                doc_no,
                document.revision_id,
                document.uri,
                document.title,
                valid_from,
                to_us(document.date.interval.end),
                document.date.precision,
                document.date.source,
                valid_from,
                self._recorded_at,
            ),
        )
        self.columns["revisions"].append((doc_no, valid_from, self._recorded_at))
        if closes_at is not None:
            self._close(rev_no, closes_at, "revised")
        for ordinal, chunk in enumerate(chunks):
            number = self._text_no(chunk)
            self._db.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
                (self._take("chunks"), rev_no, ordinal, chunk.start, chunk.end, number),
            )
            self.columns["chunks"].append((rev_no, number))

    def _doc_no(self, document: Document) -> int:
        row = self._db.execute(
            "SELECT doc_no FROM documents WHERE doc_id = ?", (document.doc_id,)
        ).fetchone()
        if row is not None:
            self._counts["updated"] += 1
            self._db.execute(
                "UPDATE documents SET origin = ? WHERE doc_no = ?", (document.origin, row[0])
            )
            return int(row[0])
        self._counts["added"] += 1
        doc_no = self._take("documents")
        self._db.execute(
            "INSERT INTO documents VALUES (?, ?, ?)", (doc_no, document.doc_id, document.origin)
        )
        return doc_no

    def _close_all_from(self, doc_no: int, valid_from: int) -> None:
        """What the source says now replaces all it said about the time from `valid_from` on."""
        for rev_no, start, end in self._intervals(doc_no):
            if end > valid_from and end > start:
                self._close(rev_no, max(start, valid_from), "revised")

    def _fit_in(self, doc_no: int, valid_from: int) -> int | None:
        """Close the revision before `valid_from` there; return the start of the one after."""
        before: tuple[int, int] | None = None
        for rev_no, start, end in self._intervals(doc_no):
            if start > valid_from:
                if before is not None and before[1] > valid_from:
                    self._close(before[0], valid_from, "revised")
                return start
            before = (rev_no, end)
        if before is not None and before[1] > valid_from:
            self._close(before[0], valid_from, "revised")
        return None

    def _intervals(self, doc_no: int) -> list[tuple[int, int, int]]:
        """(rev_no, valid_from, valid_to) of a document's revisions as known now, by time."""
        return self._db.execute(
            "SELECT rev_no, valid_from, coalesce((SELECT min(valid_to) FROM closings c "
            "WHERE c.rev_no = r.rev_no), ?) FROM revisions r WHERE doc_no = ? "
            "ORDER BY valid_from, rev_no",
            (FOREVER_US, doc_no),
        ).fetchall()

    def _complete(self, item: Completed) -> None:
        self._db.execute(
            "INSERT INTO origins VALUES (?, ?, ?, ?, NULL) ON CONFLICT (origin) DO UPDATE SET "
            "fingerprint = excluded.fingerprint, holds_all = excluded.holds_all, "
            "completed_at = excluded.completed_at, gone_at = NULL",
            (item.origin, item.fingerprint, item.doc_ids is not None, self._recorded_at),
        )
        if item.doc_ids is not None:
            open_documents = self._open_documents(item.origin)
            self._end({k: v for k, v in open_documents.items() if k not in item.doc_ids})

    def _leave(self, origin: str) -> None:
        """An origin is gone: its documents end, unless it never claimed to hold all there is."""
        self._db.execute(
            "UPDATE origins SET gone_at = ? WHERE origin = ?", (self._recorded_at, origin)
        )
        row = self._db.execute("SELECT holds_all FROM origins WHERE origin = ?", (origin,))
        if (found := row.fetchone()) is None or found[0]:
            self._end(self._open_documents(origin))

    def _open_documents(self, origin: str) -> dict[str, list[tuple[int, int]]]:
        """doc_id -> [(rev_no, valid_from)] of what is open and came from the origin."""
        found: dict[str, list[tuple[int, int]]] = {}
        rows = self._db.execute(
            "SELECT d.doc_id, r.rev_no, r.valid_from FROM documents d JOIN revisions r "
            "USING (doc_no) WHERE d.origin = ? AND NOT EXISTS "
            "(SELECT 1 FROM closings c WHERE c.rev_no = r.rev_no)",
            (origin,),
        )
        for doc_id, rev_no, start in rows:
            found.setdefault(doc_id, []).append((rev_no, start))
        return found

    def _end(self, documents: dict[str, list[tuple[int, int]]]) -> None:
        """Close documents now, because their source no longer holds them."""
        for revisions in documents.values():
            for rev_no, start in revisions:
                self._close(rev_no, max(start, self._recorded_at), "gone")
        self._counts["closed"] += len(documents)

    def _close(self, rev_no: int, valid_to: int, reason: str) -> None:
        self._db.execute(
            "INSERT INTO closings VALUES (?, ?, ?, ?, ?)",
            (self._take("closings"), rev_no, valid_to, self._recorded_at, reason),
        )
        self.columns["closings"].append((rev_no, valid_to, self._recorded_at))

    def _text_no(self, chunk: ChunkText) -> int:
        known = text_no(self._db, chunk.indexed_text)
        if known is not None:
            return known
        number = self._take("texts")
        self._db.execute(
            "INSERT INTO texts VALUES (?, ?, ?, ?)",
            (number, _sha256(chunk.indexed_text), chunk.context, chunk.text),
        )
        self._db.execute(
            "INSERT INTO texts_fts (rowid, context, text) VALUES (?, ?, ?)",
            (number, chunk.context, chunk.text),
        )
        self.columns["texts"].append((len(_WORD.findall(chunk.indexed_text)),))
        return number

    def _take(self, table: str) -> int:
        number = self._next[table]
        self._next[table] += 1
        return number

    def _count(self, table: str, key: str) -> int:
        row = self._db.execute(f"SELECT max({key}) FROM {table}").fetchone()
        return 0 if row[0] is None else int(row[0]) + 1


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

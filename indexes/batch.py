"""One batch on its way into the store: the rows it adds, and how revisions close one another.

Works inside the writer's transaction, so that later items of a batch see earlier ones; collects
what the columns will get. Knows nothing about files.
"""

import hashlib
import sqlite3
from typing import Any

from indexes import jobs, postings, rows, sketches, telling, tokens
from indexes.columns import TIME_COLUMNS, n_rows
from indexes.known import document_base
from indexes.validity import FOREVER_US
from rag_lifelong.ports import Appended, ChunkedDocument, StoreItem
from rag_lifelong.temporal import to_us
from rag_lifelong.types import (
    ChunkText,
    Completed,
    Document,
    Ended,
    Gone,
    Moved,
    Reached,
    Redirect,
    RevisionOrder,
)

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
    row = db.execute("SELECT text_no FROM texts WHERE sha256 = ?", (sha256_of(indexed_text),))
    found = row.fetchone()
    return None if found is None else int(found[0])


class Batch:
    """Rows of one commit; everything in it is recorded at the same microsecond."""

    def __init__(self, db: sqlite3.Connection, recorded_at: int) -> None:
        self._db = db
        self._recorded_at = recorded_at
        # Not the highest number stored: a forgotten row's number is never used again.
        self._next = {name: n_rows(db, name) for name in TIME_COLUMNS}
        self._next["documents"] = int(rows.get_meta(db, "next_doc_no"))
        self._first_text = self._next["texts"]
        self._terms: list[list[str]] = []
        self.columns: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TIME_COLUMNS}
        """New rows of each time column."""
        self._counts = {"added": 0, "updated": 0, "unchanged": 0, "closed": 0, "moved": 0}

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
            case ChunkedDocument():
                self._add_document(item)
            case Redirect():
                self._add_redirect(item)
            case Completed():
                self._complete(item)
            case Gone(origin=origin):
                self._leave(origin)
            case Moved():
                self._move(item)
            case Reached(origin=origin, fingerprint=fingerprint, position=position):
                rows.replace(self._db, "progress", origin, fingerprint, position)
            case Ended(doc_id=doc_id, at=at):
                self._end_document(doc_id, to_us(at))
            case _:
                jobs.record(self._db, item, self._recorded_at)

    def finish(self) -> None:
        """Add what is written once a batch: the inverted lists and the counters."""
        postings.add(self._db, self._first_text, self._terms)
        rows.set_meta(self._db, "next_doc_no", self._next["documents"])
        rows.set_meta(self._db, "last_recorded_at", self._recorded_at)
        rows.set_meta(self._db, "commits", int(rows.get_meta(self._db, "commits")) + 1)

    def _add_redirect(self, redirect: Redirect) -> None:
        """Add another title, unless it is known to lead there at that time."""
        since = self._recorded_at if redirect.since is None else to_us(redirect.since)
        known = self._db.execute(
            "SELECT target FROM redirects WHERE alias = ?1 AND valid_from = "
            "(SELECT max(valid_from) FROM redirects WHERE alias = ?1 AND valid_from <= ?2)",
            (redirect.alias, since),
        )
        if (redirect.target,) not in known.fetchall():
            rows.insert(
                self._db, "redirects", redirect.alias, redirect.target, since, self._recorded_at
            )

    def _add_document(self, chunked: ChunkedDocument) -> None:
        document = chunked.document
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
        self._add_revision(rev_no, doc_no, document)
        if closes_at is not None:
            self._close(rev_no, closes_at, "revised")
        for ordinal, chunk in enumerate(chunked.chunks):
            text_no = self._add_chunk(rev_no, ordinal, chunk)
            telling.add(self._db, doc_no, valid_from, text_no, self._recorded_at)
        if chunked.sketch:
            sketches.add(self._db, rev_no, chunked.sketch)

    def _add_revision(self, rev_no: int, doc_no: int, document: Document) -> None:
        date = document.date
        valid_from = to_us(date.interval.start)
        rows.insert(
            self._db, "revisions", rev_no, doc_no, document.revision_id, document.uri,
            document.title, valid_from, to_us(date.interval.end), date.precision.value,
            date.source.value, valid_from, self._recorded_at,
        )  # fmt: skip
        self.columns["revisions"].append((doc_no, valid_from, self._recorded_at))
        for ordinal, other in enumerate(document.other_dates):
            rows.insert(
                self._db, "other_dates", rev_no, ordinal, to_us(other.interval.start),
                to_us(other.interval.end), other.precision.value, other.source.value,
            )  # fmt: skip

    def _add_chunk(self, rev_no: int, ordinal: int, chunk: ChunkText) -> int:
        """Add a chunk; the number of its text."""
        number = self._text_no(chunk)
        chunk_no = self._take("chunks")
        rows.insert(self._db, "chunks", chunk_no, rev_no, ordinal, chunk.start, chunk.end, number)
        self.columns["chunks"].append((rev_no, number))
        if chunk.locator:
            rows.insert(self._db, "locators", chunk_no, chunk.locator)
        return number

    def _doc_no(self, document: Document) -> int:
        row = self._db.execute(
            "SELECT doc_no, origin FROM documents WHERE doc_id = ?", (document.doc_id,)
        ).fetchone()
        if row is not None:
            self._counts["updated"] += 1
            if row[1] != document.origin:
                rows.replace(self._db, "documents", row[0], document.doc_id, document.origin)
            return int(row[0])
        self._counts["added"] += 1
        doc_no = self._take("documents")
        rows.insert(self._db, "documents", doc_no, document.doc_id, document.origin)
        return doc_no

    def _close_all_from(self, doc_no: int, valid_from: int) -> None:
        """What the source says now replaces all it said about the time from `valid_from` on."""
        later = self._revisions("doc_no = ? AND valid_from >= ?", doc_no, valid_from)
        for rev_no, start, end in [*later.fetchall(), *self._before(doc_no, valid_from)]:
            if end > valid_from and end > start:
                self._close(rev_no, max(start, valid_from), "revised")

    def _before(self, doc_no: int, valid_from: int) -> list[tuple[int, int, int]]:
        """The last revision that began before then and was not taken back, if there is one."""
        earlier = self._revisions(
            "doc_no = ? AND valid_from < ? ORDER BY valid_from DESC, rev_no DESC",
            doc_no, valid_from,
        )  # fmt: skip
        return next(([found] for found in earlier if found[2] > found[1]), [])

    def _fit_in(self, doc_no: int, valid_from: int) -> int | None:
        """Close the revision before `valid_from` there; return the start of the one after."""
        before = self._revisions(
            "doc_no = ? AND valid_from <= ? ORDER BY valid_from DESC, rev_no DESC LIMIT 1",
            doc_no, valid_from,
        ).fetchone()  # fmt: skip
        if before is not None and before[2] > valid_from:
            self._close(before[0], valid_from, "revised")
        after = self._db.execute(
            "SELECT min(valid_from) FROM revisions WHERE doc_no = ? AND valid_from > ?",
            (doc_no, valid_from),
        ).fetchone()
        return None if after[0] is None else int(after[0])

    def _revisions(self, condition: str, *values: int) -> sqlite3.Cursor:
        """(rev_no, valid_from, valid_to) of revisions as known now."""
        return self._db.execute(
            "SELECT rev_no, valid_from, coalesce((SELECT min(valid_to) FROM closings c "
            f"WHERE c.rev_no = r.rev_no), {FOREVER_US}) FROM revisions r WHERE {condition}",
            values,
        )

    def _complete(self, item: Completed) -> None:
        holds_all = int(item.doc_ids is not None)
        base = document_base(self._db, item.origin)
        rows.replace(
            self._db, "origins", item.origin, item.fingerprint, holds_all, self._recorded_at, None,
            base, item.content,
        )  # fmt: skip
        self._db.execute("DELETE FROM progress WHERE origin = ?", (item.origin,))
        jobs.settle(self._db, item.origin)
        if item.doc_ids is not None:
            open_documents = self._open_documents(item.origin)
            self._end({k: v for k, v in open_documents.items() if k not in item.doc_ids})

    def _leave(self, origin: str) -> None:
        """An origin is gone: its documents end, unless it never claimed to hold all there is."""
        jobs.settle(self._db, origin)
        known = self._origin(origin)
        if known is not None:
            fingerprint, holds_all, completed_at, _, base, content = known
            rows.replace(
                self._db, "origins", origin, fingerprint, holds_all, completed_at,
                self._recorded_at, base, content,
            )  # fmt: skip
        if known is None or known[1]:
            self._end(self._open_documents(origin))

    def _move(self, item: Moved) -> None:
        """The documents of an origin come from another place now; nothing of them ends."""
        jobs.settle(self._db, item.origin)
        jobs.settle(self._db, item.to)
        known = self._origin(item.origin)
        if known is None:
            return
        _, holds_all, completed_at, _, base, content = known
        self._db.execute("DELETE FROM origins WHERE origin = ?", (item.origin,))
        rows.replace(
            self._db, "origins", item.to, item.fingerprint, holds_all, completed_at, None,
            base, content,
        )  # fmt: skip
        moved = self._db.execute(
            "SELECT doc_no, doc_id FROM documents WHERE origin = ?", (item.origin,)
        ).fetchall()
        [(next_no,)] = self._db.execute("SELECT coalesce(max(move_no) + 1, 0) FROM moves")
        for number, (doc_no, doc_id) in enumerate(moved, start=next_no):
            rows.replace(self._db, "documents", doc_no, doc_id, item.to)
            rows.insert(self._db, "moves", number, doc_no, item.origin, item.to, self._recorded_at)
        self._counts["moved"] += len(moved)

    def _origin(self, origin: str) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._db.execute(
            "SELECT fingerprint, holds_all, completed_at, gone_at, base, content FROM origins "
            "WHERE origin = ?",
            (origin,),
        ).fetchone()
        return found

    def _end_document(self, doc_id: str, at: int) -> None:
        """Close a document at a known time."""
        held = self._db.execute(f"{_OPEN_REVISIONS} doc_id = ?", (doc_id,)).fetchall()
        for rev_no, start in held:
            self._close(rev_no, max(start, at), "gone")
        self._counts["closed"] += bool(held)

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
        closing_no = self._take("closings")
        rows.insert(self._db, "closings", closing_no, rev_no, valid_to, self._recorded_at, reason)
        self.columns["closings"].append((rev_no, valid_to, self._recorded_at))

    def _text_no(self, chunk: ChunkText) -> int:
        known = text_no(self._db, chunk.indexed_text)
        if known is not None:
            return known
        number = self._take("texts")
        text = chunk.indexed_text
        rows.insert(self._db, "texts", number, sha256_of(text), chunk.context, chunk.text)
        self._terms.append(tokens.terms(text))
        self.columns["texts"].append((len(self._terms[-1]),))
        return number

    def _take(self, table: str) -> int:
        number = self._next[table]
        self._next[table] += 1
        return number


def sha256_of(text: str) -> bytes:
    """What tells one chunk text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

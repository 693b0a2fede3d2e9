"""The SQLite side of the store: its tables, their migrations, and how a connection is opened.

SQLite in WAL mode is the commit point. Numbers (`doc_no`, `rev_no`, `chunk_no`, `text_no`) count
from 0 without gaps, so that each is also a row of its column file.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from rag_lifelong.errors import CorruptIndexError, IndexStoreError

DATABASE = "store.sqlite3"

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""FTS5 tokenizer of chunk texts and of queries alike."""

Migration = Callable[[sqlite3.Connection], None]


def _m001_initial(db: sqlite3.Connection) -> None:
    db.executescript(f"""
    CREATE TABLE generations (       -- one embedding model; row i of its file embeds text i
        generation INTEGER PRIMARY KEY,
        name TEXT NOT NULL, version TEXT NOT NULL, dtype TEXT NOT NULL, dim INTEGER NOT NULL
    );
    CREATE TABLE columns (           -- rows of each column file that count
        name TEXT PRIMARY KEY, rows INTEGER NOT NULL
    );
    CREATE TABLE origins (           -- files read to their end
        origin TEXT PRIMARY KEY, fingerprint TEXT NOT NULL,
        holds_all INTEGER NOT NULL,  -- whether its documents end when it is gone
        completed_at INTEGER NOT NULL, gone_at INTEGER
    );
    CREATE TABLE documents (
        doc_no INTEGER PRIMARY KEY, doc_id TEXT NOT NULL UNIQUE, origin TEXT NOT NULL
    );
    CREATE INDEX documents_by_origin ON documents (origin);
    CREATE TABLE revisions (
        rev_no INTEGER PRIMARY KEY, doc_no INTEGER NOT NULL REFERENCES documents,
        revision_id TEXT NOT NULL, uri TEXT NOT NULL, title TEXT NOT NULL,
        date_start INTEGER NOT NULL, date_end INTEGER NOT NULL,
        date_precision TEXT NOT NULL, date_source TEXT NOT NULL,
        valid_from INTEGER NOT NULL, recorded_at INTEGER NOT NULL
    );
    CREATE INDEX revisions_by_document ON revisions (doc_no, valid_from);
    CREATE TABLE closings (          -- a revision ends at the least valid_to known
        closing_no INTEGER PRIMARY KEY, rev_no INTEGER NOT NULL REFERENCES revisions,
        valid_to INTEGER NOT NULL, recorded_at INTEGER NOT NULL, reason TEXT NOT NULL
    );
    CREATE INDEX closings_by_revision ON closings (rev_no);
    CREATE TABLE texts (             -- each distinct chunk text, however many revisions share it
        text_no INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE,
        context TEXT NOT NULL, text TEXT NOT NULL
    );
    CREATE TABLE chunks (
        chunk_no INTEGER PRIMARY KEY, rev_no INTEGER NOT NULL REFERENCES revisions,
        ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
        text_no INTEGER NOT NULL REFERENCES texts
    );
    CREATE TABLE redirects (
        alias TEXT NOT NULL COLLATE NOCASE, target TEXT NOT NULL, recorded_at INTEGER NOT NULL,
        PRIMARY KEY (alias, target)
    ) WITHOUT ROWID;
    CREATE TABLE accelerators (      -- derived FAISS files over rows [lo, hi)
        generation INTEGER NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL,
        file TEXT NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (generation, lo)
    );
    CREATE VIRTUAL TABLE texts_fts USING fts5(
        context, text, content='texts', content_rowid='text_no', tokenize='{TOKENIZER}'
    );
    CREATE VIRTUAL TABLE texts_terms USING fts5vocab('texts_fts', 'instance');
    """)


MIGRATIONS: list[Migration] = [_m001_initial]
"""Every schema change ever made, in order; a store's `user_version` is how many it has seen."""


def create(path: Path) -> None:
    """Make an empty database at `path`, complete or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    db = sqlite3.connect(temporary, isolation_level=None)
    try:
        migrate(db)
    finally:
        db.close()
    temporary.replace(path)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database to the newest schema."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        migration(db)
        db.execute(f"PRAGMA user_version = {number}")


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open an existing database in WAL mode, in autocommit (transactions are explicit).

    Raises:
        CorruptIndexError: If the file is empty, no database, or damaged.
        IndexStoreError: If it is missing, or was written by a newer version of this program.
    """
    if not path.exists():
        raise IndexStoreError(
            f"no store at {path.parent}", hint="make one with `rag-lifelong ingest PATH`"
        )
    if path.stat().st_size == 0:
        raise CorruptIndexError(
            f"{path} is empty (0 bytes)", hint="restore it from a backup, or ingest anew elsewhere"
        )
    # A snapshot is read in one thread at a time, but not always the one that opened it.
    db = sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
        version = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        db.close()
        raise CorruptIndexError(
            f"{path} is not a readable store: {error}", hint="restore it from a backup"
        ) from error
    if version > len(MIGRATIONS):
        db.close()
        raise IndexStoreError(
            f"{path} has schema {version}, this program knows up to {len(MIGRATIONS)}",
            hint="upgrade rag-lifelong",
        )
    if version == 0:
        db.close()
        raise CorruptIndexError(
            f"{path} is a database but not a store", hint="name another --store directory"
        )
    if write:
        migrate(db)
    return db

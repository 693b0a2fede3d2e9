"""The SQLite side of the store: its tables, their migrations, and how a connection is opened.

SQLite in WAL mode is the commit point. `rev_no`, `closing_no`, `chunk_no` and `text_no` count from
0 and are never used twice, so that each is also a row of its column file; what was forgotten leaves
a gap. Tables marked checked end in a column `crc` (see `indexes.rows`).
"""

import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

from indexes import postings, rows, tokens
from indexes.columns import (
    BLOCK_BYTES,
    TIME_COLUMNS,
    Column,
    column,
    n_rows,
    vector_column,
    vector_dtype,
)
from rag_lifelong.errors import CorruptIndexError, IndexStoreError
from rag_lifelong.types import indexed_text

DATABASE = "store.sqlite3"

_CACHE_KIB = 32_768
"""Pages a connection keeps in memory: what a search looks up stays there from one to the next."""

Migration = Callable[[sqlite3.Connection, Path], None]


def _m001_initial(db: sqlite3.Connection, _directory: Path) -> None:
    _execute(
        db,
        """
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
        context, text, content='texts', content_rowid='text_no',
        tokenize='porter unicode61 remove_diacritics 2'
    );
    CREATE VIRTUAL TABLE texts_terms USING fts5vocab('texts_fts', 'instance');
    """,
    )


def _m002_checked(db: sqlite3.Connection, directory: Path) -> None:
    """Checksums on rows and blocks, own postings instead of FTS5, `forget`, several generations."""
    for table, key in _CHECKED_BY_M002.items():
        db.execute(f"ALTER TABLE {table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0")
        db.execute(f"UPDATE {table} SET crc = checksum({key})")
    _execute(
        db,
        """
    DROP TABLE texts_terms;
    DROP TABLE texts_fts;
    DROP TABLE accelerators;
    CREATE INDEX chunks_by_text ON chunks (text_no);
    CREATE INDEX chunks_by_revision ON chunks (rev_no);
    CREATE TABLE meta (              -- single values; checked
        key TEXT PRIMARY KEY, value, crc INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE blocks (            -- CRC-32 of each block of a column's committed bytes
        name TEXT NOT NULL, block INTEGER NOT NULL, bytes INTEGER NOT NULL, crc INTEGER NOT NULL,
        PRIMARY KEY (name, block)
    ) WITHOUT ROWID;
    CREATE TABLE postings (          -- which texts hold a term; see postings.py; checked
        lo INTEGER NOT NULL, term TEXT NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,
        PRIMARY KEY (lo, term)
    ) WITHOUT ROWID;
    CREATE TABLE postings_segments ( -- stretches of texts [lo, hi); checked
        lo INTEGER PRIMARY KEY, hi INTEGER NOT NULL, crc INTEGER NOT NULL
    );
    CREATE TABLE sealed_ranges (     -- derived 8-bit codes of rows [lo, hi); see codes.py; checked
        generation INTEGER NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL, file TEXT NOT NULL,
        error REAL NOT NULL, block_crcs BLOB NOT NULL, crc INTEGER NOT NULL,
        PRIMARY KEY (generation, lo, hi)
    );
    CREATE TABLE time_index (        -- derived, at most one row; see times.py; checked
        file TEXT PRIMARY KEY, revisions INTEGER NOT NULL, closings INTEGER NOT NULL,
        file_crc INTEGER NOT NULL, crc INTEGER NOT NULL
    );
    CREATE TABLE receipts (          -- what was forgotten, without its contents; checked
        receipt_no INTEGER PRIMARY KEY, doc_id_sha256 BLOB NOT NULL, forgotten_at INTEGER NOT NULL,
        revisions INTEGER NOT NULL, texts INTEGER NOT NULL, texts_sha256 BLOB NOT NULL,
        crc INTEGER NOT NULL
    );
    CREATE TABLE forgetting (        -- a forget under way: finished by the next writer
        kind TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (kind, number)
    ) WITHOUT ROWID;
    """,
    )
    _fill_m002(db, directory)


_CHECKED_BY_M002 = {
    "generations": "generation, name, version, dtype, dim",
    "columns": "name, rows",
    "origins": "origin, fingerprint, holds_all, completed_at, gone_at",
    "documents": "doc_no, doc_id, origin",
    "revisions": "rev_no, doc_no, revision_id, uri, title, date_start, date_end, date_precision, "
    "date_source, valid_from, recorded_at",
    "closings": "closing_no, rev_no, valid_to, recorded_at, reason",
    "texts": "text_no, sha256, context, text",
    "chunks": 'chunk_no, rev_no, ordinal, start, "end", text_no',
    "redirects": "alias, target, recorded_at",
}


def _fill_m002(db: sqlite3.Connection, directory: Path) -> None:
    next_doc_no, last = db.execute(
        "SELECT (SELECT coalesce(max(doc_no) + 1, 0) FROM documents), max("
        "(SELECT coalesce(max(recorded_at), 0) FROM revisions),"
        "(SELECT coalesce(max(recorded_at), 0) FROM closings))"
    ).fetchone()
    generation = db.execute("SELECT max(generation) FROM generations").fetchone()[0]
    for key, value in {
        "commits": 0, "next_doc_no": next_doc_no, "last_recorded_at": last,
        "generation": generation, "tokens": tokens.VERSION,
    }.items():  # fmt: skip
        rows.set_meta(db, key, value)
    for stored in all_columns(db, directory):
        _checksum_blocks(db, stored)
    at = 0
    while found := db.execute(
        "SELECT text_no, context, text FROM texts WHERE text_no >= ? ORDER BY text_no LIMIT 8192",
        (at,),
    ).fetchall():
        whole = [indexed_text(context, text) for _, context, text in found]
        postings.add(db, at, [tokens.terms(one) for one in whole])
        at = found[-1][0] + 1


def _checksum_blocks(db: sqlite3.Connection, stored: Column) -> None:
    size = n_rows(db, stored.name) * stored.dtype.itemsize
    if not size:
        return
    with stored.path.open("rb") as file:
        for block, start in enumerate(range(0, size, BLOCK_BYTES)):
            content = file.read(min(BLOCK_BYTES, size - start))
            db.execute(
                "INSERT INTO blocks VALUES (?, ?, ?, ?)",
                (stored.name, block, len(content), zlib.crc32(content)),
            )


def _m003_sources(db: sqlite3.Connection, _directory: Path) -> None:
    """Documents keep their id when they move, cite places inside files, and find their copies."""
    _execute(
        db,
        """
    ALTER TABLE origins RENAME TO origins_before;
    CREATE TABLE origins (           -- files read to their end; checked
        origin TEXT PRIMARY KEY, fingerprint TEXT NOT NULL,
        holds_all INTEGER NOT NULL,  -- whether its documents end when it is gone
        completed_at INTEGER NOT NULL, gone_at INTEGER,
        base TEXT NOT NULL,          -- what the ids of its documents begin with
        content TEXT NOT NULL,       -- SHA-256 of its bytes, or empty
        crc INTEGER NOT NULL
    );
    INSERT INTO origins
        SELECT origin, fingerprint, holds_all, completed_at, gone_at, origin, '',
               checksum(origin, fingerprint, holds_all, completed_at, gone_at, origin, '')
        FROM origins_before;
    DROP TABLE origins_before;
    CREATE INDEX origins_by_fingerprint ON origins (fingerprint);
    CREATE INDEX origins_by_content ON origins (content) WHERE content <> '';
    CREATE INDEX origins_by_base ON origins (base);
    CREATE TABLE progress (          -- how far an origin not read to its end was read; checked
        origin TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, position INTEGER NOT NULL,
        crc INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE moves (             -- a document is cited at another place from then on; checked
        move_no INTEGER PRIMARY KEY, doc_no INTEGER NOT NULL REFERENCES documents,
        origin TEXT NOT NULL, moved_to TEXT NOT NULL, recorded_at INTEGER NOT NULL,
        crc INTEGER NOT NULL
    );
    CREATE INDEX moves_by_document ON moves (doc_no);
    CREATE TABLE other_dates (       -- dates that contradict a revision's own; checked
        rev_no INTEGER NOT NULL REFERENCES revisions, ordinal INTEGER NOT NULL,
        date_start INTEGER NOT NULL, date_end INTEGER NOT NULL,
        date_precision TEXT NOT NULL, date_source TEXT NOT NULL, crc INTEGER NOT NULL,
        PRIMARY KEY (rev_no, ordinal)
    ) WITHOUT ROWID;
    CREATE TABLE locators (          -- where in its file a chunk begins, as a fragment; checked
        chunk_no INTEGER PRIMARY KEY REFERENCES chunks, fragment TEXT NOT NULL,
        crc INTEGER NOT NULL
    );
    CREATE TABLE sketches (          -- MinHash signatures of documents; checked
        rev_no INTEGER PRIMARY KEY REFERENCES revisions, signature BLOB NOT NULL,
        crc INTEGER NOT NULL
    );
    CREATE TABLE sketch_bands (      -- bands of them, by which the like of one is found
        band BLOB NOT NULL, rev_no INTEGER NOT NULL, PRIMARY KEY (band, rev_no)
    ) WITHOUT ROWID;
    CREATE TABLE jobs (              -- what could not be read; see jobs.py; checked
        origin TEXT PRIMARY KEY, reason TEXT NOT NULL, fingerprint TEXT NOT NULL,
        is_transient INTEGER NOT NULL, attempts INTEGER NOT NULL, state TEXT NOT NULL,
        next_at INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
        crc INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX jobs_by_time ON jobs (state, next_at);
    CREATE TABLE visits (            -- when sources on a schedule were asked; checked
        source TEXT PRIMARY KEY, visited_at INTEGER NOT NULL, crc INTEGER NOT NULL
    ) WITHOUT ROWID;
    UPDATE revisions SET date_source = 'office_core' WHERE date_source = 'docx_core';
    """,
    )
    db.execute(
        f"UPDATE revisions SET crc = checksum({_CHECKED_BY_M002['revisions']}) "
        "WHERE date_source = 'office_core'"
    )


def _m004_since(db: sqlite3.Connection, _directory: Path) -> None:
    """Redirects hold from a time on; since when a document tells a text is looked up, not sought.

    A redirect of which only the recording is known holds from then on: earlier would be a guess.
    """
    _execute(
        db,
        """
    ALTER TABLE redirects RENAME TO redirects_before;
    CREATE TABLE redirects (         -- another title, and from when on it is one; checked
        alias TEXT NOT NULL COLLATE NOCASE, target TEXT NOT NULL, valid_from INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL, crc INTEGER NOT NULL,
        PRIMARY KEY (alias, valid_from, target)
    ) WITHOUT ROWID;
    INSERT INTO redirects
        SELECT alias, target, recorded_at, recorded_at,
               checksum(alias, target, recorded_at, recorded_at)
        FROM redirects_before;
    DROP TABLE redirects_before;
    CREATE TABLE told (              -- since when a document holds a text; see telling.py; checked
        doc_no INTEGER NOT NULL REFERENCES documents, valid_from INTEGER NOT NULL,
        text_no INTEGER NOT NULL REFERENCES texts, recorded_at INTEGER NOT NULL,
        crc INTEGER NOT NULL,
        PRIMARY KEY (doc_no, valid_from, text_no)
    ) WITHOUT ROWID;
    CREATE INDEX told_by_text ON told (text_no, doc_no);
    INSERT INTO told
        SELECT doc_no, valid_from, text_no, recorded_at,
               checksum(doc_no, valid_from, text_no, recorded_at)
        FROM (
            SELECT *, min(valid_from) OVER (
                PARTITION BY doc_no, text_no ORDER BY recorded_at
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS before
            FROM (
                SELECT doc_no, text_no, recorded_at, min(valid_from) AS valid_from
                FROM chunks JOIN revisions USING (rev_no) GROUP BY doc_no, text_no, recorded_at
            )
        )
        WHERE before IS NULL OR valid_from < before;
    """,
    )


MIGRATIONS: list[Migration] = [_m001_initial, _m002_checked, _m003_sources, _m004_since]
"""Every schema change ever made, in order; a store's `user_version` is how many it has seen."""


def all_columns(db: sqlite3.Connection, directory: Path) -> list[Column]:
    """Every column file the database counts rows of."""
    found = [column(directory, name, dtype) for name, dtype in TIME_COLUMNS.items()]
    for generation, dim in db.execute("SELECT generation, dim FROM generations"):
        found.append(column(directory, vector_column(generation), vector_dtype(dim)))
    return found


def create(path: Path) -> None:
    """Make an empty database at `path`, complete or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    db = sqlite3.connect(temporary, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = FULL")
        migrate(db, path.parent)
    finally:
        db.close()
    temporary.replace(path)


def migrate(db: sqlite3.Connection, directory: Path) -> None:
    """Bring a database to the newest schema, each step whole or not at all."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == len(MIGRATIONS):
        return
    db.create_function("checksum", -1, rows.checksum, deterministic=True)
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            migration(db, directory)
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open an existing database in WAL mode, in autocommit (transactions are explicit).

    Raises:
        CorruptIndexError: If the file is empty, no database, or damaged.
        IndexStoreError: If it is missing, or its schema is not this program's.
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
        # What is deleted is overwritten, and nothing of it is left in temporary files.
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        db.execute(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
        _check_version(path, db, write=write)
        if write:
            migrate(db, path.parent)
    except sqlite3.OperationalError as error:
        db.close()
        raise IndexStoreError(f"cannot open {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        db.close()
        raise CorruptIndexError(
            f"{path} is not a readable store: {error}", hint="restore it from a backup"
        ) from error
    except BaseException:
        db.close()
        raise
    return db


def _check_version(path: Path, db: sqlite3.Connection, *, write: bool) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise IndexStoreError(
            f"{path} has schema {version}, this program knows up to {len(MIGRATIONS)}",
            hint="upgrade rag-lifelong",
        )
    if version == 0:
        raise CorruptIndexError(
            f"{path} is a database but not a store", hint="name another --store directory"
        )
    if version < len(MIGRATIONS) and not write:
        raise IndexStoreError(
            f"{path} has schema {version}, this program reads schema {len(MIGRATIONS)}",
            hint="bring it up to date with `rag-lifelong compact`",
        )


def _execute(db: sqlite3.Connection, statements: str) -> None:
    """Run statements inside the open transaction, which `executescript` would end."""
    statement = ""
    for line in statements.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""

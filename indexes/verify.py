"""Verifying: every checksum, every reference, the vectors against their rows.

Reports what is wrong and how to mend it, changes nothing, and reads the store as of one commit, so
that it may run while others write.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes import codes, generations, head, postings, rows, schema, times, tokens
from indexes.columns import TIME_COLUMNS, column, n_rows, vector_column, vector_dtype
from indexes.validity import NEVER_US
from rag_lifelong.errors import CorruptIndexError, IndexStoreError, RagLifelongError
from rag_lifelong.types import indexed_text

RESTORE = "rag-lifelong restore BACKUP"
COMPACT = "rag-lifelong compact"

_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a store, and the command that mends it."""

    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what} (mend with `{self.fix}`)"


@dataclass(slots=True)
class Verification:
    """What was found."""

    problems: list[Problem] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    """How many of what were looked at."""


Check = Callable[["_Store"], Iterator[Problem]]


@dataclass(slots=True)
class _Store:
    directory: Path
    db: sqlite3.Connection
    checked: dict[str, int]


def verify(directory: Path) -> Verification:
    """Look for damage in a store.

    Raises:
        IndexStoreError: If there is no store there at all, or its schema is not this program's.
    """
    result = Verification()
    if not (directory / schema.DATABASE).exists():
        raise IndexStoreError(f"no store at {directory}", hint="name it with --store")
    noted = head.read(directory)
    try:
        db = schema.connect(directory / schema.DATABASE, write=False)
    except CorruptIndexError as error:
        result.problems.append(Problem(str(error), RESTORE))
        return result
    store = _Store(directory, db, result.checked)
    try:
        db.execute("BEGIN")
        result.problems.extend(_head(store, noted))
        found = [problem for check in CHECKS for problem in _run(check, store)]
        if pending := _forgetting(db):
            begun = Problem("a forget was begun and not finished", COMPACT)
            # What it has overwritten does not match until it is finished, and is not to come back.
            found = [begun] if pending - {"log"} else [*found, begun]
        result.problems.extend(found)
    except sqlite3.Error as error:
        result.problems.append(Problem(f"the database cannot be read: {error}", RESTORE))
    finally:
        db.close()
    return result


def _forgetting(db: sqlite3.Connection) -> set[str]:
    """What is pending: parts of a document, or only the log."""
    try:
        return {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM forgetting")}
    except sqlite3.Error:
        return set()


def _run(check: Check, store: _Store) -> list[Problem]:
    """What a check finds; what stops it is itself a finding."""
    found: list[Problem] = []
    try:
        found.extend(check(store))
    except Exception as error:  # noqa: BLE001  (damaged bytes can lead to anything)
        name = check.__name__.strip("_").replace("_", " ")
        found.append(Problem(f"checking the {name} failed: {error}", RESTORE))
    return found


def _head(store: _Store, noted: int | None) -> Iterator[Problem]:
    """Whether commits are missing."""
    try:
        head.check(store.directory, noted, int(rows.get_meta(store.db, "commits")))
    except (RagLifelongError, TypeError, ValueError) as error:
        yield Problem(str(error), RESTORE)


def _database(store: _Store) -> Iterator[Problem]:
    """SQLite's own check: pages, trees, indexes against tables."""
    for (line,) in store.db.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Problem(f"{schema.DATABASE}: {line}", RESTORE)
    for table, row, parent, _ in store.db.execute("PRAGMA foreign_key_check"):
        yield Problem(f"row {row} of {table} names a row of {parent} that is not there", RESTORE)
    expected = rows.get_meta(store.db, "tokens")
    if expected != tokens.VERSION:
        yield Problem(
            f"terms were made by {expected}, this program makes {tokens.VERSION}", RESTORE
        )


def _rows(store: _Store) -> Iterator[Problem]:
    """The checksum of every row."""
    for table in rows.CHECKED_TABLES:
        count = wrong = 0
        first: Any = None
        for row in store.db.execute(f"SELECT * FROM {table}"):
            count += 1
            if rows.checksum(*row[:-1]) != row[-1]:
                wrong += 1
                first = row[0] if first is None else first
        store.checked[table] = count
        if wrong:
            yield Problem(
                f"{wrong} of {count} rows of {table} do not match their checksum, "
                f"first that of {first!r}",
                COMPACT if table in ("sealed_ranges", "time_index") else RESTORE,
            )


def _columns(store: _Store) -> Iterator[Problem]:
    """The checksum of every block of every column."""
    for stored in schema.all_columns(store.db, store.directory):
        for at, what in stored.damaged_blocks(store.db):
            yield Problem(f"{stored.path} from byte {at}: {what}", RESTORE)


def _references(store: _Store) -> Iterator[Problem]:
    """Rows of the database against rows of the columns."""
    fields = {
        "revisions": ("rev_no", "doc_no, valid_from, recorded_at"),
        "closings": ("closing_no", "rev_no, valid_to, recorded_at"),
        "chunks": ("chunk_no", "rev_no, text_no"),
    }
    forgotten = rows.get_meta(store.db, "commits") is not None and bool(
        store.db.execute("SELECT 1 FROM receipts LIMIT 1").fetchone()
    )
    for table, (key, values) in fields.items():
        stored = column(store.directory, table, TIME_COLUMNS[table]).read(n_rows(store.db, table))
        seen = 0
        for number, *row in store.db.execute(f"SELECT {key}, {values} FROM {table}"):
            seen += 1
            if number >= len(stored) or tuple(row) != tuple(stored[number].item()):
                yield Problem(f"row {number} of {table} is not what its column holds", RESTORE)
                break
        if seen != len(stored) and not forgotten:
            yield Problem(f"{seen} rows of {table}, {len(stored)} in its column", RESTORE)
    yield from _tombstones(store)
    for what, query in {
        "text is in no chunk": "SELECT count(*) FROM texts t WHERE NOT EXISTS "
        "(SELECT 1 FROM chunks c WHERE c.text_no = t.text_no)",
        "document has no revision": "SELECT count(*) FROM documents d WHERE NOT EXISTS "
        "(SELECT 1 FROM revisions r WHERE r.doc_no = d.doc_no)",
        "text is not known since when it was told": "SELECT count(*) FROM chunks c "
        "JOIN revisions r USING (rev_no) WHERE NOT EXISTS (SELECT 1 FROM told t "
        "WHERE t.text_no = c.text_no AND t.doc_no = r.doc_no AND t.valid_from <= r.valid_from)",
    }.items():
        [(count,)] = store.db.execute(query)
        if count:
            yield Problem(f"{count} times a {what}", RESTORE)


def _tombstones(store: _Store) -> Iterator[Problem]:
    """A revision without a row must be a forgotten one, and the other way round."""
    stored = column(store.directory, "revisions", TIME_COLUMNS["revisions"]).read(
        n_rows(store.db, "revisions")
    )
    present = np.zeros(len(stored), np.bool_)
    numbers = [number for (number,) in store.db.execute("SELECT rev_no FROM revisions")]
    present[[number for number in numbers if number < len(stored)]] = True
    if (present == (stored["recorded_at"] == NEVER_US)).any():
        yield Problem("revisions are missing that were not forgotten", RESTORE)


def _vectors(store: _Store) -> Iterator[Problem]:
    """The vectors of the generation in use: one for each text, of norm 1; of a forgotten one, 0."""
    generation = generations.active(store.db)
    n_texts = n_rows(store.db, "texts")
    if generation is None:
        if n_texts:
            yield Problem(f"{n_texts} texts and no vectors", RESTORE)
        return
    name = vector_column(generation.number)
    if (n := n_rows(store.db, name)) != n_texts:
        yield Problem(f"{n} vectors for {n_texts} texts", RESTORE)
    vectors = column(store.directory, name, vector_dtype(generation.model.dim)).read(n)
    store.checked["vectors"] = n
    present = np.zeros(n, np.bool_)
    present[[no for (no,) in store.db.execute("SELECT text_no FROM texts") if no < n]] = True
    for at in range(0, n, _BLOCK):
        norms = np.linalg.norm(vectors[at : at + _BLOCK].astype(np.float64), axis=1)
        wrong = ~(np.abs(norms - present[at : at + _BLOCK]) < 0.01)
        if wrong.any():
            row = at + int(np.flatnonzero(wrong)[0])
            yield Problem(f"vector {row} has norm {norms[row - at]:.3f}", RESTORE)


def _postings(store: _Store) -> Iterator[Problem]:
    """Inverted lists: every text is covered, and its terms lead to it."""
    at = 0
    for lo, hi in postings.segments(store.db):
        if lo != at or hi <= lo:
            yield Problem(f"inverted lists have a gap before text {lo}", RESTORE)
        at = hi
    if at != n_rows(store.db, "texts"):
        yield Problem(f"inverted lists reach to text {at}", RESTORE)
    n_words = column(store.directory, "texts", TIME_COLUMNS["texts"]).read(at)["n_words"]
    lists = _counted(store.db, at)
    for number, context, text in store.db.execute("SELECT text_no, context, text FROM texts"):
        terms = tokens.terms(indexed_text(context, text))
        if number >= at or len(terms) != n_words[number] or len(set(terms)) != lists[number]:
            yield Problem(f"inverted lists do not hold text {number} as it is", RESTORE)
            return


def _counted(db: sqlite3.Connection, n_texts: int) -> NDArray[np.int64]:
    """In how many lists each text is: [n_texts]."""
    counts = np.zeros(n_texts, np.int64)
    for lo, data in db.execute("SELECT lo, data FROM postings"):
        counts[postings.offsets(data).astype(np.int64) + lo] += 1
    return counts


def _derived(store: _Store) -> Iterator[Problem]:
    """Sealed ranges and the time index."""
    codes.forget_mapped()
    for generation in generations.every(store.db):
        for one in codes.stored(store.directory, store.db, generation.number, generation.model.dim):
            try:
                one.check()
            except codes.DamagedRangeError as error:
                yield Problem(str(error), COMPACT)
    found = times.stored(store.db)
    times.forget_loaded()
    if found is not None and times.load(store.directory, store.db) is times.NO_INDEX:
        yield Problem(f"{store.directory / found[0]} does not match its checksum", COMPACT)


CHECKS: tuple[Check, ...] = (
    _database, _rows, _columns, _references, _vectors, _postings, _derived,
)  # fmt: skip

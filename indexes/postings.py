"""Inverted lists: for each term the texts that hold it and how often, in segments inside SQLite.

A commit adds one segment over its new texts, in the same transaction; segments are merged by tiers,
so that a text is rewritten a handful of times however large the store grows. A list is `n` offsets
from the segment's first text (uint16) followed by `n` counts (uint8, capped at 255).
"""

import sqlite3
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexes import rows

_MAX_TEXTS = 65_536
"""Texts of the largest segment: what a uint16 offset reaches."""
_TIERS = (64, 512, 4_096, 32_768, _MAX_TEXTS)
"""The newest segments smaller than a tier are merged once together they reach it."""

Docs = NDArray[np.int64]
Counts = NDArray[np.uint8]


def add(db: sqlite3.Connection, lo: int, texts: Sequence[Sequence[str]]) -> None:
    """Add the terms of new texts `lo, lo + 1, …` in the open transaction."""
    for start in range(0, len(texts), _MAX_TEXTS):
        part = texts[start : start + _MAX_TEXTS]
        held: defaultdict[str, list[int]] = defaultdict(list)
        counts: defaultdict[str, list[int]] = defaultdict(list)
        for offset, terms in enumerate(part):
            for term, count in Counter(terms).items():
                held[term].append(offset)
                counts[term].append(min(count, 255))
        _put(
            db, lo + start, lo + start + len(part),
            (
                (term, struct.pack(f"<{len(held[term])}H", *held[term]) + bytes(counts[term]))
                for term in sorted(held)
            ),
        )  # fmt: skip


def of_term(db: sqlite3.Connection, term: str) -> tuple[Docs, Counts]:
    """The numbers of the texts that hold a term, ascending, and how often each does: both [n]."""
    docs, counts = [], []
    for lo, data in db.execute(
        # The order of a cross join is kept: one look into each segment, none into the rest.
        "SELECT s.lo, p.data FROM postings_segments s CROSS JOIN postings p "
        "ON p.lo = s.lo AND p.term = ? ORDER BY s.lo",
        (term,),
    ):
        texts, n = _unpack(data)
        docs.append(texts.astype(np.int64) + lo)
        counts.append(n)
    if not docs:
        return np.empty(0, np.int64), np.empty(0, np.uint8)
    return np.concatenate(docs), np.concatenate(counts)


def segments(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """The stretches of texts [lo, hi), ascending."""
    return db.execute("SELECT lo, hi FROM postings_segments ORDER BY lo").fetchall()


def merge(db: sqlite3.Connection) -> int:
    """Merge what the tiers say is due, each merge in a transaction; return how many there were."""
    done = 0
    while (due := _due(segments(db))) is not None:
        with rows.transaction(db):
            _merge(db, due)
        done += 1
    return done


def remove(db: sqlite3.Connection, text_no: int, terms: Iterable[str]) -> None:
    """Take a text out of the lists of its terms, in the open transaction."""
    row = db.execute(
        "SELECT lo FROM postings_segments WHERE lo <= ? ORDER BY lo DESC LIMIT 1", (text_no,)
    ).fetchone()
    if row is None:
        return
    lo = row[0]
    for term in set(terms):
        found = db.execute(
            "SELECT data FROM postings WHERE lo = ? AND term = ?", (lo, term)
        ).fetchone()
        if found is None:
            continue
        texts, counts = _unpack(found[0])
        stays = texts != text_no - lo
        if stays.any():
            rows.replace(db, "postings", lo, term, _pack(texts[stays], counts[stays]))
        else:
            db.execute("DELETE FROM postings WHERE lo = ? AND term = ?", (lo, term))


def offsets(data: bytes) -> NDArray[np.uint16]:
    """The texts of a stored list, counted from its segment's first."""
    return _unpack(data)[0]


def _due(stretches: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
    """The newest segments to merge into one, or None."""
    for tier in _TIERS:
        run: list[tuple[int, int]] = []
        for lo, hi in reversed(stretches):
            if hi - lo >= tier:
                break
            run.insert(0, (lo, hi))
        while run and run[-1][1] - run[0][0] > _MAX_TEXTS:
            run.pop()
        if len(run) > 1 and run[-1][1] - run[0][0] >= tier:
            return run
    return None


def _merge(db: sqlite3.Connection, run: list[tuple[int, int]]) -> None:
    """Put the lists of adjacent segments together, all terms at once."""
    first, last, hi = run[0][0], run[-1][0], run[-1][1]
    found = db.execute(
        "SELECT lo, term, data FROM postings WHERE lo BETWEEN ? AND ? ORDER BY lo", (first, last)
    ).fetchall()
    los = np.array([lo for lo, _, _ in found], np.int64)
    lists = [data for _, _, data in found]
    lengths = [len(data) // 3 for data in lists]
    texts = np.frombuffer(b"".join(d[: 2 * n] for d, n in zip(lists, lengths, strict=True)), "<u2")
    counts = np.frombuffer(b"".join(d[2 * n :] for d, n in zip(lists, lengths, strict=True)), "u1")
    distinct = sorted({word for _, word, _ in found})
    number = {word: i for i, word in enumerate(distinct)}
    term = np.repeat(np.array([number[word] for _, word, _ in found], np.int64), lengths)
    texts = (texts + np.repeat(los - first, lengths)).astype("<u2")
    # Stable, so that the texts of a term stay in order.
    order = np.argsort(term, kind="stable")
    packed_texts, packed_counts = texts[order].tobytes(), counts[order].tobytes()
    ends = np.cumsum(np.bincount(term, minlength=len(distinct))).tolist()
    starts = [0, *ends][: len(ends)]
    db.execute("DELETE FROM postings WHERE lo BETWEEN ? AND ?", (first, last))
    db.execute("DELETE FROM postings_segments WHERE lo BETWEEN ? AND ?", (first, last))
    _put(
        db, first, hi,
        (
            (word, packed_texts[2 * a : 2 * b] + packed_counts[a:b])
            for word, a, b in zip(distinct, starts, ends, strict=True)
        ),
    )  # fmt: skip


def _put(db: sqlite3.Connection, lo: int, hi: int, lists: Iterable[tuple[str, bytes]]) -> None:
    if hi > lo:
        rows.insert(db, "postings_segments", lo, hi)
        rows.insert_many(db, "postings", ((lo, term, data) for term, data in lists))


def _pack(texts: NDArray[np.integer], counts: NDArray[np.integer]) -> bytes:
    return texts.astype("<u2").tobytes() + counts.astype(np.uint8).tobytes()


def _unpack(data: bytes) -> tuple[NDArray[np.uint16], Counts]:
    n = len(data) // 3
    return np.frombuffer(data, "<u2", n), np.frombuffer(data, np.uint8, n, 2 * n)

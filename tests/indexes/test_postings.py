"""Inverted lists hold what a plain count of the words holds, however they are merged."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes import postings, rows, schema, tokens

WORDS = st.sampled_from(["lake", "hill", "river", "town", "a", "b", "c"])
TEXTS = st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=9)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("store") / schema.DATABASE
    schema.create(path)
    return schema.connect(path, write=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=12), st.lists(st.integers(0, 80), max_size=5))
def test_lists_are_what_a_plain_count_gives(
    db: sqlite3.Connection, batches: list[list[list[str]]], gone: list[int]
):
    tiers, postings._TIERS = postings._TIERS, (4, 16, 32)
    largest, postings._MAX_TEXTS = postings._MAX_TEXTS, 32
    try:
        db.execute("DELETE FROM postings")
        db.execute("DELETE FROM postings_segments")
        texts: list[list[str]] = []
        for batch in batches:
            with rows.transaction(db):
                postings.add(db, len(texts), batch)
            texts.extend(batch)
            postings.merge(db)
            assert all(hi - lo <= 32 for lo, hi in postings.segments(db))
        for number in gone:
            if number < len(texts):
                with rows.transaction(db):
                    postings.remove(db, number, texts[number])
                texts[number] = []
        assert [lo for lo, _ in postings.segments(db)] == [
            0, *(hi for _, hi in postings.segments(db)[:-1])
        ][: len(postings.segments(db))]  # fmt: skip
        for word in ["lake", "hill", "river", "town", "a", "b", "c", "absent"]:
            docs, counts = postings.of_term(db, word)
            expected = [(n, Counter(t)[word]) for n, t in enumerate(texts) if word in t]
            assert list(zip(docs.tolist(), counts.tolist(), strict=True)) == expected
    finally:
        postings._TIERS, postings._MAX_TEXTS = tiers, largest


def test_many_small_commits_leave_few_segments(db: sqlite3.Connection):
    db.execute("DELETE FROM postings")
    db.execute("DELETE FROM postings_segments")
    for n in range(1_500):
        with rows.transaction(db):
            postings.add(db, n, [["word", f"w{n}"]])
        postings.merge(db)
    assert len(postings.segments(db)) < 64 + 8 + 8
    assert len(postings.of_term(db, "word")[0]) == 1_500


def test_a_word_said_often_is_counted_up_to_255(db: sqlite3.Connection):
    db.execute("DELETE FROM postings")
    db.execute("DELETE FROM postings_segments")
    with rows.transaction(db):
        postings.add(db, 0, [["echo"] * 300])
    assert postings.of_term(db, "echo")[1].tolist() == [255]


def test_the_largest_segment_is_what_an_offset_reaches(db: sqlite3.Connection):
    db.execute("DELETE FROM postings")
    db.execute("DELETE FROM postings_segments")
    with rows.transaction(db):
        postings.add(db, 0, [["x"]] * 70_000)
    assert postings.segments(db) == [(0, 65_536), (65_536, 70_000)]
    assert postings.of_term(db, "x")[0].tolist() == list(range(70_000))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Straße STRASSE", ["strass", "strass"]),
        ("naïve café", ["naiv", "cafe"]),
        ("北京 is big", ["北京", "is", "big"]),
        ("한국어", ["한국", "국어"]),
        ("A1b2", ["a1b2"]),
        ("", []),
        ("…", []),
    ],
)
def test_terms(text: str, terms: list[str]):
    assert tokens.terms(text) == terms


def test_a_database_of_terms_made_otherwise_is_named(tmp_path: Path):
    from indexes.verify import verify
    from tests.indexes.conftest import TinyStore, document

    store = TinyStore(tmp_path / "store")
    store.add(document("a", "2015", "x"))
    other = schema.connect(store.path / schema.DATABASE, write=True)
    rows.set_meta(other, "tokens", "older")
    other.close()
    assert any("older" in p.what for p in verify(store.path).problems)

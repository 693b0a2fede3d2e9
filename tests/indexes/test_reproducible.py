"""The same question at the same two times gets the same chunks and scores, whatever came later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from indexes import tiers, times
from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.types import Completed, Gone, RevisionOrder, TimeFilter
from tests.indexes.conftest import TinyStore, document, time_filter, vector

WORDS = "lake hill river town bridge mayor harvest storm".split()  # noqa: SIM905


def fill(store: TinyStore, start: int, n: int) -> None:
    """n documents a commit, some of them new revisions of older ones, some of the past."""
    with StoreWriter(store.path, now=store.clock) as writer:
        for at in range(start, start + n, 20):
            items = []
            for i in range(at, at + 20):
                words = f"{WORDS[i % 8]} {WORDS[i // 8 % 8]} number {i}"
                items += [
                    document(f"page {i % 150}", f"{1900 + i * 7 % 120}", words,
                             order=RevisionOrder.VALID_TIME),
                    document(f"file {i}", f"{1950 + i % 70}", f"notes on the {words}"),
                    Completed(f"file {i}", "seen", frozenset({f"file {i}"})),
                ]  # fmt: skip
            store.commit(writer, *items)
            writer.upkeep()


def ask(store: TinyStore, known_at: str) -> list:
    found = []
    filters = [
        time_filter(known_at=known_at, **window)
        for window in ({}, {"as_of": "1960"}, {"as_of": "2015"}, {"between": "1980"})
    ]
    with StoreSnapshot(store.path) as snapshot:
        for time in filters:
            for words in ("storm at the lake", "who was mayor of the town", "number 17 bridge"):
                hits = snapshot.search_dense(vector(words), time, 10)
                hits += snapshot.search_lexical(words, time, 10)
                chunks = snapshot.chunks([hit.chunk_no for hit in hits], time.known_at)
                found.append([(c, hit.score) for c, hit in zip(chunks, hits, strict=True)])
            found.append(list(snapshot.documents(time)))
    return found


def test_answers_stay_the_same_through_everything(
    store: TinyStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tiers, "SIZES", (512, 64))
    monkeypatch.setattr(times, "MIN_TAIL", 50)
    fill(store, 0, 200)
    known_at = (store.clock.time + timedelta(hours=1)).isoformat()
    before = ask(store, known_at)
    assert all(before)

    fill(store, 200, 2_000)
    assert ask(store, known_at) == before

    store.add(*(Gone(f"file {i}") for i in range(0, 400, 3)))
    assert ask(store, known_at) == before

    with StoreWriter(store.path, now=store.clock) as writer:
        for i in range(250, 270):
            writer.forget(f"file {i}")
        writer.seal()
    assert ask(store, known_at) == before

    for file in [*store.path.glob("*.sq8"), *store.path.glob("*.index")]:
        file.unlink()
    assert ask(store, known_at) == before

    with StoreWriter(store.path, now=store.clock) as writer:
        writer.compact()
    assert len(list(store.path.glob("*.sq8"))) > 5
    assert ask(store, known_at) == before
    assert not verify(store.path).problems


def test_a_question_about_now_does_see_what_came_later(store: TinyStore):
    fill(store, 0, 40)
    before = ask(store, "2030")
    fill(store, 40, 40)
    assert ask(store, "2030") != before
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.search_lexical("storm", TimeFilter(), 5)

"""Dense and lexical search under filters, against the plainest way to do the same."""

from __future__ import annotations

import numpy as np
import pytest

from indexes import accelerator, dense
from indexes.snapshot import StoreSnapshot
from rag_lifelong.types import RevisionOrder
from tests.indexes.conftest import TinyStore, document, time_filter, vector


@pytest.fixture
def years(store: TinyStore) -> TinyStore:
    """200 one-chunk documents, one each half-year from 1920."""
    store.add(
        *(
            document(f"d{n}", f"{1920 + n // 2}-{1 + 6 * (n % 2):02d}", f"words about topic {n}")
            for n in range(200)
        )
    )
    return store


@pytest.mark.parametrize("window", ["1900", "1925", "1960-03", "2030"])
def test_filtered_dense_search_is_exact(years: TinyStore, window: str):
    with StoreSnapshot(years.path) as snapshot:
        hits = snapshot.search_dense(vector("query"), time_filter(as_of=window), 10)
        chunks = snapshot.chunks([hit.chunk_no for hit in hits], None)
        everything = snapshot.chunks(range(200), None)
    end = time_filter(as_of=window).as_of.end
    expected = sorted(
        ((float(vector(f"{c.title}\n{c.text}") @ vector("query")), c.text)
         for c in everything if c.valid_from < end),
        reverse=True,
    )[:10]  # fmt: skip
    assert [c.text for c in chunks] == [text for _, text in expected]
    np.testing.assert_allclose([h.score for h in hits], [s for s, _ in expected], atol=1e-6)


def test_lexical_search_finds_the_rare_word_first(store: TinyStore):
    store.add(
        document("a", "2015", "the committee met in Geneva"),
        document("b", "2015", "the committee met in Paris"),
        document("c", "2015", "the committee met again"),
    )
    with StoreSnapshot(store.path) as snapshot:
        hits = snapshot.search_lexical("Who met in Geneva?", time_filter(), 10)
        texts = [c.text for c in snapshot.chunks([h.chunk_no for h in hits], None)]
    assert texts[0] == "the committee met in Geneva"
    assert len(texts) == 3
    assert hits[0].score > hits[1].score


def test_lexical_scores_do_not_change_with_what_came_later(store: TinyStore):
    store.add(document("a", "2015", "Geneva talks"), document("b", "2015", "Paris talks"))
    then = time_filter(as_of="2016", known_at="2026-01-02T12:00:00")
    with StoreSnapshot(store.path) as snapshot:
        before = snapshot.search_lexical("Geneva talks", then, 5)
    store.add(*(document(f"later{n}", "2015", f"Geneva talks again {n}") for n in range(50)))
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.search_lexical("Geneva talks", then, 5) == before


def test_lexical_scores_do_not_see_the_future_of_the_window(store: TinyStore):
    store.add(document("a", "2015", "Geneva talks"), document("b", "2015", "Paris talks"))
    with StoreSnapshot(store.path) as snapshot:
        before = snapshot.search_lexical("Geneva talks", time_filter(as_of="2016"), 5)
    store.add(*(document(f"later{n}", "2017", f"Geneva talks again {n}") for n in range(50)))
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.search_lexical("Geneva talks", time_filter(as_of="2016"), 5) == before


@pytest.mark.parametrize(
    "query", ["", "the of", '"', "NEAR(", "a AND b OR *", "\0", "né à", "日本"]
)
def test_any_query_is_safe(store: TinyStore, query: str):
    store.add(document("a", "2015", "né à Paris"))
    with StoreSnapshot(store.path) as snapshot:
        snapshot.search_lexical(query, time_filter(), 5)


def test_text_shared_by_documents_and_revisions_is_stored_once(store: TinyStore):
    wiki = RevisionOrder.VALID_TIME
    store.add(
        document("page", "2010", "same", "old", order=wiki),
        document("page", "2011", "same", "new", order=wiki),
    )
    with StoreSnapshot(store.path) as snapshot:
        status = snapshot.status()
        hits = snapshot.search_dense(vector("page\nsame"), time_filter(between="2010"), 1)
        [chunk] = snapshot.chunks([hits[0].chunk_no], None)
    assert (status.revisions, status.chunks, status.vectors) == (2, 4, 3)
    assert chunk.text == "same"
    assert chunk.valid_from.year == 2010


def test_sealed_ranges_find_what_the_exact_scan_finds(
    store: TinyStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(accelerator, "RANGE_ROWS", 128)
    from indexes.writer import StoreWriter

    with StoreWriter(store.path, now=store.clock) as writer:
        store.commit(writer, *(document(f"d{n}", f"{1500 + n}", f"text {n}") for n in range(300)))
        assert writer.seal() == 2
        assert writer.seal() == 0
    for window in ("1400", "1503", "1600", "1650", "1790", "2020"):
        with StoreSnapshot(store.path) as snapshot:
            found = snapshot.search_dense(vector("q"), time_filter(as_of=window), 10)
            monkeypatch.setattr(accelerator, "RANGE_ROWS", 10**9)
            exact = snapshot.search_dense(vector("q"), time_filter(as_of=window), 10)
            monkeypatch.setattr(accelerator, "RANGE_ROWS", 128)
        assert found == exact


def test_a_damaged_accelerator_is_noticed_and_done_without(
    store: TinyStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(accelerator, "RANGE_ROWS", 128)
    from indexes.writer import StoreWriter

    with StoreWriter(store.path, now=store.clock) as writer:
        store.commit(writer, *(document(f"d{n}", "2000", f"text {n}") for n in range(200)))
        writer.seal()
    [file] = store.path.glob("*.sq8")
    data = bytearray(file.read_bytes())
    data[-5] ^= 0x10
    file.write_bytes(data)
    with StoreSnapshot(store.path) as snapshot:
        assert len(snapshot.search_dense(vector("q"), time_filter(), 10)) == 10
        assert snapshot._sealed == []


def test_an_index_that_ignores_its_selector_cannot_break_the_filter():
    class Careless(accelerator.SealedRange):
        def candidates(self, rows, query, k):
            return np.arange(self.lo, self.hi)

    vectors = np.eye(32, dtype=np.float32)
    rows = np.arange(0, 32, 2)
    near = dense.search(vectors, rows, vectors[1], 5, sealed=[Careless(0, 32, None)])
    assert set(near.rows) <= set(rows)

"""Dense and lexical search under filters, against the plainest way to do the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexes import codes, dense, device, tiers
from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong.types import RevisionOrder, TimeFilter
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


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of 128 rows, and of 512."""
    monkeypatch.setattr(tiers, "SIZES", (512, 128))


def _fill(store: TinyStore, n: int, *, at: int = 0) -> None:
    with StoreWriter(store.path, now=store.clock) as writer:
        made = (document(f"d{i}", f"{1500 + i % 500}", f"text {i}") for i in range(at, at + n))
        store.commit(writer, *made)
        writer.seal()


def _plainly(store: TinyStore, query: np.ndarray, time: TimeFilter, k: int) -> list[str]:
    """The k nearest passing texts, by sorting all of them."""
    with StoreSnapshot(store.path) as snapshot:
        chunks = snapshot.chunks(range(snapshot.status().chunks), None)
    held = [c for c in chunks if time.as_of is None or c.valid_from < time.as_of.end]
    held.sort(key=lambda c: -float(vector(f"{c.title}\n{c.text}").astype(float) @ query))
    return [c.text for c in held[:k]]


def _found(store: TinyStore, query: np.ndarray, time: TimeFilter, k: int, **given) -> list[str]:
    with StoreSnapshot(store.path, **given) as snapshot:
        hits = snapshot.search_dense(query, time, k)
        return [c.text for c in snapshot.chunks([hit.chunk_no for hit in hits], None)]


@pytest.mark.parametrize("k", [1, 10, 200])
@pytest.mark.usefixtures("small_ranges")
def test_sealed_ranges_find_what_a_plain_sort_finds(store: TinyStore, k: int):
    _fill(store, 300)
    _fill(store, 600, at=300)
    names = sorted(file.name.split("-", 2)[2] for file in store.path.glob("*.sq8"))
    bounds = [(0, 512), (512, 640), (640, 768), (768, 896)]
    assert names == [f"{lo:012d}-{hi:012d}.sq8" for lo, hi in bounds]
    for window in ("1400", "1503", "1510", "1600", "1650", "1990", "2020"):
        time = time_filter(as_of=window)
        assert _found(store, vector("q"), time, k) == _plainly(store, vector("q"), time, k)


@pytest.mark.usefixtures("small_ranges")
def test_answers_do_not_change_when_ranges_are_sealed_merged_or_missing(store: TinyStore):
    def ask() -> list:
        with StoreSnapshot(store.path) as snapshot:
            return [snapshot.search_dense(vector(str(i)), time, 7) for i in range(20)]

    time = time_filter(as_of="1700", known_at="2026-01-02T12:00:00")
    with StoreWriter(store.path, now=store.clock) as writer:
        made = (document(f"d{i}", f"{1500 + i % 500}", f"text {i}") for i in range(300))
        store.commit(writer, *made)
    before = ask()
    with StoreWriter(store.path, now=store.clock) as writer:
        assert writer.seal() == 2
    assert ask() == before
    _fill(store, 700, at=300)
    assert ask() == before
    for file in store.path.glob("*.sq8"):
        file.unlink()
    assert ask() == before


@pytest.mark.usefixtures("small_ranges")
@pytest.mark.parametrize("at", [3, 1_100, -5])
def test_a_damaged_range_is_noticed_done_without_and_rebuilt(store: TinyStore, at: int):
    _fill(store, 200)
    [file] = store.path.glob("*.sq8")
    sound = file.read_bytes()
    data = bytearray(sound)
    data[at] ^= 0x10
    file.unlink()
    file.write_bytes(data)
    codes.forget_mapped()
    time = time_filter()
    assert _found(store, vector("q"), time, 10) == _plainly(store, vector("q"), time, 10)
    with StoreWriter(store.path, now=store.clock) as writer:
        writer.compact()
    assert file.read_bytes() == sound


def test_codes_that_ignore_their_selector_cannot_break_the_filter(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((256, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    monkeypatch.setattr(dense.faiss, "IDSelectorBitmap", lambda *_: None)
    monkeypatch.setattr(dense, "_GATHER_ROWS", 1)
    monkeypatch.setattr(dense, "_GATHER_SHARE", 0.0)
    built = codes.build(0, vectors, np.arange(256))
    passes = np.arange(256) % 2 == 0

    class InMemory(codes.SealedRange):
        _data = np.frombuffer(built.data, np.uint8)

    sealed = InMemory(0, 256, 16, built.error, built.block_crcs, Path("nowhere"))
    near = dense.search(
        dense.plan(vectors, np.flatnonzero(passes), [sealed]), vectors, vectors[1], 5
    )
    expected = np.argsort(-(vectors @ vectors[1])[passes])[:5] * 2
    assert near.rows.tolist() == expected.tolist()


class Faulty:
    """A device that goes wrong in one of the ways devices do."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.calls = 0

    def top(self, query, rows, k):
        self.calls += 1
        scores = rows @ query
        at = np.argsort(-scores)[:k]
        match self.fault:
            case "out of memory":
                raise RuntimeError("cudaMalloc failed: out of memory")
            case "missing":
                at = np.full(k, -1)
                return at, np.full(k, -3.4e38, np.float32)
            case "one missing":
                at[-1] = -1
            case "ignores its bounds":
                return at + len(rows), scores[at]
            case "repeats itself":
                at = np.repeat(at[:1], k)
            case "wrong scores":
                return at[::-1], scores[at]
            case "short":
                at = at[:-1]
        return at, scores[at]


@pytest.mark.parametrize(
    "fault",
    ["none", "out of memory", "missing", "one missing", "ignores its bounds", "repeats itself",
     "wrong scores", "short"],
)  # fmt: skip
def test_a_device_is_never_trusted(store: TinyStore, fault: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "MIN_ROWS", 50)
    _fill(store, 300)
    faulty = Faulty(fault)
    for window in ("1400", "1560", "1700", "2020"):
        time = time_filter(as_of=window)
        found = _found(store, vector("q"), time, 10, device=faulty)
        assert found == _plainly(store, vector("q"), time, 10)
    assert faulty.calls

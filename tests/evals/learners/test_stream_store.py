"""The shared store of a stream: what is in when, and that nothing can spoil it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from evals.learners.stream_store import StreamStore, as_document
from evals.types import Period, SourceDocument
from indexes.snapshot import StoreSnapshot
from ingest import pipeline
from rag_lifelong.errors import EvalError, ModelError
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval
from rag_lifelong.testing import HashingEmbedder
from rag_lifelong.types import TimeFilter
from tests.evals.learners.benches import FIRST, SECOND, bench, day

ALWAYS = Interval(MIN_TIME, MAX_TIME)


class SizedEmbedder(HashingEmbedder):
    """An embedder that tells its size."""

    n_parameters = 1_000


class FailingEmbedder(HashingEmbedder):
    """Dies when it is to embed the `n`-th batch."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self._left = n

    def embed(self, texts):
        self._left -= 1
        if self._left < 0:
            raise ModelError("killed")
        return super().embed(texts)


def open_store(folder: Path, embedder: HashingEmbedder | None = None) -> StreamStore:
    made = embedder or HashingEmbedder()
    return StreamStore(bench(folder, embedder=lambda: made))


def told(folder: Path, known_at) -> list[str]:
    """Ids of the revisions that were told by a moment, in the order they were stored."""
    with StoreSnapshot(folder / "shared" / "store") as snapshot:
        found = snapshot.documents(TimeFilter(between=ALWAYS, known_at=known_at))
        return [revision.revision_id for revision in found]


def content(folder: Path) -> dict[str, bytes]:
    """What the columns of a store hold."""
    directory = folder / "shared" / "store"
    return {path.name: path.read_bytes() for path in directory.glob("*.column")}


def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 1)


def test_period_is_known_at_its_end_and_not_before(tmp_path, monkeypatch):
    small_batches(monkeypatch)
    store = open_store(tmp_path)
    store.add(FIRST)
    store.add(SECOND)
    assert told(tmp_path, FIRST.start) == []
    assert told(tmp_path, FIRST.end) == ["ann", "rain"]
    assert told(tmp_path, SECOND.end) == ["ann", "rain", "bob"]


def test_period_shorter_than_a_second_is_not_taken_for_part_of_the_one_before(tmp_path):
    short = replace(SECOND, start=FIRST.end, end=FIRST.end + timedelta(milliseconds=10))
    store = open_store(tmp_path)
    store.add(FIRST)
    store.add(short)
    assert told(tmp_path, FIRST.end) == ["ann", "rain"]
    assert told(tmp_path, short.end) == ["ann", "rain", "bob"]


def test_adding_a_period_again_embeds_and_writes_nothing(tmp_path):
    first = open_store(tmp_path).add(FIRST)
    before = content(tmp_path)
    embedder = HashingEmbedder()
    again = open_store(tmp_path, embedder).add(FIRST)
    assert embedder.embedded == []
    assert content(tmp_path) == before
    assert (again.tokens, again.flops) == (first.tokens, first.flops)
    assert again.seconds == first.seconds > 0


def test_crash_within_a_period_goes_on_at_the_last_commit(tmp_path, monkeypatch):
    small_batches(monkeypatch)
    whole = tmp_path / "whole"
    open_store(whole).add(FIRST)
    broken = tmp_path / "broken"
    with pytest.raises(ModelError):
        open_store(broken, FailingEmbedder(1)).add(FIRST)
    assert told(broken, FIRST.end) == ["ann"]
    embedder = HashingEmbedder()
    taught = open_store(broken, embedder).add(FIRST)
    assert len(embedder.embedded) == 1
    assert told(broken, FIRST.end) == ["ann", "rain"]
    assert content(broken)["texts.column"] == content(whole)["texts.column"]
    assert taught.tokens == open_store(whole).add(FIRST).tokens


def test_several_at_once_add_a_period_one_time(tmp_path):
    embedder = HashingEmbedder()
    stores = [open_store(tmp_path, embedder) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        taught = list(pool.map(lambda store: store.add(FIRST), stores))
    assert told(tmp_path, FIRST.end) == ["ann", "rain"]
    assert len(embedder.embedded) == 2
    assert len({one.tokens for one in taught}) == 1


def test_what_a_period_took_does_not_depend_on_who_went_on(tmp_path):
    alone, ahead = tmp_path / "alone", tmp_path / "ahead"
    expected = open_store(alone, SizedEmbedder()).add(FIRST)
    gone_on = open_store(ahead, SizedEmbedder())
    gone_on.add(FIRST)
    total = gone_on.add(SECOND)
    late = open_store(ahead, SizedEmbedder()).add(FIRST)
    assert (late.tokens, late.flops) == (expected.tokens, expected.flops)
    assert expected.flops == 2 * 1_000 * expected.tokens > 0
    assert 0 < late.state_bytes < total.state_bytes


def test_tokens_are_a_quarter_of_the_new_characters(tmp_path):
    again = SourceDocument(
        doc_id="again",
        title=FIRST.documents[0].title,
        text=FIRST.documents[0].text,
        published_at=day("2021-02-01"),
    )
    store = open_store(tmp_path)
    characters = sum(len(one.title) + len(one.text) for one in FIRST.documents)
    assert store.add(FIRST).tokens == characters // 4
    assert store.add(replace(SECOND, documents=(again,))).tokens == 0


def test_empty_period_is_held_too(tmp_path):
    nothing = replace(FIRST, documents=())
    store = open_store(tmp_path)
    assert store.add(nothing).tokens == 0
    assert store.add(SECOND).tokens > 0
    assert told(tmp_path, SECOND.end) == ["bob"]


def test_period_out_of_order_is_refused(tmp_path):
    store = open_store(tmp_path)
    store.add(SECOND)
    with pytest.raises(EvalError, match="not after the one before"):
        store.add(FIRST)


def test_store_of_another_stream_is_refused(tmp_path):
    open_store(tmp_path).add(FIRST)
    with pytest.raises(EvalError, match="with other documents"):
        open_store(tmp_path).add(replace(FIRST, documents=FIRST.documents[:1]))


def test_store_that_lacks_a_period_between_is_refused(tmp_path):
    open_store(tmp_path).add(SECOND)
    with pytest.raises(EvalError, match="told after period '2020', but not it"):
        open_store(tmp_path).add(FIRST)


def test_snapshot_stays_as_it_was_until_the_next_period(tmp_path):
    store = open_store(tmp_path)
    store.add(FIRST)
    before = store.snapshot
    open_store(tmp_path).add(FIRST)
    assert store.snapshot is before
    store.add(SECOND)
    assert store.snapshot is not before
    assert store.snapshot.status().revisions == 3


def test_revision_ends_the_one_it_replaces_and_keeps_its_own_id(tmp_path):
    def page(doc_id: str, when: str, text: str) -> SourceDocument:
        return SourceDocument(
            doc_id=doc_id, title="Nimvale", text=text, published_at=day(when), revises="page"
        )

    old, new = page("page@1", "2020-02-01", "Old."), page("page@2", "2021-02-01", "New.")
    store = open_store(tmp_path)
    store.add(replace(FIRST, documents=(old,)))
    store.add(replace(SECOND, documents=(new,)))
    [first, second] = store.snapshot.history("page", None)
    assert (first.revision_id, second.revision_id) == ("page@1", "page@2")
    assert first.valid_to == second.valid_from == day("2021-02-01")
    [known_then] = store.snapshot.history("page", FIRST.end)
    assert known_then.valid_to is None


def test_midnight_means_the_day_and_other_times_the_second():
    def date_of(when: str) -> str:
        told_then = SourceDocument(doc_id="x", title="", text="x", published_at=day(when))
        return str(as_document(told_then, "here").date)

    assert date_of("2021-03-05") == "2021-03-05"
    assert date_of("2021-03-05T07:30:00") == "2021-03-05T07:30:00Z"


def test_large_period_keeps_its_vectors_in_the_order_of_its_documents(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 7)
    documents = tuple(
        SourceDocument(
            doc_id=f"d{i}", title="", text=f"Number {i}.", published_at=day("2020-02-01")
        )
        for i in range(40)
    )
    period = Period(name="big", start=FIRST.start, end=FIRST.end, documents=documents)
    store = open_store(tmp_path)
    store.add(period)
    assert told(tmp_path, period.end) == [f"d{i}" for i in range(40)]
    vectors = store.snapshot.vectors_of(range(40))
    expected = HashingEmbedder().embed([one.text for one in documents])
    np.testing.assert_array_equal(vectors, expected)

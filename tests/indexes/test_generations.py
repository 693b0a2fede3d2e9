"""Moving to another embedding model while the store is used."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from indexes.generations import every
from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.errors import EmbedderMismatchError
from rag_lifelong.ports import Embedded, EmbeddingModel
from tests.indexes.conftest import MODEL, TinyStore, document, time_filter, vector

OTHER = EmbeddingModel("other", "7", "float32", 24)


def other_vector(text: str) -> np.ndarray:
    made = np.concatenate([vector(text), vector(text + "!")[:8]])
    return made / np.linalg.norm(made)


def step(store: TinyStore, limit: int) -> bool:
    """One turn of a backfill, with the lock given back while embedding."""
    with StoreWriter(store.path, now=store.clock) as writer:
        writer.start_generation(OTHER)
        texts = writer.texts_to_embed(OTHER, limit)
    vectors = np.array([other_vector(text) for text in texts], np.float32).reshape(-1, 24)
    with StoreWriter(store.path, now=store.clock) as writer:
        return writer.backfill(Embedded(OTHER, vectors))


def model_of(store: TinyStore) -> EmbeddingModel | None:
    with StoreSnapshot(store.path) as snapshot:
        return snapshot.embedding_model


def nearest(store: TinyStore, query: np.ndarray, **time: str) -> list[str]:
    with StoreSnapshot(store.path) as snapshot:
        hits = snapshot.search_dense(query, time_filter(**time), 3)
        return [c.text for c in snapshot.chunks([h.chunk_no for h in hits], None)]


def test_answers_go_on_while_another_model_is_filled_in(store: TinyStore):
    store.add(*(document(f"d{n}", f"{2000 + n}", f"text {n}") for n in range(10)))
    before = nearest(store, vector("q"), as_of="2005")
    assert not step(store, 4)
    assert model_of(store) == MODEL
    assert nearest(store, vector("q"), as_of="2005") == before
    store.add(document("late", "2004", "came meanwhile"), document("d1", "2001", "text 1, edited"))
    assert not step(store, 7)
    assert nearest(store, vector("q"), as_of="2003") == nearest(store, vector("q"), as_of="2003")
    assert step(store, 4)
    assert model_of(store) == OTHER
    assert nearest(store, other_vector("late\ncame meanwhile"))[0] == "came meanwhile"
    with pytest.raises(EmbedderMismatchError, match=r"other@7 .* fake@1"):
        store.add(document("new", "2020", "in the old model"))
    assert not verify(store.path).problems


def test_a_text_forgotten_on_the_way_is_in_neither_generation(store: TinyStore):
    store.add(*(document(f"d{n}", "2000", f"text {n}") for n in range(6)))
    step(store, 3)
    with StoreWriter(store.path, now=store.clock) as writer:
        texts = writer.texts_to_embed(OTHER, 10)
        writer.forget("d1")
        writer.forget("d4")
        vectors = np.array([other_vector(text) for text in texts], np.float32)
        assert writer.backfill(Embedded(OTHER, vectors))
    for trace in (vector("d4\ntext 4"), other_vector("d4\ntext 4"), other_vector("d1\ntext 1")):
        assert not any(trace.tobytes() in file.read_bytes() for file in store.path.iterdir())
    assert not verify(store.path).problems


def test_compacting_drops_the_old_model_and_not_the_one_being_filled(store: TinyStore):
    store.add(*(document(f"d{n}", "2000", f"text {n}") for n in range(6)))
    step(store, 3)
    with StoreWriter(store.path, now=store.clock) as writer:
        writer.compact()
        assert len(every(writer._db)) == 2
    step(store, 3)
    with StoreSnapshot(store.path) as reader, StoreWriter(store.path, now=store.clock) as writer:
        writer.compact()
        assert [one.model for one in every(writer._db)] == [OTHER]
        assert len(reader.search_dense(other_vector("q"), time_filter(), 9)) == 6
    assert not (store.path / "vectors-0.column").exists()
    assert not verify(store.path).problems
    assert step(store, 3)  # nothing to do


def test_revisions_are_recorded_one_after_the_other_across_generations(store: TinyStore):
    for n in range(4):
        if n % 2:
            store.add(document("d", f"{2000 + n}", f"text {n}"))
        else:
            store.add(document("e", f"{2000 + n}", f"text {n}"))
    with StoreSnapshot(store.path) as snapshot:
        recorded = [r.recorded_at for r in snapshot.documents(time_filter())]
    assert all(a < b for a, b in pairwise(recorded))

"""Since when a document holds a text or a sentence, whatever its revisions did in between."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.ports import ChunkedDocument
from rag_lifelong.types import ChunkText, RevisionOrder, TimeFilter
from tests.indexes.conftest import TinyStore, document, instant, vector

WIKI = RevisionOrder.VALID_TIME
LEADS = "Ada Brisk leads Orn."


def page(
    doc_id: str,
    when: str,
    text: str,
    order: RevisionOrder = RevisionOrder.ARRIVAL,
    revision_id: str | None = None,
) -> ChunkedDocument:
    """A revision of one chunk, whose text is the same in every document."""
    made = document(doc_id, when, text, order=order, revision_id=revision_id)
    return replace(made, chunks=(ChunkText(0, len(text), "", text),))


def first(store: TinyStore, text: str, sentence: str, known_at: str = "") -> datetime:
    """When the sentence was first told, asked of the newest chunk that has the text."""
    known = instant(known_at) if known_at else None
    with StoreSnapshot(store.path) as snapshot:
        [hit] = snapshot.search_dense(vector(text), TimeFilter(), 1)
        return snapshot.first_told(hit.chunk_no, sentence, known)


def test_a_sentence_that_stays_while_its_text_changes_is_as_old_as_at_first(store: TinyStore):
    store.add(page("orn", "2010", f"{LEADS} It has two mills.", order=WIKI))
    store.add(page("orn", "2015", f"{LEADS} It has three mills.", order=WIKI))
    assert first(store, f"{LEADS} It has three mills.", LEADS) == instant("2010")
    assert first(store, f"{LEADS} It has three mills.", "three mills") == instant("2015")


def test_a_sentence_that_left_and_returned_was_told_at_first(store: TinyStore):
    store.add(page("orn", "2010", LEADS, order=WIKI))
    store.add(page("orn", "2012", "Ben Cole leads Orn.", order=WIKI))
    store.add(page("orn", "2014", f"{LEADS} Again.", order=WIKI))
    assert first(store, f"{LEADS} Again.", LEADS) == instant("2010")


def test_an_older_revision_that_is_told_later_counts_from_when_it_is_known(store: TinyStore):
    store.add(page("orn", "2014", f"{LEADS} Again.", order=WIKI))
    store.add(page("orn", "2010", LEADS, order=WIKI))
    assert first(store, f"{LEADS} Again.", LEADS) == instant("2010")
    assert first(store, f"{LEADS} Again.", LEADS, "2026-01-02T12:00:00") == instant("2014")


def test_a_whole_text_is_as_old_as_in_any_document_and_a_sentence_as_in_its_own(store: TinyStore):
    store.add(page("news", "2008", LEADS), page("more", "2006", f"{LEADS} Also."))
    store.add(page("orn", "2010", LEADS))
    assert first(store, LEADS, LEADS) == instant("2008")


def test_a_forgotten_document_told_nothing(store: TinyStore):
    store.add(page("news", "2008", LEADS), page("orn", "2010", LEADS))
    with StoreWriter(store.path, now=store.clock) as writer:
        writer.forget("news")
    assert first(store, LEADS, LEADS) == instant("2010")
    assert not verify(store.path).problems


@dataclass(frozen=True)
class Told:
    """A revision of one of two documents, in sentences."""

    doc: str
    year: int
    sentences: tuple[str, ...]


told = st.builds(
    Told,
    st.sampled_from("ab"),
    st.integers(2000, 2006),
    st.lists(st.sampled_from(["One.", "Two.", "Three."]), min_size=1, max_size=3).map(tuple),
)


@settings(max_examples=8, deadline=None)
@given(batches=st.lists(st.lists(told, min_size=1, max_size=3), min_size=1, max_size=4))
@pytest.mark.parametrize("order", RevisionOrder)
def test_it_is_the_least_over_all_revisions_known(order: RevisionOrder, batches: list[list[Told]]):
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore(Path(folder) / "store")
        for n, batch in enumerate(batches):
            store.add(
                *(
                    page(
                        one.doc, str(one.year), " ".join(one.sentences), order=order,
                        revision_id=f"{n}.{i}",
                    )
                    for i, one in enumerate(batch)
                )
            )  # fmt: skip
        assert not verify(store.path).problems
        with StoreSnapshot(store.path) as snapshot:
            chunks = snapshot.chunks(range(snapshot.status().chunks), None)
            known = sorted({one.recorded_at for one in chunks})
            for no, chunk in enumerate(chunks):
                for at in known[known.index(chunk.recorded_at) :]:
                    expected = min(
                        one.valid_from
                        for one in chunks
                        if one.recorded_at <= at
                        and (
                            one.text == chunk.text
                            or (one.doc_id == chunk.doc_id and "Two." in one.text)
                        )
                    )
                    assert snapshot.first_told(no, "Two.", at) == expected

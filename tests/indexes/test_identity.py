"""Documents keep their id when they move, and copies are found and cited together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.types import Completed, DateSource, Ended, Gone, Moved, RevisionOrder, TimeFilter
from tests.indexes.conftest import TinyStore, document, instant, time_filter, vector

ALWAYS = TimeFilter()


def read(store: TinyStore, origin: str, text: str = "A note.", **more: object) -> None:
    """As if a file had been read: its document and its completion."""
    with StoreWriter(store.path, now=store.clock) as writer:
        base = writer.document_base(origin)
        store.commit(
            writer,
            document(base, "2020", text, origin=origin, uri=origin, **more),
            Completed(origin, f"print of {origin}", frozenset({base}), f"sum of {text}"),
        )


def cited(store: TinyStore, **times: str) -> set[str]:
    time = time_filter(**times)
    with StoreSnapshot(store.path) as snapshot:
        hits = snapshot.search_dense(vector("any"), time, 100)
        chunks = snapshot.chunks([hit.chunk_no for hit in hits], time.known_at)
    return {chunk.citation for chunk in chunks}


def test_a_moved_document_keeps_its_id_and_is_cited_where_it_was_known_to_be(store: TinyStore):
    read(store, "old/a")  # recorded 2026-01-02
    moved = store.add(Moved("old/a", "new/a", "print"))  # recorded 2026-01-03
    assert (moved.moved, moved.closed, moved.added) == (1, 0, 0)
    assert cited(store) == {"new/a"}
    assert cited(store, known_at="2026-01-02T12:00:00") == {"old/a"}
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.origins_under("") == ["new/a"]
        assert snapshot.fingerprint("new/a") == "print"
        assert snapshot.document_base("new/a") == "old/a"
        [revision] = snapshot.history("old/a", None)
        assert revision.valid_to is None
    assert not verify(store.path).problems


def test_an_edit_after_a_move_is_a_revision_of_the_same_document(store: TinyStore):
    read(store, "old/a")
    store.add(Moved("old/a", "new/a", "print"))
    read(store, "new/a", "A note, edited.")
    store.add(Moved("new/a", "newer/a", "print"))
    with StoreSnapshot(store.path) as snapshot:
        first, second = snapshot.history("old/a", None)
    assert (first.uri, second.uri) == ("newer/a", "newer/a")
    assert cited(store) == {"newer/a"}


def test_a_file_that_comes_to_lie_where_another_was_is_another_document(store: TinyStore):
    read(store, "old/a")
    store.add(Moved("old/a", "new/a", "print"))
    read(store, "old/a", "Another note.")
    assert cited(store) == {"old/a", "new/a"}
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.document_base("old/a") == "old/a~2"
        assert list(snapshot.open_documents("old/")) == ["old/a", "old/a~2"]
        assert list(snapshot.open_documents("old/a~")) == ["old/a~2"]


def test_origins_are_found_by_their_print_or_what_they_hold(store: TinyStore):
    read(store, "a")
    read(store, "b")
    store.add(Gone("b"))
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.origins_like("print of b") == ["b"]
        assert snapshot.origins_like("", "sum of A note.") == ["a"]
        assert snapshot.origins_like("") == []


def test_a_document_ends_when_its_source_says(store: TinyStore):
    store.add(document("page", "2010", "Open.", order=RevisionOrder.VALID_TIME))
    assert store.add(Ended("page", instant("2015-03"))).closed == 1
    assert store.add(Ended("page", instant("2016")), Ended("none", instant("2016"))).closed == 0
    assert store.texts(as_of="2015-02") == {"Open."}
    assert store.texts(as_of="2015-04") == set()
    assert store.texts(as_of="2015-04", known_at="2026-01-02T12:00:00") == {"Open."}


def test_the_same_text_elsewhere_is_cited_too(store: TinyStore):
    same = replace(document("a", "2020", "A note.").chunks[0], locator="page=2")
    first, second, late = (document(name, when, "x") for name, when in (
        ("a", "2020"), ("b", "2021"), ("c", "2024")))  # fmt: skip
    store.add(*(replace(one, chunks=(same,)) for one in (first, second, late)))
    with StoreSnapshot(store.path) as snapshot:
        [hit] = snapshot.search_dense(vector("any"), ALWAYS, 9)
        [chunk] = snapshot.chunks([hit.chunk_no], None)
        assert chunk.citation == "c#page=2"
        assert snapshot.also_at(hit.chunk_no, ALWAYS) == ("a#page=2", "b#page=2")
        [earlier] = snapshot.search_dense(vector("any"), time_filter(as_of="2022"), 9)
        assert snapshot.also_at(earlier.chunk_no, time_filter(as_of="2022")) == ("a#page=2",)


def signature(seed: int, changed: int = 0) -> bytes:
    values = np.random.default_rng(seed).integers(0, 2**32, 128, np.uint32)
    values[:changed] += 1
    return values.tobytes()


def test_copies_are_found_by_their_signature(store: TinyStore):
    for number in range(40):
        store.add(document(f"d{number}", "2020", f"Text {number}.", sketch=signature(number)))
    then = instant("2020")
    with StoreWriter(store.path, now=store.clock) as writer:
        for number in range(40):
            [same] = writer.copies(signature(number), until=then, least=0.8, limit=3)
            assert [chunk.text for chunk in same] == [f"Text {number}."]
        assert writer.copies(signature(7, changed=12), until=then, least=0.9, limit=3)
        assert not writer.copies(signature(7, changed=40), until=then, least=0.8, limit=3)
        assert not writer.copies(signature(99), until=then, least=0.8, limit=3)
        assert not writer.copies(signature(7), until=instant("2019"), least=0.8, limit=3)
        writer.forget("d7")
        assert not writer.copies(signature(7), until=then, least=0.8, limit=3)
    assert not verify(store.path).problems


def test_contradicting_dates_and_their_sources_are_counted(store: TinyStore):
    other = replace(document("x", "2019", "x").document.date, source=DateSource.FILENAME)
    store.add(document("a", "2020", "A.", other_dates=(other,)), document("b", "2020", "B."))
    with StoreSnapshot(store.path) as snapshot:
        status = snapshot.status()
        [revision] = snapshot.history("a", None)
    assert status.date_sources == {"front_matter": 2}
    assert status.contradicted_dates == 1
    assert revision.other_dates == (other,)


@pytest.mark.parametrize("table", ["moves", "other_dates", "locators", "sketches"])
def test_forgetting_leaves_none_of_it(store: TinyStore, table: str):
    other = replace(document("x", "2019", "x").document.date, source=DateSource.FILENAME)
    read(store, "a", sketch=signature(1), locator="page=1", other_dates=(other,))
    store.add(Moved("a", "b", "print"))
    with StoreWriter(store.path, now=store.clock) as writer:
        count = f"SELECT count(*) FROM {table}"
        assert writer._db.execute(count).fetchone() == (1,)
        writer.forget("a")
        assert writer._db.execute(count).fetchone() == (0,)
    assert not verify(store.path).problems

"""What is forgotten is gone: from every answer, every file, every moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexes import codes, schema, tiers
from indexes.backup import backup
from indexes.files import Files
from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.errors import IndexStoreError
from rag_lifelong.types import Redirect, RevisionOrder, TimeFilter
from tests.indexes.conftest import TinyStore, document, time_filter, vector

WIKI = RevisionOrder.VALID_TIME
SECRET = "zyxomma flew quixotically"


@pytest.fixture
def full(store: TinyStore, monkeypatch: pytest.MonkeyPatch) -> TinyStore:
    """Two hundred revisions, one document with a secret in two of them; ranges sealed."""
    monkeypatch.setattr(tiers, "SIZES", (64,))
    with StoreWriter(store.path, now=store.clock) as writer:
        for n in range(20):
            store.commit(
                writer,
                *(document(f"d{d}", f"{1950 + n}", f"{d} in {n}", order=WIKI) for d in range(10)),
                *(
                    [document("secret.md", f"{1960 + n}", SECRET, f"it was {n} shared", order=WIKI)]
                    if n in {3, 4}
                    else []
                ),
                *([Redirect("The hidden one", "secret.md")] if n == 4 else []),
                *([document("other.md", "1970", "it was 3 shared")] if n == 4 else []),
            )
        writer.seal()
    return store


def forget(store: TinyStore, doc_id: str, files: Files | None = None):
    with StoreWriter(store.path, now=store.clock, files=files) as writer:
        return writer.forget(doc_id)


def traces(directory: Path) -> list[tuple[str, str]]:
    """(file, what) of everything left of the secret: its words, its stems, its vector."""
    wanted = {word: word.encode() for word in ["zyxomma", "quixotic", "secret.md", "hidden one"]}
    for text in (f"secret.md\n{SECRET}", "secret.md\nit was 4 shared"):
        wanted[f"vector of {text!r}"] = vector(text).tobytes()
        wanted[f"half a vector of {text!r}"] = vector(text).tobytes()[:32]
    return [
        (path.name, what)
        for path in sorted(directory.iterdir())
        for what, trace in wanted.items()
        if trace in path.read_bytes()
    ]


def test_nothing_is_left_in_any_file(full: TinyStore, tmp_path: Path):
    assert {what for _, what in traces(full.path)} >= {"zyxomma", "secret.md"}
    receipt = forget(full, "secret.md")
    assert (receipt.revisions, receipt.texts) == (2, 3)
    assert traces(full.path) == []
    backup(full.path, tmp_path / "backup")
    assert traces(tmp_path / "backup") == []
    with StoreWriter(full.path, now=full.clock) as writer:
        writer.seal()
        writer.compact()
    assert traces(full.path) == []
    assert not verify(full.path).problems


def test_it_is_in_no_answer_at_any_time_and_the_rest_is_as_it_was(full: TinyStore):
    times = [
        {}, {"as_of": "1963"}, {"between": "1964"},
        {"as_of": "1964", "known_at": "2026-01-15T12:00:00"},
    ]  # fmt: skip
    before = [full.texts(**time) for time in times]
    forget(full, "secret.md")
    for time, texts in zip(times, before, strict=True):
        after = full.texts(**time)
        assert texts - after <= {SECRET, "it was 3 shared", "it was 4 shared"}
        assert SECRET not in after
        with StoreSnapshot(full.path) as snapshot:
            assert not snapshot.search_lexical("zyxomma", time_filter(**time), 9)
            assert not snapshot.history("secret.md", None)
    assert "it was 3 shared" in full.texts(as_of="1971")
    with StoreSnapshot(full.path) as snapshot:
        assert snapshot.redirect_target("the hidden one", TimeFilter()) is None


def test_an_unknown_document_is_named(full: TinyStore):
    with pytest.raises(IndexStoreError, match="no document 'nobody'"):
        forget(full, "nobody")


def test_a_forgotten_document_may_come_again(full: TinyStore):
    forget(full, "secret.md")
    full.add(document("secret.md", "1980", SECRET))
    assert SECRET in full.texts(as_of="1981")
    assert SECRET not in full.texts(as_of="1964")
    assert not verify(full.path).problems


def test_numbers_of_the_newest_are_not_used_again(store: TinyStore):
    store.add(document("a", "2000", "one"))
    store.add(document("b", "2000", "two"))
    forget(store, "b")
    store.add(document("c", "2000", "three"))
    assert store.texts() == {"one", "three"}
    assert not verify(store.path).problems


def test_a_range_being_coded_meanwhile_keeps_nothing(
    store: TinyStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tiers, "SIZES", (64,))
    with StoreWriter(store.path, now=store.clock) as writer:
        made = (document(f"d{n}", "2000", f"text {n}") for n in range(64))
        store.commit(writer, *made)
        writer.upkeep()  # leaves the coding to a thread
        writer.forget("d7")
        names = {file.name for file in store.path.glob("*.sq8")}
        writer.upkeep()
        assert not names
        writer.seal()
    [sealed] = (codes.SealedRange(0, 64, 16, *row) for row in _stored(store))
    at = int(sealed.position[7])
    assert np.linalg.norm(sealed.quantizer.decode(sealed.codes(at, at + 1))) < 0.1


def _stored(store: TinyStore) -> list[tuple[float, bytes, Path]]:
    db = schema.connect(store.path / schema.DATABASE, write=False)
    found = db.execute("SELECT error, block_crcs, file FROM sealed_ranges").fetchall()
    db.close()
    return [(error, crcs, store.path / file) for error, crcs, file in found]


class Dying(Files):
    """Stops at a named step, as a kill would."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step

    def reached(self, step: str) -> None:
        if step == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["overwritten", "forgotten"])
def test_a_forget_cut_short_is_finished_by_the_next_writer(full: TinyStore, step: str):
    with pytest.raises(KeyboardInterrupt):
        forget(full, "secret.md", Dying(step))
    assert SECRET not in full.texts(as_of="1964")  # readers never see half of it
    assert any("forget" in problem.what for problem in verify(full.path).problems)
    with StoreWriter(full.path, now=full.clock):
        pass
    assert traces(full.path) == []
    assert not verify(full.path).problems
    assert len(full.texts(as_of="1964")) == 10


def test_a_reader_goes_on_and_the_log_is_emptied_when_it_leaves(
    full: TinyStore, monkeypatch: pytest.MonkeyPatch
):
    from indexes import forgetting

    monkeypatch.setattr(forgetting, "_LOG_WAIT_MS", 50)
    with StoreSnapshot(full.path) as snapshot:
        before = snapshot.search_lexical("lake 4 in", time_filter(as_of="1964"), 20)
        forget(full, "secret.md")
        assert snapshot.search_lexical("lake 4 in", time_filter(as_of="1964"), 20) == before
        assert snapshot.search_dense(vector("q"), time_filter(as_of="1964"), 20)
    with StoreWriter(full.path, now=full.clock):
        pass
    assert traces(full.path) == []
    assert not verify(full.path).problems

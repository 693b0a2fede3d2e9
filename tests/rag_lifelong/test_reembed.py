"""Moving a store to another embedder while it is asked, written to, and stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from indexes.snapshot import StoreSnapshot
from indexes.writer import StoreWriter
from rag_lifelong import reembedding
from rag_lifelong.errors import EmbedderMismatchError, IndexLockedError
from rag_lifelong.loading import ModelLoader
from rag_lifelong.system import System
from rag_lifelong.temporal import parse_when
from rag_lifelong.testing import HashingEmbedder
from rag_lifelong.types import TimeFilter
from tests.rag_lifelong.conftest import House

QUESTION = "Who is the mayor of Springfield?"
KNOWN = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Town(House):
    """Eleven texts in three generations of facts; texts are embedded two at a time."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        mayor = self.write("mayor.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
        for n in range(8):
            self.write(f"{n}.md", f"Item {n} tells of the {n * 7919} trees.", "2011")
        self.ingest()
        mayor.write_text("---\ntitle: mayor.md\ndate: 2020\n---\nThe mayor of Springfield is Bo.")
        self.write("river.md", "The river floods in May.", "2021")
        self.ingest()
        self.new = HashingEmbedder(dim=128, version="2")
        self.moved = self.with_embedder(self.new)

    def with_embedder(self, embedder: HashingEmbedder) -> System:
        return System(self.system.config, now=self.clock, embedder=embedder, reader=self.reader)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(reembedding, "BATCH_TEXTS", 2)
    return Town(tmp_path)


def first(system: System, query: str = QUESTION, **times) -> str:
    return system.search(query, limit=1, **times).evidence[0].chunk.text


def told(system: System) -> tuple[object, ...]:
    """Facts that no embedder may change."""
    return (
        system.history("mayor.md"),
        system.history("mayor.md", known_at=KNOWN),
        first(system),
        first(system, as_of=parse_when("2015")[0]),
        first(system, known_at=KNOWN),
    )


def assert_vectors_are_of(town: Town, embedder: HashingEmbedder) -> None:
    """Every chunk has the vector this embedder makes of its text."""
    assert town.system.verify().problems == []
    with StoreSnapshot(town.system.config.store) as snapshot:
        assert snapshot.embedding_model == embedder.model
        numbers = [hit.chunk_no for hit in snapshot.search_lexical(
            "the mayor item river", TimeFilter(between=parse_when("2010")[0]), 99
        )]  # fmt: skip
        numbers += [h.chunk_no for h in snapshot.search_lexical("the item", TimeFilter(), 99)]
        chunks = snapshot.chunks(numbers, None)
        assert len({chunk.text for chunk in chunks}) >= 9
        vectors = snapshot.vectors_of(numbers)
    expected = HashingEmbedder(dim=embedder.model.dim).embed(
        [f"{chunk.context}\n{chunk.text}" for chunk in chunks]
    )
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_questions_are_answered_before_during_and_after(town: Town):
    before = told(town.system)
    steps: list[tuple[int, int]] = []

    def between(done: int, total: int) -> None:
        steps.append((done, total))
        if done < total:
            assert told(town.system) == before
            with pytest.raises(EmbedderMismatchError):
                town.moved.search(QUESTION, limit=1)

    done = town.moved.reembed(progress=between)
    assert (done.before, done.model, done.texts) == (town.embedder.model, town.new.model, 11)
    assert steps == [(0, 11), (2, 11), (4, 11), (6, 11), (8, 11), (10, 11), (11, 11)]
    assert told(town.moved) == before
    with pytest.raises(EmbedderMismatchError):
        town.system.search(QUESTION, limit=1)
    assert_vectors_are_of(town, town.new)
    town.answers += ["Bo"]
    assert town.moved.ask(QUESTION).text == "Bo"


def test_a_store_of_that_model_is_left_as_it_is(town: Town):
    town.embedder.embedded.clear()
    done = town.system.reembed()
    assert done.before == done.model
    assert done.texts == 0
    assert town.embedder.embedded == []


def test_a_stop_loses_no_text_that_was_stored(town: Town):
    class Stopped(HashingEmbedder):
        def embed(self, texts: Sequence[str]):
            if len(self.embedded) >= 6:
                raise KeyboardInterrupt
            return super().embed(texts)

    stopped = Stopped(dim=128, version="2")
    before = told(town.system)
    with pytest.raises(KeyboardInterrupt):
        town.with_embedder(stopped).reembed()
    assert told(town.system) == before
    done = town.moved.reembed()
    assert done.texts == len(town.new.embedded) == 11 - 6
    assert not set(town.new.embedded) & set(stopped.embedded)
    assert told(town.moved) == before
    assert_vectors_are_of(town, town.new)


def test_an_ingest_between_batches_is_moved_too(town: Town):
    def between(done: int, _total: int) -> None:
        if done == 4:
            town.write("late.md", "The mill is closed.", "2022")
            town.ingest()
            assert first(town.system, "mill") == "The mill is closed."

    assert town.moved.reembed(progress=between).texts == 12
    assert first(town.moved, "mill") == "The mill is closed."
    assert_vectors_are_of(town, town.new)
    town.embedder.embedded.clear()
    assert town.moved.ingest([town.notes]).chunks_embedded == 0


def test_a_forget_between_batches_is_kept(town: Town):
    path = town.write("secret.md", "Quixotic zephyrs vexed Blorptang.", "2022")
    town.ingest()

    def between(done: int, total: int) -> None:
        if done == total - 2:  # the last texts are taken, and not stored yet
            town.system.forget([path.as_uri()])

    town.moved.reembed(progress=between)
    assert any("Blorptang" in text for text in town.new.embedded)
    path.unlink()
    assert town.moved.verify().problems == []
    assert_vectors_are_of(town, town.new)
    found = town.moved.search("Blorptang", limit=9).evidence
    assert not any("Blorptang" in one.chunk.text for one in found)
    store = town.system.config.store
    assert not any(b"lorptang" in file.read_bytes() for file in store.iterdir())


def test_a_text_forgotten_before_is_not_embedded(town: Town):
    town.system.forget([(town.notes / "3.md").as_uri()])
    assert town.moved.reembed().texts == 11
    assert not any("Item 3" in text for text in town.new.embedded)
    assert town.moved.verify().problems == []


@pytest.mark.parametrize("stops_after", [2, 99])
def test_two_moves_to_one_model_at_once_do_not_mix_their_vectors(town: Town, stops_after: int):
    class Stops(HashingEmbedder):
        def embed(self, texts: Sequence[str]):
            if len(self.embedded) >= stops_after:
                raise KeyboardInterrupt
            return super().embed(texts)

    def between(done: int, _total: int) -> None:
        if done == 4:
            other = town.with_embedder(Stops(dim=128, version="2"))
            if stops_after < 11:
                with pytest.raises(KeyboardInterrupt):
                    other.reembed()
            else:
                other.reembed()

    town.moved.reembed(progress=between)
    assert_vectors_are_of(town, town.new)


def test_moving_back_embeds_only_what_came_since(town: Town):
    before = told(town.system)
    town.moved.reembed()
    town.write("late.md", "The mill is closed.", "2022")
    town.clock.advance(days=1)
    town.moved.ingest([town.notes])
    town.embedder.embedded.clear()
    assert town.system.reembed().texts == 1
    assert told(town.system) == before
    assert_vectors_are_of(town, town.embedder)


def test_a_compact_between_the_batches_of_a_move_back_costs_only_time(town: Town):
    town.moved.reembed()
    for n in range(20, 26):
        town.write(f"{n}.md", f"Item {n} tells of the {n} bushes.", "2022")
    town.moved.ingest([town.notes])

    def between(done: int, _total: int) -> None:
        if done == 13:
            town.moved.compact()

    town.system.reembed(progress=between)
    assert_vectors_are_of(town, town.embedder)


def test_the_old_vectors_go_when_compacted(town: Town):
    town.moved.reembed()
    store = town.system.config.store
    assert (store / "vectors-0.column").exists()
    town.moved.compact()
    assert not (store / "vectors-0.column").exists()
    assert_vectors_are_of(town, town.new)


def test_a_writer_is_waited_for(town: Town):
    writer = StoreWriter(town.system.config.store, now=town.clock)
    timer = threading.Timer(0.3, writer.close)
    timer.start()
    try:
        assert town.moved.reembed(wait_s=30).texts == 11
    finally:
        timer.join()


def test_a_writer_is_waited_for_no_longer_than_told_and_the_work_is_kept(town: Town):
    held: list[StoreWriter] = []

    def between(done: int, _total: int) -> None:
        if done == 4:
            held.append(StoreWriter(town.system.config.store, now=town.clock))

    started = time.monotonic()
    with pytest.raises(IndexLockedError, match="being written by process"):
        town.moved.reembed(wait_s=0.2, progress=between)
    assert time.monotonic() - started >= 0.2
    held[0].close()
    assert town.moved.reembed().texts == 11 - 4


def test_a_model_of_another_name_is_loaded_for_the_move(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    asked: list[object] = []

    def load(self, model, known):
        asked.append((model, known))
        return HashingEmbedder(dim=32, version="3")

    monkeypatch.setattr(ModelLoader, "load_embedder", load)
    done = town.system.reembed("models/new")
    assert asked == [("models/new", [town.embedder.model])]
    assert done.model.version == "3"


def test_a_store_without_texts_takes_the_model(house: House):
    house.write("skip.xyz", "x")
    house.ingest()
    other = HashingEmbedder(dim=64, version="2")
    moved = System(house.system.config, now=house.clock, embedder=other)
    assert moved.reembed().texts == 0
    house.write("a.md", "The mill is closed.", "2022")
    house.clock.advance(days=1)
    assert moved.ingest([house.notes]).added == 1
    assert moved.verify().problems == []

"""Keeping a store: its history, what leaves it, what is destroyed, and its copies."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexes import forgetting
from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.config import load_config
from rag_lifelong.errors import EmbedderMismatchError, IndexLockedError, IndexStoreError
from rag_lifelong.system import System
from rag_lifelong.temporal import parse_when
from rag_lifelong.testing import HashingEmbedder
from tests.rag_lifelong.conftest import House

SECRET = "Quixotic zephyrs vexed Blorptang while marmoreal gnomons fluoresced over Tlonuqbar."
SECRET_WORDS = (
    "quixotic", "zephyr", "vexed", "blorptang", "marmoreal", "gnomon", "fluoresc", "tlonuqbar",
    "vexillograph",
)  # fmt: skip
"""Stems of the sentence's words, as the index has them, and of the file's name."""

QUESTIONS = ("Who is the mayor of Springfield?", "How many bridges?", "When does the river flood?")


def texts(system: System, query: str, **times) -> list[str]:
    return [e.chunk.text for e in system.search(query, limit=9, **times).evidence]


def answers(system: System) -> list[tuple[object, ...]]:
    """What the store says to some questions at some times, to the last digit."""
    moments = (
        {},
        {"as_of": parse_when("2015")[0]},
        {"between": parse_when("2011")[0]},
        {"known_at": datetime(2026, 1, 2, 12, tzinfo=UTC)},
    )
    return [
        (e.chunk.text, str(e.chunk.date), e.chunk.valid_to, e.chunk.recorded_at, e.score)
        for question in QUESTIONS
        for times in moments
        for e in system.search(question, limit=5, **times).evidence
    ]


def files_with(directory: Path, *words: str) -> set[tuple[str, str]]:
    """(file, word) of each of the words in the bytes of each file, in any case."""
    return {
        (path.name, word)
        for path in directory.rglob("*")
        if path.is_file()
        for word in words
        if word.lower().encode() in path.read_bytes().lower()
    }


def fill(house: House, *, with_secret: bool) -> Path | None:
    """Springfield over three days, with or without a document that will be regretted."""
    mayor = house.write("mayor.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    for n in range(30):
        house.write(f"{n}.md", f"Note {n}: Springfield has {n} bridges and a river.", "2011")
    secret = None
    if with_secret:
        secret = house.write("vexillographer.md", f"{SECRET} The river floods.", "2012")
    house.ingest()
    mayor.write_text("---\ntitle: mayor.md\ndate: 2020\n---\nThe mayor of Springfield is Bo Cruz.")
    if secret is not None:
        secret.write_text(f"---\ntitle: Blorptang\ndate: 2014\n---\n{SECRET} The mayor left.")
    house.ingest()
    house.write("flood.md", "The river of Springfield floods in May.", "2013")
    house.ingest()
    return secret


# -- history and export --------------------------------------------------------------------------


def test_history_tells_each_revision_and_what_was_taken_back(house: House):
    path = house.write("a.md", "The mayor is Ann Lee.", "2010-03")
    house.ingest()
    path.write_text("---\ntitle: a.md\ndate: 2010-03\n---\nThe mayor is Anne Lee.")  # a correction
    house.ingest()
    path.write_text("---\ntitle: a.md\ndate: 2020\n---\nThe mayor is Bo Cruz.")
    house.ingest()
    first, second, third = house.system.history(str(path))
    assert first.valid_to == first.valid_from
    assert (second.valid_from.year, second.valid_to.year, str(second.date)) == (
        2010,
        2020,
        "2010-03",
    )
    assert (third.valid_to, third.n_chunks) == (None, 1)
    known = datetime(2026, 1, 2, 12, tzinfo=UTC)
    [then] = house.system.history(str(path), known_at=known)
    assert then.valid_to is None
    assert then.revision_id == first.revision_id


def test_a_document_is_found_by_id_file_title_or_part(house: House, monkeypatch):
    path = house.write("folder/council.md", "Minutes.", "2010")
    house.write("folder/council 2.md", "Minutes, too.", "2011")
    house.write("other.md", "Else.", "2012")
    house.ingest()
    monkeypatch.chdir(house.notes)
    for name in (path.as_uri(), str(path), "folder/council.md", "FOLDER/COUNCIL.MD", "council.m"):
        assert {one.doc_id for one in house.system.history(name)} == {path.as_uri()}, name


def test_a_name_of_several_documents_lists_ten_of_them(house: House):
    for n in range(12):
        house.write(f"minutes {n}.md", f"Minutes {n}.", "2010")
    house.ingest()
    with pytest.raises(IndexStoreError, match="'minutes' means more than 10 documents") as failed:
        house.system.history("minutes")
    assert failed.value.hint.count("file://") == 10
    with pytest.raises(IndexStoreError, match="no document 'seconds' in"):
        house.system.history("seconds")


def test_a_file_of_many_records_names_all_of_them(house: House):
    path = house.notes / "people.csv"
    path.write_text("id,name,date\n1,Ann Lee,2010\n2,Bo Cruz,2011\n")
    house.ingest()
    assert len(house.system.to_forget([str(path)])) == 2
    with pytest.raises(IndexStoreError, match="means 2 documents"):
        house.system.history(str(path))


def test_an_export_tells_what_held_and_what_was_known(house: House):
    fill(house, with_secret=False)
    everything = list(house.system.export())
    assert len(everything) == 33
    assert all(len(chunks) == revision.n_chunks == 1 for revision, chunks in everything)
    exported = {chunks[0].text for _, chunks in house.system.export(as_of=parse_when("2012")[0])}
    assert "The mayor of Springfield is Ann Lee." in exported
    assert "The mayor of Springfield is Bo Cruz." not in exported
    known = datetime(2026, 1, 2, 12, tzinfo=UTC)
    [(mayor, _)] = [
        one for one in house.system.export(known_at=known) if one[0].title == "mayor.md"
    ]
    assert mayor.valid_to is None


# -- forgetting ----------------------------------------------------------------------------------


@pytest.fixture
def regretful(house: House) -> House:
    secret = fill(house, with_secret=True)
    assert secret is not None
    assert {word for _, word in files_with(house.system.config.store, *SECRET_WORDS, SECRET)} == {
        *SECRET_WORDS, SECRET,
    }  # fmt: skip
    return house


def forget_secret(house: House) -> bool:
    house.clock.advance(days=1)
    found = house.system.to_forget([str(house.notes / "vexillographer.md")])
    [receipt], is_log_empty = house.system.forget(list(found))
    assert (receipt.revisions, receipt.texts) == (2, 2)
    return is_log_empty


def test_what_is_forgotten_is_in_no_file_of_the_store_or_of_a_backup(
    regretful: House, tmp_path: Path
):
    store = regretful.system.config.store
    assert forget_secret(regretful)
    assert files_with(store, *SECRET_WORDS, SECRET) == set()
    regretful.system.backup(tmp_path / "backup")
    assert files_with(tmp_path / "backup", *SECRET_WORDS, SECRET) == set()
    assert verify(store).problems == []
    regretful.system.compact()
    assert files_with(store, *SECRET_WORDS, SECRET) == set()


def test_what_is_forgotten_is_in_no_answer_at_any_time(regretful: House):
    forget_secret(regretful)
    system = regretful.system
    for times in (
        {},
        *({"as_of": parse_when(when)[0]} for when in ("2012", "2013-05", "2014", "2026")),
        {"between": parse_when("2012")[0]},
        *({"known_at": datetime(2026, 1, day, 12, tzinfo=UTC)} for day in range(1, 6)),
    ):
        for query in (SECRET, "vexillographer", "The river floods. The mayor left."):
            assert not any("Blorptang" in text for text in texts(system, query, **times))
        chunks = [chunk for _, held in system.export(**times) for chunk in held]
        assert not any("Blorptang" in chunk.text for chunk in chunks)
    regretful.reader.prompts.clear()
    regretful.system.ask("What vexed Blorptang?")
    assert not any("zephyrs" in prompt.user for prompt in regretful.reader.prompts)
    for name in ("vexillographer", str(regretful.notes / "vexillographer.md")):
        with pytest.raises(IndexStoreError, match="no document"):
            system.history(name)


def test_after_a_forget_the_store_answers_as_one_that_was_never_told(
    regretful: House, tmp_path_factory: pytest.TempPathFactory
):
    innocent = House(tmp_path_factory.mktemp("innocent"))
    fill(innocent, with_secret=False)
    assert answers(regretful.system) != answers(innocent.system)
    forget_secret(regretful)
    innocent.clock.advance(days=1)
    assert answers(regretful.system) == answers(innocent.system)
    assert len(answers(regretful.system)) > 20


def test_a_reader_during_a_forget_keeps_the_log_until_the_next_writer(
    regretful: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forgetting, "_LOG_WAIT_MS", 50)
    store = regretful.system.config.store
    with StoreSnapshot(store) as reader:
        assert not forget_secret(regretful)
        assert any(check.name == "forgetting" and check.fix for check in regretful.system.doctor())
        assert not any("Blorptang" in text for text in texts(regretful.system, SECRET))
        reader.status()
    (regretful.notes / "vexillographer.md").unlink()
    regretful.ingest()
    assert files_with(store, *SECRET_WORDS, SECRET) == set()
    assert verify(store).problems == []
    assert not any(check.fix for check in regretful.system.doctor() if check.name == "forgetting")


def test_text_of_another_document_stays_with_it(house: House):
    house.write("a.md", "---\ntitle: One\n---\nThe bridge is open.")
    house.write("b.md", "---\ntitle: One\n---\nThe bridge is open.")
    house.ingest()
    [receipt], _ = house.system.forget([(house.notes / "a.md").as_uri()])
    assert (receipt.revisions, receipt.texts) == (1, 0)
    assert texts(house.system, "bridge") == ["The bridge is open."]


def test_a_source_that_still_has_the_document_brings_it_back(regretful: House):
    forget_secret(regretful)
    assert regretful.ingest().added == 1
    assert any("Blorptang" in text for text in texts(regretful.system, SECRET))


def test_to_forget_takes_no_part_of_a_name_and_suggests_ids(regretful: House):
    with pytest.raises(IndexStoreError, match="no document 'vexillo'") as failed:
        regretful.system.to_forget(["vexillo"])
    assert "vexillographer.md" in failed.value.hint


# -- verify, compact, backup, restore ------------------------------------------------------------


def test_compacting_changes_no_answer(house: House):
    fill(house, with_secret=False)
    before = answers(house.system)
    n_before, n_after = house.system.compact()
    assert 0 < n_after <= n_before
    assert answers(house.system) == before
    assert house.system.verify().problems == []


@pytest.mark.parametrize("act", ["compact", "reembed", "forget"])
def test_where_there_is_no_store_none_is_made(house: House, act: str):
    with pytest.raises(IndexStoreError, match="no store at"):
        getattr(house.system, act)(*([["x"]] if act == "forget" else []))
    assert not house.system.config.store.exists()


def test_a_backup_taken_while_another_thread_writes_is_sound_and_answers_alike(
    house: House, tmp_path: Path
):
    fill(house, with_secret=False)
    stop = threading.Event()

    def write() -> int:
        n = 0
        while not stop.is_set():
            house.write(f"new/{n}.md", f"Something else entirely, item {n}.", "2024")
            house.ingest()
            n += 1
        return n

    copies = [tmp_path / f"backup-{n}" for n in range(3)]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            for copy in copies:
                house.system.backup(copy)
        finally:
            stop.set()
        assert writing.result() > 1
    copies.append(tmp_path / "last")
    house.system.backup(copies[-1])
    config = house.system.config
    times = {"as_of": parse_when("2022")[0]}
    for copy in copies:
        assert verify(copy).problems == []
        there = System(
            config.model_copy(update={"store": copy}), now=house.clock, embedder=house.embedder
        )
        for question in QUESTIONS:
            assert texts(there, question, **times) == texts(house.system, question, **times)
    assert answers(there) == answers(house.system)


def test_a_restored_store_answers_and_goes_on(house: House, tmp_path: Path):
    fill(house, with_secret=False)
    house.system.backup(tmp_path / "backup")
    config = house.system.config.model_copy(update={"store": tmp_path / "again"})
    again = System(config, now=house.clock, embedder=house.embedder)
    assert again.restore(tmp_path / "backup") > 0
    assert answers(again) == answers(house.system)
    house.write("more.md", "The mill is closed.", "2021")
    assert again.ingest([house.notes]).added == 1
    assert again.verify().problems == []


def test_restoring_refuses_a_store_that_is_there_and_what_is_no_backup(
    house: House, tmp_path: Path
):
    fill(house, with_secret=False)
    house.system.backup(tmp_path / "backup")
    before = answers(house.system)
    with pytest.raises(IndexStoreError, match="is there already"):
        house.system.restore(tmp_path / "backup")
    assert answers(house.system) == before
    with pytest.raises(IndexStoreError, match=r"no backup at .*notes"):
        house.system.restore(house.notes)
    with pytest.raises(IndexStoreError, match="lies in the store"):
        house.system.backup(house.system.config.store / "copy")


def test_a_damaged_store_is_not_backed_up(house: House, tmp_path: Path):
    fill(house, with_secret=False)
    column = house.system.config.store / "vectors-0.column"
    column.write_bytes(b"\xff" * 100 + column.read_bytes()[100:])
    [problem, *_] = house.system.verify().problems
    assert "vectors-0.column" in problem.what
    assert problem.fix
    with pytest.raises(IndexStoreError, match="not backed up"):
        house.system.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_keeping_waits_for_no_one_unless_told(house: House):
    fill(house, with_secret=False)
    with StoreWriter(house.system.config.store, now=house.clock):
        with pytest.raises(IndexLockedError):
            house.system.compact()
        with pytest.raises(IndexLockedError):
            house.system.forget(["x"])


@pytest.mark.parametrize("act", ["ask", "search"])
def test_another_embedder_than_the_stores_is_refused_by_name(house: House, act: str):
    fill(house, with_secret=False)
    other = System(
        load_config(flags={"store": house.system.config.store}),
        now=house.clock,
        embedder=HashingEmbedder(dim=64, version="2"),
        reader=house.reader,
    )
    with pytest.raises(EmbedderMismatchError) as failed:
        getattr(other, act)("mayor", **({"limit": 1} if act == "search" else {}))
    assert "hashing@1 (float32, 256 dims)" in str(failed.value)
    assert "hashing@2 (float32, 64 dims)" in str(failed.value)
    assert "embedder.model" in failed.value.hint
    assert "rag-lifelong reembed" in failed.value.hint

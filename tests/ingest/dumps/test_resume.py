"""A dump whose reading stopped is read on from there."""

import bz2
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from indexes.writer import StoreWriter
from ingest import pipeline
from ingest.dumps import reader
from ingest.dumps.index import IndexLine, index_of, read_index
from ingest.names import file_uri
from ingest.pipeline import IngestReport
from ingest.sources import wikipedia
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Known
from rag_lifelong.sourcing import cutter
from rag_lifelong.testing import FakeClock, HashingEmbedder
from rag_lifelong.types import Completed, Document, Ended, Reached, ScanItem
from tests.ingest.dumps.towns import some_towns, write_multistream
from tests.ingest.fakes import FakeKnown


class StoppedError(Exception):
    pass


class StopsAfter:
    """A source that breaks off after so many items."""

    def __init__(self, source: WikipediaSource, n_items: int) -> None:
        self._source = source
        self._n_items = n_items

    def scan(self, known: Known) -> Iterator[ScanItem]:
        yield from islice(self._source.scan(known), self._n_items)
        raise StoppedError


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where reading started, run by run."""
    found: list[int] = []
    real = wikipedia.read_dump

    def noting(path: Path, *, namespaces: frozenset[int] | None, start: int) -> object:
        found.append(start)
        return real(path, namespaces=namespaces, start=start)

    monkeypatch.setattr(wikipedia, "read_dump", noting)
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 4)
    return found


def _ingest(
    store: Path, source: WikipediaSource | StopsAfter, clock: FakeClock | None = None
) -> IngestReport:
    report = IngestReport()
    with StoreWriter(store, now=clock or FakeClock()) as writer:
        embedder = HashingEmbedder()
        pipeline.ingest(source, writer, lambda: embedder, report, cut=cutter(writer, size=600))
    return report


def _open(store: Path) -> list[int]:
    with StoreSnapshot(store) as snapshot:
        return sorted(int(held.doc_id.rpartition(":")[2]) for held in snapshot.held("wiki:"))


def test_reading_goes_on_at_the_stream_of_the_last_commit(
    tmp_path: Path, starts: list[int]
) -> None:
    dump, _ = write_multistream(some_towns(20), tmp_path)
    store = tmp_path / "store"
    with pytest.raises(StoppedError):
        _ingest(store, StopsAfter(WikipediaSource(dump), 18))
    n_before = len(_open(store))
    assert 8 <= n_before < 14
    assert not verify(store).problems
    report = _ingest(store, WikipediaSource(dump))
    assert (starts[0], report.added) == (0, 20 - n_before)
    assert 0 < starts[1] < dump.stat().st_size
    assert _open(store) == list(range(1, 21))
    _ingest(store, WikipediaSource(dump))
    assert len(starts) == 2  # unchanged: not read
    with StoreSnapshot(store) as snapshot:
        assert snapshot._db.execute("SELECT count(*) FROM progress").fetchone() == (0,)


@pytest.mark.parametrize("without", ["index", "position"])
def test_without_an_index_what_is_stored_is_passed_over(
    tmp_path: Path, starts: list[int], without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump, index = write_multistream(some_towns(20), tmp_path)
    if without == "index":
        index.unlink()
    store = tmp_path / "store"
    with pytest.raises(StoppedError):
        _ingest(store, StopsAfter(WikipediaSource(dump), 16))
    if without == "position":
        index.unlink()
    cleaned: list[str] = []
    monkeypatch.setattr(reader, "Uncleaned", lambda d, t: cleaned.append(t) or real(d, t))
    n_before = len(_open(store))
    assert n_before >= 8
    report = _ingest(store, WikipediaSource(dump))
    assert (starts, report.added) == ([0, 0], 20 - n_before)
    assert _open(store) == list(range(1, 21))


real = reader.Uncleaned


def test_pages_before_the_place_where_reading_goes_on_are_not_missed(
    tmp_path: Path, starts: list[int]
) -> None:
    towns = some_towns(20, {0: "", 1: "Talk"})
    store = tmp_path / "store"
    _ingest(store, WikipediaSource(write_multistream(towns, tmp_path)[0], namespaces=None))
    later = towns.next(without={2, 15, 1003})
    for page in (5, 19):
        later.edit(page, f"Town {page}", 5000 + page, "2026-01-10", "It grew.")
    dump, _ = write_multistream(later, tmp_path, date="20260201")
    with pytest.raises(StoppedError):
        _ingest(store, StopsAfter(WikipediaSource(dump), 8))
    report = _ingest(store, WikipediaSource(dump))
    assert starts[-1] > 0
    assert (report.updated, report.closed) == (1, 2)
    assert _open(store) == sorted(towns.pages.keys() - {2, 15})


@pytest.mark.parametrize("position", [-5, 7, 10**9])
@pytest.mark.parametrize("index", [b"", b"x:y:z", b"7", b"\xff\xfe" * 9000, None])
def test_a_position_or_index_that_cannot_be_right_is_not_trusted(
    tmp_path: Path, position: int, index: bytes | None, starts: list[int]
) -> None:
    dump, place = write_multistream(some_towns(4), tmp_path)
    if index is not None:
        place.write_bytes(bz2.compress(index))
    [*_, completed] = WikipediaSource(dump).scan(FakeKnown())
    assert isinstance(completed, Completed)
    known = FakeKnown(positions={(file_uri(dump), completed.fingerprint): position})
    items = list(WikipediaSource(dump).scan(known))
    assert sum(isinstance(item, Document) for item in items) == 4


def test_other_settings_start_anew(tmp_path: Path, starts: list[int]) -> None:
    dump, _ = write_multistream(some_towns(6), tmp_path)
    items = list(WikipediaSource(dump).scan(FakeKnown()))
    reached = [item for item in items if isinstance(item, Reached)]
    assert [type(item) for item in items].count(Document) == 6
    assert len(reached) == 4
    known = FakeKnown(positions={(r.origin, r.fingerprint): r.position for r in reached[:3]})
    list(WikipediaSource(dump, namespaces=None).scan(known))
    list(WikipediaSource(dump).scan(known))
    assert starts == [0, 0, reached[2].position]


def test_a_dump_without_an_index_tells_no_position(tmp_path: Path) -> None:
    dump, index = write_multistream(some_towns(6), tmp_path)
    index.unlink()
    items = list(WikipediaSource(dump).scan(FakeKnown()))
    assert not any(isinstance(item, Reached | Ended) for item in items)


def test_the_index_lies_beside_its_dump(tmp_path: Path) -> None:
    names = {
        "w-1-pages-articles-multistream.xml.bz2": "w-1-pages-articles-multistream-index.txt.bz2",
        "w-articles-multistream27.xml-p1p9.bz2": "w-articles-multistream-index27.txt-p1p9.bz2",
    }
    for dump, index in names.items():
        assert index_of(tmp_path / dump) is None
        (tmp_path / index).touch()
        assert index_of(tmp_path / dump) == tmp_path / index
    assert index_of(tmp_path / "w-1-pages-articles.xml.bz2") is None


def test_an_index_is_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "index.txt.bz2"
    path.write_bytes(bz2.compress("616:10:2001: A Film\n616:12:Città\n\n".encode()[:-1]))
    assert list(read_index(path)) == [
        IndexLine(616, "10", "2001: A Film"),
        IndexLine(616, "12", "Città"),
    ]
    path.write_bytes(bz2.compress(b"616:10:A\n" + b"x" * 100_000))
    with pytest.raises(ParseError, match="not the index"):
        list(read_index(path))

"""A wiki's next dump: only what changed is cleaned, pages gone are ended, and no others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from rag_lifelong.config import load_config
from rag_lifelong.system import System
from rag_lifelong.testing import FakeClock, HashingEmbedder
from tests.ingest.dumps.towns import Towns, some_towns, write, xml

NEXT = "townwiki-20260201-pages-articles.xml"
MADE_AT = datetime(2026, 2, 1, tzinfo=UTC)


class Store:
    """A store that dumps are read into, one after the other."""

    def __init__(self, folder: Path, **wikipedia: object) -> None:
        self.path = folder / "store"
        self.embedder = HashingEmbedder()
        self.clock = FakeClock(datetime(2026, 3, 1, tzinfo=UTC))
        self.system = self._system(wikipedia)

    def _system(self, wikipedia: dict[str, object]) -> System:
        config = load_config(flags={"store": self.path, "wikipedia": wikipedia})
        return System(config, embedder=self.embedder, now=self.clock)

    def read(self, dump: Path, **wikipedia: object) -> tuple[int, int, int, int]:
        """(added, updated, closed, embedded) of reading a dump."""
        system = self._system(wikipedia) if wikipedia else self.system
        self.report = system.ingest([dump])
        assert not verify(self.path).problems
        report = self.report
        return report.added, report.updated, report.closed, report.chunks_embedded

    def open(self) -> set[str]:
        with StoreSnapshot(self.path) as snapshot:
            return {held.doc_id.rpartition(":")[2] for held in snapshot.held("wiki:")}

    def ends(self, page: int) -> list[datetime | None]:
        with StoreSnapshot(self.path) as snapshot:
            return [r.valid_to for r in snapshot.history(f"wiki:townwiki:{page}", None)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def _changed(towns: Towns) -> Towns:
    later = towns.next(without={3})
    later.edit(5, "Town 5", 501, "2026-01-10", "The town of number 5 burned down.")
    later.edit(99, "Town 99", 990, "2026-01-11", "A town that was founded.")
    return later


def test_the_next_dump_costs_what_changed(store: Store, tmp_path: Path) -> None:
    towns = some_towns(10)
    assert store.read(write(towns, tmp_path)) == (10, 0, 0, 10)
    assert store.read(write(_changed(towns), tmp_path, NEXT)) == (1, 1, 1, 2)
    assert store.report.skipped == []
    assert store.open() == {"1", "2", "4", "5", "6", "7", "8", "9", "10", "99"}
    assert store.ends(3) == [MADE_AT]
    assert store.ends(5) == [datetime(2026, 1, 10, 10, tzinfo=UTC), None]


def test_a_dump_read_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(some_towns(4), tmp_path)
    store.read(path)
    assert store.read(path) == (0, 0, 0, 0)
    assert store.read(path, revisions="latest") == (0, 0, 0, 0)


def test_a_dump_without_a_date_in_its_name_ends_pages_at_its_newest_revision(
    store: Store, tmp_path: Path
) -> None:
    towns = some_towns(10)
    store.read(write(towns, tmp_path, "townwiki-latest-pages-articles.xml"))
    store.read(write(_changed(towns), tmp_path, "newer.xml"))
    assert store.ends(3) == [datetime(2026, 1, 11, 10, tzinfo=UTC)]


def test_a_dump_that_lacks_more_than_half_is_not_taken_for_the_whole(
    store: Store, tmp_path: Path
) -> None:
    store.read(write(some_towns(10), tmp_path))
    part = write(some_towns(4), tmp_path, NEXT)
    assert store.read(part) == (0, 0, 0, 0)
    [skipped] = store.report.skipped
    assert "lacks 6 of 10 pages" in skipped.reason
    assert store.read(part, whole=True) == (0, 0, 6, 0)
    assert store.open() == {"1", "2", "3", "4"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("townwiki-20260201-pages-articles1.xml-p1p9", {}),
        (NEXT, {"whole": False}),
    ],
)
def test_a_part_ends_nothing(
    store: Store, tmp_path: Path, name: str, settings: dict[str, bool]
) -> None:
    towns = some_towns(10)
    store.read(write(towns, tmp_path), **settings)
    part = write(towns.next(without={1}), tmp_path, name)
    assert store.read(part, **settings) == (0, 0, 0, 0)
    assert len(store.open()) == 10
    assert store.report.skipped == []


def test_pages_of_namespaces_that_are_not_read_are_not_missed(tmp_path: Path) -> None:
    everything = Store(tmp_path, namespaces="all")
    towns = some_towns(5, {0: "", 1: "Talk"})
    everything.read(write(towns, tmp_path))
    articles = write(some_towns(5).next(without={2}), tmp_path, NEXT)
    # A dump of articles has no talk pages, whatever is asked for.
    assert everything.read(articles)[2] == 1
    later = write(some_towns(5).next(without={2, 3}), tmp_path, "townwiki-20260301-articles.xml")
    assert everything.read(later, namespaces=[0])[2] == 1
    assert everything.open() == {"1", "4", "5", "1001", "1002", "1003", "1004", "1005"}


def test_a_page_moved_out_of_the_namespaces_read_is_gone(store: Store, tmp_path: Path) -> None:
    towns = some_towns(5)
    store.read(write(towns, tmp_path))
    _, revisions = towns.pages[2]
    towns.pages[2] = ("User:Town 2", revisions)
    assert store.read(write(towns, tmp_path, NEXT))[2] == 1
    assert store.open() == {"1", "3", "4", "5"}


def test_an_older_dump_ends_nothing_that_began_after_it(store: Store, tmp_path: Path) -> None:
    towns = some_towns(5)
    newer = towns.next()
    newer.edit(9, "Town 9", 90, "2026-01-20", "A town that was founded later.")
    store.read(write(newer, tmp_path, NEXT))
    assert store.read(write(towns, tmp_path)) == (0, 0, 0, 0)
    assert "9" in store.open()


def test_other_wikis_are_left_alone(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "villagewiki-20260101-articles.xml"
    other.write_text(xml(some_towns(3)).replace("townwiki", "townwikivillages"), encoding="utf-8")
    store.read(other)
    towns = some_towns(5)
    store.read(write(towns, tmp_path))
    assert store.read(write(towns.next(without={1}), tmp_path, NEXT))[2] == 1
    with StoreSnapshot(store.path) as snapshot:
        assert sum(1 for _ in snapshot.held("wiki:townwiki:")) == 4
        assert sum(1 for _ in snapshot.held("wiki:townwikivillages:")) == 3


def test_a_dump_cut_short_ends_nothing(store: Store, tmp_path: Path) -> None:
    towns = some_towns(10)
    store.read(write(towns, tmp_path))
    cut = tmp_path / NEXT
    cut.write_text(xml(towns.next(without={1}), tail=""), encoding="utf-8")
    assert store.read(cut) == (0, 0, 0, 0)
    assert "after 9 pages" in store.report.skipped[0].reason
    assert len(store.open()) == 10


def test_a_dump_whose_pages_have_no_numbers_ends_nothing(store: Store, tmp_path: Path) -> None:
    towns = some_towns(4)
    store.read(write(towns, tmp_path))
    odd = tmp_path / NEXT
    odd.write_text(xml(towns.next(without={1})).replace("<id>3</id>", ""), encoding="utf-8")
    store.read(odd)
    assert {"1", "2", "3", "4"} <= store.open()


def test_a_thinned_history_is_filled_in_when_all_of_it_is_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path, revisions="monthly")
    towns = some_towns(3)
    for day in range(1, 6):
        towns.edit(1, "Town 1", 100 + day, f"2026-01-0{day}", f"On day {day} it had a fair.")
    assert store.read(write(towns, tmp_path)) == (3, 1, 0, 4)
    assert store.read(write(towns, tmp_path), revisions="all") == (0, 4, 0, 4)
    assert len(store.ends(1)) == 6

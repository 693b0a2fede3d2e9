"""A whole small wiki with its history: counted right, and each day finds its own revision."""

from __future__ import annotations

import bz2
import io
import random
from pathlib import Path

import py7zr
import pytest
from lxml import etree

from indexes.snapshot import StoreSnapshot
from rag_lifelong.config import load_config
from rag_lifelong.system import System
from rag_lifelong.temporal import parse_when
from rag_lifelong.testing import HashingEmbedder
from rag_lifelong.types import TimeFilter
from tests.ingest.data import data_folder

ARCHIVE = "dkpro_aawiki-20260101-pages-meta-history.xml.7z"


@pytest.fixture(scope="module")
def dump() -> Path:
    return data_folder("wikidumps") / ARCHIVE


def pages_of(dump: Path) -> dict[str, list[tuple[str, str]]]:
    """page id -> [(timestamp, revision id)], read by other means than ours."""
    if dump.suffix == ".7z":
        packed = io.BytesIO()
        with py7zr.SevenZipFile(dump) as archive:
            factory = py7zr.io.BytesIOFactory(1 << 30)
            archive.extractall(factory=factory)
        [(_, packed)] = factory.products.items()
    else:
        packed = io.BytesIO(dump.read_bytes())
    file = bz2.BZ2File(packed) if dump.suffix == ".bz2" else packed
    pages: dict[str, list[tuple[str, str]]] = {}
    for _, page in etree.iterparse(file, tag="{*}page"):
        found = [
            (revision.findtext("{*}timestamp"), revision.findtext("{*}id"))
            for revision in page.iterfind("{*}revision")
            if revision.find("{*}text").get("deleted") is None
        ]
        pages.setdefault(page.findtext("{*}id") or page.findtext("{*}title"), []).extend(found)
        page.clear()
    return {page: sorted(found) for page, found in pages.items()}


@pytest.fixture(scope="module")
def history(dump: Path) -> dict[str, list[tuple[str, str]]]:
    return pages_of(dump)


@pytest.fixture(scope="module")
def store(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store") / "s"
    config = load_config(flags={"store": folder, "wikipedia": {"namespaces": "all"}})
    report = System(config, embedder=HashingEmbedder()).ingest([dump])
    assert report.skipped == []
    return folder


@pytest.mark.slow
def test_every_page_and_revision_is_counted(store: Path, history: dict[str, list]):
    assert len(history) == 507
    assert sum(map(len, history.values())) == 1307
    with StoreSnapshot(store) as snapshot:
        status = snapshot.status()
    assert (status.documents, status.revisions) == (507, 1307)


@pytest.mark.slow
def test_as_of_a_day_finds_the_revision_of_that_day(store: Path, history: dict[str, list]):
    edited = sorted(page for page, revisions in history.items() if len(revisions) > 1)
    for page in random.Random(2026).sample(edited, 20):
        timestamp, _ = random.Random(page).choice(history[page])
        day = timestamp[:10]
        expected = [revision for when, revision in history[page] if when[:10] <= day][-1]
        assert revisions_at(store, f"wiki:aawiki:{page}", day) == [expected]


def revisions_at(store: Path, doc_id: str, day: str) -> list[str]:
    """Revisions of a document that pass `--as-of DAY`."""
    with StoreSnapshot(store) as snapshot:
        passing = snapshot.documents(TimeFilter(as_of=parse_when(day)[0]))
        return [revision.revision_id for revision in passing if revision.doc_id == doc_id]


@pytest.mark.slow
def test_every_real_dump_is_stored_whole(tmp_path: Path):
    for number, dump in enumerate(sorted(data_folder("wikidumps").glob("*.xml*"))):
        pages = pages_of(dump)
        folder = tmp_path / str(number)
        config = load_config(flags={"store": folder, "wikipedia": {"namespaces": "all"}})
        report = System(config, embedder=HashingEmbedder()).ingest([dump])
        # Suppressed revisions, which are not among the pages' either.
        assert all("suppressed" in one.reason for one in report.skipped), dump.name
        with StoreSnapshot(folder) as snapshot:
            status = snapshot.status()
        assert status.documents == len(pages), dump.name
        assert status.revisions == sum(map(len, pages.values())), dump.name

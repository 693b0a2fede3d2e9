"""Dumps that lie in a folder, with what lies beside them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.sources.folder import FolderSource
from rag_lifelong.types import Document
from tests.ingest.dumps.towns import some_towns, write, write_multistream
from tests.ingest.fakes import FakeKnown

RULES = ContentRules(dates=DateRules(now=lambda: datetime(2026, 3, 1, tzinfo=UTC)))


def _doc_ids(folder: Path) -> set[str]:
    items = FolderSource(folder, RULES).scan(FakeKnown())
    return {item.doc_id for item in items if isinstance(item, Document)}


def test_indexes_and_checksums_of_dumps_are_no_documents(tmp_path: Path) -> None:
    write_multistream(some_towns(2), tmp_path)
    for name in ("townwiki-20260101-md5sums.txt", "townwiki-latest-sha1sums.txt",
                 "townwiki-20260101-pages-articles-multistream-index1.txt-p1p9"):  # fmt: skip
        (tmp_path / name).write_text("cf23df2207d99a74fbe169e3eba035e633b65d94  x\n")
    (tmp_path / "checksums.txt").write_text("These are notes about checksums.\n")
    found = _doc_ids(tmp_path)
    assert {doc_id for doc_id in found if doc_id.startswith("wiki:")} == {
        "wiki:townwiki:1",
        "wiki:townwiki:2",
    }
    assert len(found) == 3


@pytest.mark.parametrize("name", ["townwiki-latest-pages-articles1.xml-p1p9", "t.xml"])
def test_a_part_of_a_dump_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    write(some_towns(2), tmp_path, name)
    assert _doc_ids(tmp_path) == {"wiki:townwiki:1", "wiki:townwiki:2"}

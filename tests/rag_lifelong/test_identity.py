"""Moves, copies and edits through the whole line: what they cost and what is cited."""

from __future__ import annotations

import shutil
from pathlib import Path

from rag_lifelong.types import DateSource
from tests.rag_lifelong.conftest import House

_WORDS = [f"word{n}" for n in range(90)]
_LONG = " ".join(
    f"Clause {n} says that {_WORDS[n % 90]} follows {_WORDS[(n * 7) % 90]} by {n} days."
    for n in range(80)
)


def _found(house: House, query: str = "mayor of Springfield") -> list[str]:
    return [e.chunk.uri for e in house.system.search(query, limit=5).evidence]


def test_a_moved_file_costs_no_embedding_and_keeps_its_history(house: House):
    path = house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    path.write_text("---\ntitle: a.md\ndate: 2020\n---\nThe mayor of Springfield is Bo Cruz.")
    house.ingest()
    moved = house.notes / "archive" / "b.md"
    moved.parent.mkdir()
    path.rename(moved)
    report = house.ingest()
    assert (report.moved, report.chunks_embedded, report.closed, report.added) == (1, 0, 0, 0)
    assert _found(house) == [moved.as_uri()]
    assert len(house.system.history(moved.as_uri())) == 2


def test_a_file_that_was_gone_for_a_while_holds_again_where_it_comes_back(house: House):
    path = house.write("a/x.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    away = Path(shutil.move(path, house.notes.parent / "away.md"))
    assert house.ingest().closed == 1
    assert _found(house) == []
    back = house.notes / "b" / "y.md"
    back.parent.mkdir()
    away.rename(back)
    report = house.ingest()
    assert report.chunks_embedded == 0
    assert _found(house) == [back.as_uri()]


def test_copies_are_embedded_once_and_all_places_are_cited(house: House):
    first = house.write("a.txt", _LONG)
    house.ingest()
    second = house.write("deep/b.txt", _LONG)
    shutil.copy2(first, second)
    assert house.ingest().chunks_embedded == 0
    [top, *_] = house.system.search("Clause 33", limit=1).evidence
    places = {top.chunk.uri, *(place.split("#")[0] for place in top.also_at)}
    assert places == {first.as_uri(), second.as_uri()}


def test_a_near_copy_costs_what_differs(house: House):
    house.write("a.txt", _LONG)
    whole = house.ingest().chunks_embedded
    house.write("b.txt", _LONG.replace("Clause 40 says", "Clause 40, as amended, says"))
    differing = house.ingest().chunks_embedded
    assert 1 <= differing <= 3 < whole


def test_an_edit_is_a_revision_of_the_same_document(house: House):
    path = house.write("a.txt", _LONG)
    house.ingest()
    path.write_text(_LONG.replace("Clause 40 says", "Clause 40, as amended, says"))
    report = house.ingest()
    assert (report.updated, report.added, report.closed) == (1, 0, 0)
    assert len(house.system.history(path.as_uri())) == 2


def test_rules_of_the_user_say_where_dates_come_from(house: House):
    path = house.write("2015-05-07 a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    [first] = house.system.history(path.as_uri())
    assert first.date.source is DateSource.FRONT_MATTER
    assert [str(other) for other in first.other_dates] == ["2015-05-07"]
    rules = house.system.config.sources.model_copy(update={"date_from": (DateSource.FILENAME,)})
    house.system.config = house.system.config.model_copy(update={"sources": rules})
    house.ingest()
    last = house.system.history(path.as_uri())[-1]
    assert (last.date.source, str(last.date)) == (DateSource.FILENAME, "2015-05-07")

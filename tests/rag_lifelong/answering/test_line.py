"""The question line with fake models: what is answered without a reader, and how."""

from __future__ import annotations

import pytest

from rag_lifelong.temporal import parse_when
from tests.rag_lifelong.conftest import House

TIMELINE = "Who has been the mayor of Springfield over the years?"


@pytest.fixture
def town(house: House) -> House:
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.write("b.md", "The mayor of Springfield is Bo Cruz.", "2020-05")
    house.ingest()
    return house


def test_the_course_of_things_is_answered_with_dated_lines_and_no_reader(town: House):
    given = town.system.ask(TIMELINE)
    assert [(one.since, one.text) for one in given.timeline] == [
        ("2010-03-01", "The mayor of Springfield is Ann Lee."),
        ("2020-05", "The mayor of Springfield is Bo Cruz."),
    ]
    assert [one.citation for one in given.timeline] == [
        one.chunk.citation for one in given.evidence
    ]
    assert given.text.splitlines()[0].endswith("The mayor of Springfield is Ann Lee. [1]")
    assert not given.abstained
    assert given.confidence is None
    assert town.reader.prompts == []


def test_the_course_up_to_a_time_shows_nothing_later(town: House):
    given = town.system.ask(TIMELINE, as_of=parse_when("2015")[0])
    assert [one.text for one in given.timeline] == ["The mayor of Springfield is Ann Lee."]
    assert given.as_of == "2015-01-01 to 2015-12-31"


def test_a_text_that_no_longer_holds_is_part_of_the_course(town: House):
    path = town.notes / "b.md"
    path.write_text("---\ndate: 2022\n---\nThe mayor of Springfield is Cy Dorn.")
    town.ingest()
    given = town.system.ask(TIMELINE)
    assert [one.text.split(" is ")[1] for one in given.timeline] == [
        "Ann Lee.",
        "Bo Cruz.",
        "Cy Dorn.",
    ]


def test_a_course_of_nothing_is_an_abstention(house: House):
    house.write("skip.xyz", "x")
    house.ingest()
    given = house.system.ask(TIMELINE)
    assert given.abstained
    assert (given.timeline, given.text) == ((), "not in the sources")


def test_the_course_of_what_no_source_names_is_an_abstention(town: House):
    given = town.system.ask("Who has been the mayor of Reykjavik over the years?")
    assert given.reason == "nothing found names what the question is about"
    assert (given.abstained, given.timeline) == (True, ())


def test_the_evidence_of_a_course_shows_the_sentences_that_tell_it(house: House):
    house.write("a.md", "Springfield is old. The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    given = house.system.ask(TIMELINE)
    assert [one.quote for one in given.evidence] == ["The mayor of Springfield is Ann Lee."]


def test_without_a_name_the_course_is_told_by_the_lines_that_would_be_read(town: House):
    given = town.system.ask("Who has been the mayor over the years?")
    assert not given.abstained
    assert len(given.timeline) == 2

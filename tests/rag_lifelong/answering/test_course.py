"""What held from when to when is told in order of time, by the sentences that say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.answering.course import as_lines, course
from rag_lifelong.temporal import MIN_TIME, parse_when
from rag_lifelong.types import Evidence, Stretch
from tests.rag_lifelong.builders import chunk


def at(when: str) -> datetime:
    return parse_when(when)[0].start


def claims(text: str, published: str, until: str | None = None, since: str = "") -> Evidence:
    return Evidence(
        chunk(text, published),
        1.0,
        claim=text,
        since=at(since or published),
        until=None if until is None else at(until),
    )


def stretches(*evidence: Evidence) -> list[Stretch]:
    return [stretch for stretch, _ in course(evidence)]


ANN = claims("Ann Lee leads Orn Mills.", "2010-03-01", until="2015-05")
BO = claims("Bo Cruz took over Orn Mills.", "2015-05", until="2020")
CY = claims("Cy Dorn leads Orn Mills now.", "2020")


def test_values_are_told_in_order_of_time_as_precisely_as_they_are_dated():
    assert stretches(CY, ANN, BO) == [
        Stretch("2010-03-01", "2015-05", "Ann Lee leads Orn Mills.", ANN.chunk.citation),
        Stretch("2015-05", "2020", "Bo Cruz took over Orn Mills.", BO.chunk.citation),
        Stretch("2020", None, "Cy Dorn leads Orn Mills now.", CY.chunk.citation),
    ]


def test_a_value_told_again_is_one_line_by_who_told_it_first():
    again = claims("Ann Lee still leads Orn Mills.", "2012", until="2015-05")
    later = claims("Cy Dorn, head of Orn Mills, spoke.", "2023")
    found = course([later, again, CY, BO, ANN])
    assert [stretch.text for stretch, _ in found] == [ANN.claim, BO.claim, CY.claim]
    assert found[0][1].also_at == (again.chunk.citation,)
    assert found[2][1].also_at == (later.chunk.citation,)


def test_what_names_no_value_is_no_line():
    vague = claims("Orn Mills has had many heads.", "2012")
    assert vague.claim not in [one.text for one in stretches(CY, vague, BO, ANN)]


def test_what_claims_nothing_tells_nothing_of_the_course():
    other = Evidence(chunk("Orn Mills makes paper.", "2013"), 0.9)
    assert len(stretches(CY, other, BO)) == 2


def test_a_date_in_a_sentence_counts_to_the_day():
    dated = claims("Ann Lee leads Orn Mills since 4 May 2009.", "2010", since="2009-05-04")
    assert stretches(dated)[0].since == "2009-05-04"


def test_a_beginning_that_is_not_told_is_left_open():
    early = replace(ANN, since=MIN_TIME)
    assert stretches(early, BO)[0].since is None
    assert as_lines(stretches(early, BO)).startswith("until 2015-05: Ann Lee")
    alone = replace(early, until=None)
    assert as_lines(stretches(alone)) == "undated: Ann Lee leads Orn Mills. [1]"


def test_values_that_hold_at_once_are_all_told_without_an_end():
    found = stretches(claims("Ann sponsors Orn.", "2010"), claims("Bo sponsors Orn.", "2012"))
    assert [(one.since, one.until) for one in found] == [("2010", None), ("2012", None)]


def test_without_claims_each_text_stands_for_the_time_its_document_held_it():
    old = Evidence(chunk("The rule is strict.", "2010", until="2012"), 0.5)
    new = Evidence(chunk("The rule is lax.", "2012"), 1.0, quote="It is lax.")
    assert [(one.since, one.until, one.text) for one in stretches(new, old)] == [
        ("2010", "2012", "The rule is strict."),
        ("2012", None, "It is lax."),
    ]


def test_nothing_found_is_no_course():
    assert course([]) == []


@given(st.permutations([ANN, BO, CY, claims("Bo Cruz again.", "2017", until="2020")]))
def test_the_order_in_which_lines_are_found_changes_nothing(found: list[Evidence]):
    assert stretches(*found) == stretches(ANN, BO, CY)

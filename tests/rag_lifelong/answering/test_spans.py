"""Durations and orders are reckoned from dated sentences, or left to the reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from rag_lifelong.answering.course import course
from rag_lifelong.answering.spans import Asks, asked_span, reckon
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import Evidence
from tests.rag_lifelong.builders import chunk
from tests.rag_lifelong.conftest import House

OF = "chief executive of Orn Mills"
NOW = parse_when("2024-01-01")[0].start


def at(when: str) -> datetime:
    return parse_when(when)[0].start


def claims(text: str, since: str, until: str | None = None) -> Evidence:
    end = None if until is None else at(until)
    return Evidence(chunk(text, since), 1.0, claim=text, since=at(since), until=end)


ADA = claims(f"Ada Brisk was named {OF}.", "2015-03-01", until="2019-06-06")
BO = claims(f"Orn Mills named Bo Cruz {OF}.", "2019-06-06", until="2021-01-02")
CY = claims(f"Cy Dorn takes over as {OF}.", "2021-01-02")


def said(question: str, *evidence: Evidence) -> str | None:
    asked = asked_span(question)
    assert asked is not None
    given = reckon(asked, course(evidence or (ADA, BO, CY)), NOW)
    return given and given.text


def test_how_long_it_held_is_told_with_its_dates():
    assert said(f"How long was Ada Brisk {OF}?") == (
        "4 years and 3 months\nAda Brisk: 2015-03-01 – 2019-06-06, 4 years and 3 months [1]"
    )


def test_what_still_holds_has_held_so_far():
    told = said(f"How long has Cy Dorn been {OF}?")
    assert told is not None
    assert told.splitlines()[0] == "2 years and 11 months so far"


def test_what_was_but_did_not_end_has_no_length():
    assert said(f"How long was Cy Dorn {OF}?") is None


def test_a_length_between_dates_less_exact_than_days_is_about_right():
    vague = claims(f"Ada Brisk was named {OF}.", "2015-03", until="2019-06-06")
    assert (said(f"How long was Ada Brisk {OF}?", vague, BO) or "").startswith("about 4 years")


def test_a_short_time_is_told_in_days():
    short = claims(f"Ada Brisk was named {OF}.", "2015-03-01", until="2015-03-20")
    assert (said(f"How long was Ada Brisk {OF}?", short, BO) or "").startswith("19 days")


def test_which_of_two_held_longer_is_told_with_both():
    told = said(f"Who was {OF} longer, Bo Cruz or Ada Brisk?")
    assert told is not None
    head, *lines = told.splitlines()
    assert head == "Ada Brisk"
    assert [line.partition(":")[0] for line in lines] == ["Bo Cruz", "Ada Brisk"]


@pytest.mark.parametrize(
    ("order", "head"), [("before Bo Cruz", "Yes"), ("after Bo Cruz", "No"), ("after Cy Dorn", "No")]
)
def test_which_came_first_is_yes_or_no(order: str, head: str):
    told = said(f"Was Ada Brisk {OF} {order}?")
    assert told is not None
    assert told.splitlines()[0] == head


def test_a_name_that_no_sentence_tells_is_left_to_the_reader():
    assert said(f"How long was Eve Frey {OF}?") is None
    assert said(f"Who was {OF} longer, Eve Frey or Ada Brisk?") is None


def test_a_sentence_that_names_another_too_is_left_to_the_reader():
    both = claims(f"Bo Cruz follows Ada Brisk as {OF}.", "2019-06-06", until="2021-01-02")
    assert said(f"How long was Ada Brisk {OF}?", both, CY) is None
    assert said(f"How long was Bo Cruz {OF}?", both, CY) is None


def test_a_name_of_one_word_is_no_other_name():
    assert said(f"How long has Ada been {OF}?", CY) is None
    alone = claims(f"Ada becomes {OF}.", "2021-01-02")
    assert (said(f"How long has Ada been {OF}?", alone) or "").startswith("2 years")
    other = claims(f"Bo, once rival of Ada, becomes {OF}.", "2021-01-02")
    assert said(f"How long has Ada been {OF}?", other) is None


def test_a_mention_tells_no_beginning_and_so_no_length():
    mention = replace(ADA, claim=f"Ada Brisk, {OF}, opened a hall.")
    assert said(f"How long was Ada Brisk {OF}?", mention, BO) is None
    mentioned = replace(BO, claim=f"Bo Cruz, {OF}, opened a hall.")
    assert said(f"How long was Ada Brisk {OF}?", ADA, mentioned) is None
    assert said(f"Was Ada Brisk {OF} before Bo Cruz?", mention, mentioned) is not None


def test_a_date_in_the_sentence_tells_a_beginning():
    dated = replace(ADA, claim=f"Ada Brisk is {OF} since 2015.")
    assert said(f"How long was Ada Brisk {OF}?", dated, BO) is not None


def test_one_who_came_back_is_left_to_the_reader():
    again = claims(f"Ada Brisk is {OF} again.", "2021-01-02")
    assert said(f"How long was Ada Brisk {OF}?", ADA, BO, again) is None


def test_equal_times_decide_nothing():
    twin = replace(BO, since=at("2015-03-01"), until=at("2019-06-06"))
    assert said(f"Was Ada Brisk {OF} before Bo Cruz?", ADA, twin) is None
    assert said(f"Who was {OF} longer, Ada Brisk or Bo Cruz?", ADA, twin) is None


def test_lines_that_claim_nothing_tell_no_span():
    silent = replace(ADA, since=None, claim="", until=None)
    assert said(f"How long has Ada Brisk been {OF}?", silent) is None


@pytest.mark.parametrize(
    ("question", "asks", "values"),
    [
        ("How long did J. Smith serve as mayor of Bonn?", Asks.LENGTH, ("J. Smith",)),
        ("how long did Ada Brisk lead Orn Mills", Asks.LENGTH, ("Ada Brisk",)),
        ("How long has Ada Brisk led Orn Mills?", Asks.LENGTH_SO_FAR, ("Ada Brisk",)),
        ("Who ran Orn Mills for longer, Al Ng or Bo Cruz?", Asks.LONGER, ("Al Ng", "Bo Cruz")),
        ("Did Al Ng lead Orn Mills after Bo Cruz?", Asks.AFTER, ("Al Ng", "Bo Cruz")),
        ("Was Al Ng CEO of Orn Mills before Bo Cruz?", Asks.BEFORE, ("Al Ng", "Bo Cruz")),
    ],
)
def test_questions_about_spans_are_known(question: str, asks: Asks, values: tuple[str, ...]):
    asked = asked_span(question)
    assert asked is not None
    assert (asked.asks, asked.values) == (asks, values)


@pytest.mark.parametrize(
    "question",
    [
        "How long is Lake Geneva?",
        "How long did Apollo 11 take to reach the Moon?",
        "How long was Ada Brisk ill after leaving Orn Mills?",
        "How long was the strike at Orn Mills?",
        "Was Ada Brisk born before 1990?",
        "Who leads Orn Mills?",
    ],
)
def test_other_questions_are_not(question: str):
    assert asked_span(question) is None


# The whole line


@pytest.fixture
def mills(house: House) -> House:
    house.write("a.md", f"Ada Brisk was named {OF}.", "2015-03-01")
    house.write("b.md", f"Bo Cruz was named {OF}.", "2019-06-06")
    house.ingest()
    return house


def test_a_length_is_answered_without_a_reader(mills: House):
    given = mills.system.ask(f"How long was Ada Brisk {OF}?")
    assert given.text.splitlines()[0] == "4 years and 3 months"
    assert [one.chunk.title for one in given.evidence] == ["a.md"]
    assert given.time.newest == at("2015-03-01")
    assert mills.reader.prompts == []


@pytest.mark.parametrize("part", ["between 2016 and 2018", "after the merger", "before Bo Cruz"])
def test_a_part_of_the_time_is_left_to_the_reader(mills: House, part: str):
    mills.system.ask(f"How long was Ada Brisk {OF} {part}?")
    assert mills.reader.prompts != []


def test_an_order_is_answered_without_a_reader(mills: House):
    given = mills.system.ask(f"Was Ada Brisk {OF} before Bo Cruz?")
    assert given.text.splitlines()[0] == "Yes"
    assert mills.reader.prompts == []


def test_what_is_not_sure_is_read(mills: House):
    mills.answers = ["2019-06-06"]
    given = mills.system.ask(f"How long was Bo Cruz {OF}?")
    assert given.text == "2019-06-06"


def test_an_order_that_is_not_decided_is_not_guessed_by_a_reader(mills: House):
    mills.answers = ["Yes"]
    given = mills.system.ask(f"Was Bo Cruz {OF} before Eve Frey?")
    assert given.abstained
    assert given.reason == "nothing found decides which came first"
    assert given.evidence != ()
    assert mills.reader.prompts == []

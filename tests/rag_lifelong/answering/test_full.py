"""A sentence of a full answer is given with the lines that bear it out, or not at all."""

from __future__ import annotations

import pytest

from rag_lifelong.answering.full import borne_out
from rag_lifelong.config import ReaderConfig
from rag_lifelong.prompting import CHECK, FULL
from rag_lifelong.system import System
from tests.rag_lifelong.builders import evidence
from tests.rag_lifelong.conftest import House

QUESTION = "Who runs Orn Mills?"
LINES = [
    evidence("On 6 May 2021 Ada Brisk was named chief executive of Orn Mills.", "2021-05-07"),
    evidence("Orn Mills has three halls, the company said.", "2019-02"),
    evidence("Ada Brisk, chief executive of Orn Mills, spoke.", "2023"),
]


def told(text: str, answer: str = "Ada Brisk") -> str:
    return borne_out(text, answer, QUESTION, LINES)


def test_a_sentence_is_cited_by_every_line_that_holds_its_words():
    assert told("Ada Brisk is the chief executive of Orn Mills.") == (
        "Ada Brisk is the chief executive of Orn Mills [1][3]."
    )


def test_numbers_the_reader_made_up_do_not_count():
    assert told("Ada Brisk was named in May 2021 [2, 7].") == "Ada Brisk was named in May 2021 [1]."


def test_the_month_of_a_line_may_be_named():
    assert told("Orn Mills has 3 halls as of February 2019.", "3").endswith("2019 [2].")


def test_a_year_names_no_month():
    assert told("Ada Brisk spoke in January 2023.") == ""


@pytest.mark.parametrize(
    "invented",
    [
        "Ada Brisk is the founder of Orn Mills.",
        "Ada Brisk has led Orn Mills since 2020.",
        "Ada Brisk and Bo Cruz are chief executives of Orn Mills.",
        "Ada Brisk is not the chief executive of Orn Mills.",
        "Ada Brisk never spoke.",
        "Ada Brisk has three halls.",
    ],
)
def test_a_sentence_with_a_word_that_no_one_line_holds_is_dropped(invented: str):
    good = "Ada Brisk is chief executive."
    assert told(f"{good} {invented}") == "Ada Brisk is chief executive [1][3]."
    assert told(invented) == ""


def test_other_forms_of_a_word_and_words_of_the_question_are_held():
    assert told("Ada Brisk, naming halls, runs it.") == ""
    assert told("Ada Brisk runs Orn Mills, named chief executive.") != ""


def test_a_sentence_that_was_cut_off_is_left_out():
    assert told("Ada Brisk is chief executive. Ada Brisk was named") == (
        "Ada Brisk is chief executive [1][3]."
    )


def test_what_does_not_hold_the_answer_is_no_answer():
    assert told("Orn Mills has three halls.") == ""


def test_yes_and_no_need_not_be_repeated():
    assert told("Orn Mills has three halls.", "Yes") == "Orn Mills has three halls [2]."


# The whole line


@pytest.fixture
def town(house: House) -> House:
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    reader = ReaderConfig(style="full")
    config = house.system.config.model_copy(update={"reader": reader})
    house.system = System(config, now=house.clock, embedder=house.embedder, reader=house.reader)
    return house


def test_a_full_answer_goes_on_from_the_short_one(town: House):
    town.answers += ["Ann Lee", "Ann Lee is the mayor of Springfield. Bo Cruz was."]
    given = town.system.ask("Who is the mayor of Springfield?")
    assert given.text == "Ann Lee is the mayor of Springfield [1]."
    assert not given.abstained
    short, check, full = town.reader.prompts
    assert check.user.removesuffix(CHECK) == full.user.removesuffix(FULL)
    assert full.goes_on(short)


def test_a_full_answer_that_nothing_bears_out_is_not_given(town: House):
    town.answers += ["Ann Lee", "Bo Cruz is the mayor."]
    given = town.system.ask("Who is the mayor of Springfield?")
    assert given.abstained
    assert "no sentence of 'Bo Cruz is the mayor.'" in given.reason


def test_no_sentences_are_written_where_the_short_answer_is_not_given(town: House):
    town.answers += ["Homer Simpson"]
    assert town.system.ask("Who is the mayor of Springfield?").abstained
    assert not any(prompt.user.endswith(FULL) for prompt in town.reader.prompts)

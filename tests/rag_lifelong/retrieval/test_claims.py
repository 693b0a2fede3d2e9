"""What a chunk claims, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.claims import about_subject, of_relation, read_claim
from rag_lifelong.retrieval.names import Subject, Text
from rag_lifelong.retrieval.statements import Asked, table_headers
from rag_lifelong.temporal import MAX_TIME, MIN_TIME
from rag_lifelong.types import Chunk
from tests.rag_lifelong.builders import chunk

QUESTION = "Who is the chief executive of Orn Mills?"


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


def claim_of(told: Chunk, first_told: datetime | None = None, question: str = QUESTION):
    subject = Subject(question, [Text(told.text)])
    return read_claim(0, told, subject, Asked(question), lambda _: first_told or told.valid_from)


def test_the_claim_is_the_sentence_about_the_subject_and_what_is_asked():
    text = "Rain fell. Orn Mills has 30 looms. Ada Lund is chief executive of Orn Mills. It ended."
    claim = claim_of(chunk(text, "2020-05-01"))
    assert claim.sentence == "Ada Lund is chief executive of Orn Mills."
    assert claim.value == {"ada", "lund"}


def test_without_a_date_it_holds_since_it_was_told():
    claim = claim_of(chunk("Ada Lund leads Orn Mills.", "2020-05-01"))
    assert claim.since == claim.through == day(2020, 5, 1)
    assert claim.until == MAX_TIME


def test_a_date_in_the_sentence_says_since_when():
    claim = claim_of(chunk("On 3 March 2018, Ada Lund came to lead Orn Mills.", "2020-05-01"))
    assert claim.since == claim.through == day(2018, 3, 3)


def test_since_a_date_means_that_it_still_holds_when_it_is_told():
    claim = claim_of(chunk("Since 3 March 2018, Ada Lund has led Orn Mills.", "2020-05-01"))
    assert (claim.since, claim.through) == (day(2018, 3, 3), day(2020, 5, 1))


def test_what_is_announced_begins_later_than_it_is_told():
    claim = claim_of(chunk("Ada Lund will lead Orn Mills from 3 March 2021 on.", "2020-05-01"))
    assert claim.since == day(2021, 3, 3)


def test_until_a_date_tells_of_an_end():
    claim = claim_of(chunk("Ada Lund led Orn Mills until 3 March 2018.", "2020-05-01"))
    assert claim.since == MIN_TIME
    assert claim.until == day(2018, 3, 4)


def test_a_reprint_was_told_when_the_original_was():
    text = "Reprinted from the issue of 3 March 2018. Ada Lund leads Orn Mills."
    assert claim_of(chunk(text, "2020-05-01")).told == day(2018, 3, 3)


def test_a_revision_tells_nothing_new_of_what_the_page_said_before():
    told = chunk("Ada Lund leads Orn Mills.", "2020-05-01")
    assert claim_of(told, first_told=day(2018, 3, 3)).since == day(2018, 3, 3)


def test_a_year_in_passing_dates_nothing():
    claim = claim_of(chunk("Ada Lund of the 2018 team leads Orn Mills.", "2020-05-01"))
    assert claim.since == day(2020, 5, 1)


def test_where_a_claim_uses_all_words_of_the_question_others_must_use_some():
    right = claim_of(chunk("Ada Lund is chief executive of Orn Mills.", "2020-05-01"))
    other = claim_of(chunk("Ben Berg joined Orn Mills as a supplier.", "2020-06-01"))
    assert of_relation([right, other]) == [right]
    assert of_relation([other]) == [other]


def test_what_states_nothing_of_what_is_asked_is_no_claim_where_something_does():
    right = claim_of(chunk("Ada Lund is chief executive of Orn Mills.", "2020-05-01"))
    idle = claim_of(chunk("The chief executive of Orn Mills spoke at a fair.", "2024-06-01"))
    assert of_relation([idle, right]) == [right]
    assert of_relation([idle]) == [idle]


def test_a_sentence_that_states_the_answer_is_preferred_to_one_that_mentions_the_thing():
    text = "The chief executive of Orn Mills resigned. Ada Lund takes over. It rained in Dahl."
    claim = claim_of(chunk(text, "2020-05-01"))
    assert (claim.sentence, claim.states) == ("Ada Lund takes over.", True)


def test_a_headline_about_the_subject_may_state_it():
    told = replace(chunk("The mills said so.", "2020-05-01"), context="Ada Lund to lead Orn Mills")
    assert claim_of(told).states


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "Wer leitet die Orn-Werke?",
            "Seit 1. März 2020 leitet Ada Brisk die Orn-Werke.",
        ),
        ("谁领导奥恩公司？", "自2020年3月起阿达领导奥恩公司"),
    ],
)
def test_claims_are_read_in_other_languages(question: str, text: str):
    claim = claim_of(chunk(text, "2021-05-01"), question=question)
    assert claim.states
    assert claim.since == day(2020, 3, 1)
    assert claim.value == ({"ada", "brisk"} if "Ada" in text else {"阿", "达"})


def test_a_chinese_claim_is_one_sentence():
    text = "奥恩市很老。奥恩公司的总裁是王芳。她住在河边。"
    assert claim_of(chunk(text, "2021"), question="奥恩公司的总裁是谁？").sentence == (
        "奥恩公司的总裁是王芳。"
    )


def test_the_header_of_a_table_claims_nothing():
    table = "| Orn Mills | Chief Executive | Party |\n| 2019 | Ada Lund | Red |"
    claim = claim_of(chunk(table, "2021"))
    assert (claim.sentence, claim.states) == ("| 2019 | Ada Lund | Red |", True)


@pytest.mark.parametrize(
    ("table", "headers"),
    [
        (["It has.", "| Year | Mayor |", "| 2019 | Ada Lund |"], {1}),
        (["| Club | Captain | Since |", "| Orn | Ada Lund | 2019 |"], {0}),
        (["| Mayor | Ada Lund |", "| Founded | 1990 |"], set()),
        (
            ["| Orn | Ada Lund | 2019 |", "| Ulm | Bo | Red |", "| Ems | Al | 2020 |"],
            set(),
        ),
        (["Ada Lund | Orn", "2019"], set()),
    ],
)
def test_a_header_is_told_from_names_with_values_and_from_rows(table, headers):
    assert table_headers(table) == headers


def test_no_text_that_names_the_subject_means_no_claims():
    relevance = np.array([0.9, 0.2], np.float32)
    assert not about_subject(np.array([0.4, 0.0]), relevance, RetrievalConfig()).any()


def test_the_more_texts_name_the_subject_the_nearer_to_the_best_they_must_be():
    few = np.array([0.8, 0.5], np.float32)
    assert about_subject(np.ones(2), few, RetrievalConfig()).all()
    many = np.array([0.8, 0.5] + [0.1] * 40, np.float32)
    assert about_subject(np.ones(42), many, RetrievalConfig()).sum() == 1

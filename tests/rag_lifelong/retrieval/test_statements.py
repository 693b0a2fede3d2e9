"""What a question asks for, and which sentences state something of that kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.retrieval.names import Text
from rag_lifelong.retrieval.statements import (
    Asked,
    Kind,
    is_statement,
    is_tentative,
    states,
    whole_sentences,
)

PERSON = "Who is the mayor of Varnholt?"
NUMBER = "How many members does the Varnholt Rowing Club have?"
PLACE = "In which street is the archive of Varnholt?"
TIME = "When does the ferry to Ostrum leave?"
ANYTHING = "What position does Ada Lund hold?"


def is_stated(question: str, sentence: str) -> bool:
    asked = Asked(question)
    return states(sentence, asked.kind, asked.words)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (PERSON, Kind.PERSON),
        (NUMBER, Kind.NUMBER),
        (PLACE, Kind.NAME),
        ("Who is the sponsor of Orn Athletic?", Kind.NAME),
        (TIME, Kind.TIME),
        (ANYTHING, Kind.ANYTHING),
        ("Wer leitet die Orn-Werke?", Kind.PERSON),
        ("Wie viele Mitarbeiter haben die Orn-Werke?", Kind.NUMBER),
        ("Wo ist der Sitz der Orn-Werke?", Kind.NAME),
        ("谁领导奥恩公司？", Kind.PERSON),
        ("奥恩公司有多少员工？", Kind.NUMBER),
    ],
)
def test_a_question_tells_what_kind_of_value_it_asks_for(question: str, kind: Kind):
    assert Asked(question).kind is kind


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (PERSON, "Ilse Brandt is the mayor of Varnholt."),
        (PERSON, "The mayor of Varnholt, Brandt, resigned."),
        (NUMBER, "The Varnholt Rowing Club has 214 members."),
        (NUMBER, "The club has twelve members."),
        (PLACE, "The archive of Varnholt is in Mill Lane."),
        (TIME, "The ferry to Ostrum leaves on Tuesday."),
        (TIME, "The ferry to Ostrum leaves at 7:40."),
        (ANYTHING, "Ada Lund was appointed education secretary."),
        ("Wer leitet die Orn-Werke?", "Seit 1. März 2020 leitet Ada Brisk die Orn-Werke."),
        ("谁领导奥恩公司？", "自2020年3月起阿达领导奥恩公司。"),
    ],
)
def test_a_value_of_the_kind_asked_for_is_stated(question: str, sentence: str):
    assert is_stated(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (PERSON, "The mayor of Varnholt opened the market on 3 May 2024."),
        (PERSON, "The mayor of Varnholt has 12 advisers."),
        (NUMBER, "The Varnholt Rowing Club rows on the lake of Ostrum."),
        (NUMBER, "On 3 May 2024 the Varnholt Rowing Club rowed."),
        (PLACE, "The archive of Varnholt holds letters and maps."),
        (TIME, "The ferry to Ostrum has a new coat of paint."),
        (ANYTHING, "Ada Lund"),
        ("Wer leitet die Orn-Werke?", "Die Orn-Werke haben geschlossen."),
    ],
)
def test_a_text_that_only_mentions_the_thing_states_nothing_of_what_is_asked(
    question: str, sentence: str
):
    assert not is_stated(question, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Is Greta Ohm the mayor of Varnholt?",
        "Read more about Greta Ohm, mayor of Varnholt.",
        "Contact Greta Ohm at the town hall.",
        "Note: see the page of Greta Ohm.",
        "If you meet Greta Ohm, greet her.",
        "Lies mehr über die Bürgermeisterin Greta Ohm.",
        "Ist Greta Ohm die Bürgermeisterin von Varnholt?",
        "请阅读市长的文章。",
        "市长是谁？",
    ],
)
def test_questions_and_orders_state_nothing(sentence: str):
    assert not is_statement(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "“If you win, you must stay,” said Greta Ohm.",
        "Greta Ohm reads a lot.",
        "Come January, Greta Ohm will lead.",
        "Greta Ohm ist seit Mai Bürgermeisterin.",
        "阿达是市长。",
    ],
)
def test_what_tells_something_is_a_statement(sentence: str):
    assert is_statement(sentence)


def test_a_line_break_or_an_abbreviation_ends_no_sentence():
    text = "It names Dr. Ada Lund\nof Orn. She came.\nName | Ada"
    pieces = ["It names Dr. Ada Lund\nof Orn.", "She came.", "Name | Ada"]
    assert whole_sentences(text) == pieces


@given(st.text(alphabet="aB. \n!?。Mr", max_size=40))
def test_sentences_are_pieces_of_the_text_as_written(text: str):
    at = 0
    for one in whole_sentences(text):
        at = text.index(one, at) + len(one)


@given(st.sampled_from([PERSON, NUMBER, PLACE, TIME, ANYTHING]))
def test_a_question_states_no_answer_to_itself(question: str):
    assert not is_stated(question, question)
    assert not is_stated(question, " ".join(Text(question).words))


@pytest.mark.parametrize(
    ("sentence", "tentative"),
    [
        ("The mills may merge in May.", True),
        ("In May the mills merged.", False),
        ("The merger is expected to be completed on 3 March.", True),
        ("Die Fusion könnte im Mai kommen.", True),
        ("Die Fusion kam im Mai.", False),
        ("奥恩公司可能在五月合并。", True),
        ("奥恩公司在五月合并了。", False),
    ],
)
def test_what_may_be_is_told_from_what_was(sentence: str, tentative: bool):
    assert is_tentative(sentence) is tentative

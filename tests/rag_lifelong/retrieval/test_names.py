"""Names tell which texts are about the same thing."""

from __future__ import annotations

import pytest

from rag_lifelong.retrieval.names import Subject, Text, names_in

FILLER = [Text("The council met on a wet day."), Text("A tram stopped near the bridge.")]


def share(question: str, text: str) -> float:
    held = Text(text)
    return Subject(question, [held, *FILLER]).named_in(held)


def test_a_name_is_what_is_written_with_capitals_or_digits():
    found = names_in("Which team does Mette O'Lund play for, K9 or the Bank of Orn?")
    assert [name.words for name in found] == [("mette", "olund"), ("k9",), ("bank", "orn")]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Wer ist Bürgermeister von Bad Orn?", [("bad", "orn")]),
        ("Wer leitet die Orn-Werke?", [("orn", "werke")]),
        ("谁是奥恩公司的总裁？", [tuple("奥恩公司")]),
    ],
)
def test_names_are_found_in_other_languages(question: str, words: list[tuple[str, ...]]):
    assert [name.words for name in names_in(question)] == words


def test_an_office_in_capitals_is_no_name():
    assert [name.words for name in names_in("Who is the CEO of Orn Mills?")] == [("orn", "mills")]


def test_the_first_word_of_a_question_is_no_name():
    assert names_in("According to the newest report, who is the pope?") == ()


def test_a_question_without_names_names_nothing():
    assert Subject("who won the cup", FILLER).named_in(FILLER[0]) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Mette Lund joined Orn Mills.",
        "mette lunds first day",
        "METTE LUND was named captain.",
        "Mette J. Lund left.",
    ],
)
def test_a_name_in_full_counts_whole(text: str):
    assert share("Which team is Mette Lund in?", text) == pytest.approx(1.0)


def test_a_surname_alone_counts_more_than_a_first_name_alone():
    question = "Which team is Mette Lund in?"
    surname = share(question, "Lund scored twice.")
    first = share(question, "Mette scored twice.")
    assert 0.5 < surname < 1.0
    assert first < surname


def test_somebody_of_the_same_surname_counts_less_than_the_surname_alone():
    question = "Which team is Mette Lund in?"
    assert share(question, "so Anna Lund scored.") < share(question, "so Lund scored.")
    assert share(question, "so Mr Lund scored.") == share(question, "so Lund scored.")


def test_words_of_a_name_far_apart_are_not_the_name():
    text = "Mette Berg met a dozen people from all over the country, and Anna Lund sang."
    assert share("Which team is Mette Lund in?", text) < 0.8


def test_a_name_may_be_shortened():
    assert share("Who does Mathew Lund play for?", "Mat Lund scored.") == pytest.approx(1.0)
    assert share("Who leads Orn Mills, Inc.?", "Orn Mills has a new head.") > 0.95
    assert share("Who does William Lund play for?", "Bill Lund scored.") == pytest.approx(1.0)
    assert share("Who does Eric Lund play for?", "E.J. Lund scored.") == pytest.approx(1.0)
    assert share("Who leads the United States?", "The US has a new head.") == pytest.approx(1.0)
    assert share("Who leads the United States?", "It tells us of a new head.") == 0.0
    text = "The OIT has a new head."
    assert share("Who leads the Orn Institute of Technology?", text) == pytest.approx(1.0)

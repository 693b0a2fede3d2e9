"""The passage of a document around an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.learners.passages import as_evidence, best_passage, holds_answer
from evals.types import SourceDocument
from tests.evals.learners.benches import day

FILLER = "Nothing of note happened in the valley. " * 40


def test_the_passage_holds_the_answer_wherever_it_is():
    for before in (0, 10, 40):
        text = "Dull talk. " * before + "Bob Tessel won. " + FILLER
        passage = best_passage(text, answers=["Bob Tessel"], question="Who won?")
        assert holds_answer(passage, ["Bob Tessel"])
        assert len(passage) <= 600


def test_of_several_places_the_one_that_speaks_of_the_question_is_taken():
    text = f"Bob Tessel likes cake. {FILLER}Bob Tessel is mayor of Nimvale. {FILLER}Bob Tessel ran."
    passage = best_passage(text, answers=["Bob Tessel"], question="Who is mayor of Nimvale?")
    assert "is mayor of Nimvale" in passage


def test_another_spelling_of_the_answer_will_do():
    text = f"{FILLER}The post went to R. Tessel. {FILLER}"
    passage = best_passage(text, answers=["Robert Tessel", "R. Tessel"], question="Who?")
    assert "R. Tessel" in passage


def test_a_text_without_the_answer_gives_what_bears_on_the_question():
    text = f"{FILLER}The mayor of Nimvale resigned. {FILLER}"
    passage = best_passage(text, answers=["Zed"], question="Who is the mayor of Nimvale?")
    assert "mayor of Nimvale" in passage


def test_a_short_text_is_taken_whole():
    assert best_passage("  All of it. ", answers=["x"], question="?") == "  All of it. "


@given(
    text=st.text(alphabet="ab .ß\n", max_size=300), answer=st.sampled_from(["a", "ab", "b.", ""])
)
def test_a_passage_is_part_of_the_text_and_not_longer_than_allowed(text, answer):
    passage = best_passage(text, answers=[answer], question="a b?", size=50)
    assert passage in text
    assert len(passage) <= 50


@pytest.mark.parametrize("text", ["(Bob)", "bob's house", "so BOB."])
def test_an_answer_is_found_as_whole_words(text):
    assert holds_answer(text, ["Bob"])
    assert not holds_answer(text, ["Bo", "ob"])


def test_no_answer_is_in_no_text():
    assert not holds_answer("anything", [])
    assert not holds_answer("anything", [""])


def test_a_line_of_evidence_is_dated_by_its_publication():
    document = SourceDocument(doc_id="d", title="T", text="x", published_at=day("2021-03-05"))
    chunk = as_evidence(document, "x").chunk
    assert str(chunk.date)[:10] == "2021-03-05"
    assert (chunk.doc_id, chunk.context, chunk.text) == ("d", "T", "x")

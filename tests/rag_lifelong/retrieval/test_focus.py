"""Which sentences of a chunk the reader is shown."""

from __future__ import annotations

import pytest

from rag_lifelong.retrieval.focus import focus, sentences
from rag_lifelong.testing import HashingEmbedder
from tests.rag_lifelong.builders import evidence

TEXT = "The town has a bridge. Its mayor is Ann Lee, elected in May. Ducks swim in the pond."

LONG = "the company of which a line is as long as those of wrapped text"


def quotes(text: str, question: str, max_chars: int) -> str:
    embedder = HashingEmbedder(dim=512)
    [found] = focus(
        [evidence(text, "2020")], embedder.embed([question])[0], embedder, max_chars=max_chars
    )
    return found.quote


def test_the_sentence_that_bears_on_the_question_is_quoted():
    assert quotes(TEXT, "Who is mayor?", 50) == "Its mayor is Ann Lee, elected in May."


def test_a_short_chunk_is_quoted_whole_and_in_order():
    assert quotes(TEXT, "Ducks in the pond", 500) == TEXT


def test_at_least_one_sentence_is_quoted_however_long():
    assert quotes("word " * 100, "anything", 40) == ("word " * 100).strip()


def test_nothing_to_quote_is_no_error():
    embedder = HashingEmbedder()
    assert focus([], embedder.embed(["x"])[0], embedder, max_chars=100) == []


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("key: value\nother: v. w", ["key: value", "other: v. w"]),
        ("3.5 km long. 7 wide.", ["3.5 km long.", "7 wide."]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("no end", ["no end"]),
        ("A Heading\n=========\nText.", ["A Heading", "Text."]),
        (f"{LONG} Walt Disney\nCompany. He left.", [f"{LONG} Walt Disney\nCompany.", "He left."]),
        (f"{LONG} end.\nNew line.", [f"{LONG} end.", "New line."]),
        (f"- {LONG}\n- item", [f"- {LONG}", "- item"]),
        (f"| {LONG} |\nText", [f"| {LONG} |", "Text"]),
        (f"first: {LONG}\nsecond key: value", [f"first: {LONG}", "second key: value"]),
        ("他来了。她走了吗？不！好", ["他来了。", "她走了吗？", "不！", "好"]),
        ("他说：“我走。”她笑了。", ["他说：“我走。”", "她笑了。"]),
        ("「行くの？」と聞いた。雨だ。", ["「行くの？」", "と聞いた。", "雨だ。"]),
    ],
)
def test_units_are_sentences_and_lines(text: str, units: list[str]):
    assert sentences(text) == units

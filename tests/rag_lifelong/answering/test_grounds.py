"""What a reader wrote is an answer only in the words of the evidence."""

from __future__ import annotations

import pytest

from rag_lifelong.answering.grounds import why_not_in_evidence
from tests.rag_lifelong.builders import evidence

LINES = [
    evidence("The mayor of Orn is Ann Müller; it has three halls.", "2020"),
    evidence("王芳是奥恩市的市长。", "2019"),
]


@pytest.mark.parametrize("said", ["Ann Muller", "3 halls", "2020", "Yes", "王芳"])
def test_what_the_evidence_holds_in_any_spelling_is_an_answer(said: str):
    assert why_not_in_evidence(said, "Who is it?", LINES) == ""


@pytest.mark.parametrize("said", ["Bo Müller", "2021", "李明"])
def test_what_no_evidence_holds_is_none(said: str):
    assert "is not in the evidence" in why_not_in_evidence(said, "Who is it?", LINES)


@pytest.mark.parametrize(
    "said",
    [
        "Unknown.",
        "The passages do not say.",
        "It's not stated.",
        "Unbekannt.",
        "未知。",
        "没有提到。",
        "",
    ],
)
def test_that_nothing_is_told_is_none(said: str):
    assert why_not_in_evidence(said, "Who is it?", LINES) == "the sources found do not tell"

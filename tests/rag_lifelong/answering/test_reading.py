"""Lines of evidence are read a few at a time until some give an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag_lifelong.answering.reading import as_shown, read
from rag_lifelong.config import ReaderConfig
from rag_lifelong.ports import Prompt
from rag_lifelong.prompting import CHECK
from rag_lifelong.stopwatch import Stopwatch
from rag_lifelong.testing import ScriptedReader
from rag_lifelong.types import Retrieved, TimeReport
from tests.rag_lifelong.builders import evidence

LINES = tuple(
    evidence(text, "2020") for text in ("It rained.", "Ann Lee leads.", "Bo leads.", "Cy leads.")
)
FOUND = Retrieved(
    evidence=LINES,
    time=TimeReport(parsed=None, applied="", relaxed=None),
    asked="Who leads?",
    support=0.7,
)


def whoever_leads(prompt: Prompt) -> str:
    """Name the first who leads; doubt what is said of Bo."""
    if prompt.user.endswith(CHECK):
        return "No" if "Bo leads" in prompt.user else "Yes"
    before, leads, _ = prompt.user.partition(" leads.")
    return before.split(": ")[-1] if leads else "Unknown"


def reading_by(script: Callable[[Prompt], str], **settings: int):
    reader = ScriptedReader(script)
    return read("Who leads?", FOUND, reader, ReaderConfig(**settings), Stopwatch()), reader


def test_the_next_line_is_read_where_one_gives_no_answer():
    reading, reader = reading_by(whoever_leads)
    assert (reading.said.text, reading.reason) == ("Ann Lee", "")
    assert reading.lines == LINES[1:2]
    # Each line by itself: the answer and its check for the second, none read after.
    assert ["It rained" in one.user for one in reader.prompts] == [True, False, False]


def test_a_line_that_is_not_read_has_no_part_in_an_answer():
    _, reader = reading_by(whoever_leads)
    assert not any("Bo leads" in one.user for one in reader.prompts)


def test_no_more_is_read_than_the_attempts_allow():
    reading, reader = reading_by(lambda _: "Unknown", attempts=2)
    assert reading.reason
    assert len(reader.prompts) == 2


def test_of_answers_that_are_all_withheld_the_surest_is_told():
    def script(prompt: Prompt) -> str:
        return "No" if prompt.user.endswith(CHECK) else whoever_leads(prompt)

    reading, _ = reading_by(script, attempts=3)
    assert reading.said.text == "Ann Lee"
    assert "not sure of 'Ann Lee'" in reading.reason


@pytest.mark.parametrize(("at_once", "prompts"), [(1, 3), (2, 2), (4, 2)])
def test_lines_may_be_read_together(at_once: int, prompts: int):
    reading, reader = reading_by(whoever_leads, at_once=at_once)
    assert len(reader.prompts) == prompts
    assert reading.lines == LINES[: max(at_once, 2)][-at_once:]


def test_fewer_lines_than_attempts_are_read_once():
    reader = ScriptedReader(lambda _: "Unknown")
    one = Retrieved(evidence=LINES[:1], time=FOUND.time, asked="Who?", support=0.7)
    assert read("Who?", one, reader, ReaderConfig(), Stopwatch()).lines == LINES[:1]
    assert len(reader.prompts) == 1


def test_an_answer_shows_the_line_it_was_read_from_first():
    assert as_shown(LINES, LINES[2:3]) == (LINES[2], LINES[0], LINES[1], LINES[3])
    assert as_shown(LINES, ()) == LINES

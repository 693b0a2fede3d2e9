import json

import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import Prompt, Token
from rag_lifelong.reading.openai_compatible import OpenAICompatibleReader
from tests.rag_lifelong.reading.sse_server import Script, chunk, events, serve

PROMPT = Prompt("Be short.", "Who?")
ANSWER = events(chunk("Ann", logprob=-0.5), chunk(" Lée"), chunk(finish="stop"))


def read(script, *, api_key=None, timeout_s=10.0, path="", **options):
    with (
        serve(script) as url,
        OpenAICompatibleReader(url + path, "m", api_key, timeout_s=timeout_s, **options) as reader,
    ):
        return list(reader.read(PROMPT, max_tokens=5))


def test_the_answer_is_streamed_with_logprobs():
    assert read(Script(body=ANSWER)) == [Token("Ann", -0.5), Token(" Lée", None)]


def test_comments_and_blank_lines_of_the_stream_are_passed_over():
    assert len(read(Script(body=": ping\n\nevent: message\n" + ANSWER))) == 2


def test_a_stream_may_end_without_done():
    assert len(read(Script(body=events(chunk("Ann", finish="stop"), done=False)))) == 1


def test_the_request_asks_for_the_model_greedily():
    script = Script(body=ANSWER)
    read(script)
    (request,) = script.requests
    assert (request["model"], request["temperature"], request["stream"]) == ("m", 0, True)
    assert (request["max_tokens"], request["logprobs"]) == (5, True)
    assert script.paths == ["/v1/chat/completions"]


def test_logprobs_can_be_left_out():
    script = Script(body=ANSWER)
    read(script, logprobs=False)
    assert "logprobs" not in script.requests[0]


def test_a_slash_after_the_base_url_does_not_matter():
    script = Script(body=ANSWER)
    read(script, path="/")
    assert script.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize(("api_key", "sent"), [("secret", "Bearer secret"), (None, None)])
def test_the_key_is_sent_if_there_is_one(api_key, sent):
    script = Script(body=ANSWER)
    read(script, api_key=api_key)
    assert script.headers[0].get("Authorization") == sent


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "api_key"), (403, "api_key"), (404, "base_url"), (429, "wait"), (500, "log")],
)
def test_a_refusal_names_the_url_the_reason_and_the_fix(status, hint):
    script = Script(status=status, body=json.dumps({"error": {"message": "no such thing"}}))
    with pytest.raises(ModelError, match=rf"/v1/chat/completions answered {status}: no such") as e:
        read(script, api_key="secret")
    assert hint in (e.value.hint or "")
    assert "secret" not in f"{e.value} {e.value.hint}"


def test_a_refusal_in_plain_text_is_shown():
    with pytest.raises(ModelError, match="answered 502: <html>bad gateway"):
        read(Script(status=502, body="<html>bad gateway</html>"))


def test_nobody_listening_is_said_with_the_url():
    with serve(Script()) as url:
        pass
    with (
        OpenAICompatibleReader(url, "m") as reader,
        pytest.raises(ModelError, match=f"cannot connect to {url}/chat/completions") as caught,
    ):
        list(reader.read(PROMPT, max_tokens=5))
    assert "start the server" in (caught.value.hint or "")


@pytest.mark.parametrize("url", ["not a url", "ftp://127.0.0.1/v1", "http://[broken/v1"])
def test_something_else_than_a_url_is_a_model_error(url):
    with (
        OpenAICompatibleReader(url, "m") as reader,
        pytest.raises(ModelError),
    ):
        list(reader.read(PROMPT, max_tokens=5))


def test_a_silent_server_is_given_up_after_the_timeout():
    with pytest.raises(ModelError, match=r"was silent for 0\.1 s"):
        read(Script(body=ANSWER, delay_s=0.4), timeout_s=0.1)


@pytest.mark.parametrize(
    "body",
    [
        "data: {broken\n\n",
        "<html>hello</html>",
        '{"choices": [{"message": {"content": "not streamed"}}]}',
        events({"choices": ["x"]}),
        events({"choices": [{"delta": {"content": 5}, "logprobs": {"content": [5]}}]}),
    ],
)
def test_something_else_than_a_chat_completion_is_a_model_error(body):
    with pytest.raises(ModelError, match="no chat completion"):
        read(Script(body=body))


def test_an_error_in_the_middle_is_a_model_error():
    with pytest.raises(ModelError, match="out of memory"):
        read(Script(body=events(chunk("Ann"), {"error": {"message": "out of memory"}})))


@pytest.mark.parametrize("body", ["", events(chunk("Ann"), done=False)])
def test_an_answer_that_breaks_off_is_not_taken_for_whole(body):
    with pytest.raises(ModelError, match="in the middle"):
        read(Script(body=body))


def test_closing_the_answer_early_closes_the_connection():
    script = Script(body=events(*[chunk("word ")] * 200_000))
    with serve(script) as url, OpenAICompatibleReader(url, "m") as reader:
        answer = reader.read(PROMPT, max_tokens=5)
        assert next(answer) == Token("word ", None)
        answer.close()
        assert script.disconnected.wait(10)


def test_a_reader_serves_one_question_after_the_other():
    with serve(Script(body=ANSWER)) as url, OpenAICompatibleReader(url, "m") as reader:
        assert reader.name == "m"
        answers = [list(reader.read(PROMPT, max_tokens=5)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]

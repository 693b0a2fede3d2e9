import pytest

from rag_lifelong.ports import Prompt, Token
from rag_lifelong.reading.chat import TokenStream, chat_request, error_message
from tests.rag_lifelong.reading.sse_server import chunk


def test_a_request_is_greedy_and_streamed():
    request = chat_request(Prompt("be short", "who?"), max_tokens=7, logprobs=True, model="m")
    assert request == {
        "messages": [
            {"role": "system", "content": "be short"},
            {"role": "user", "content": "who?"},
        ],
        "model": "m",
        "max_tokens": 7,
        "temperature": 0,
        "seed": 0,
        "stream": True,
        "logprobs": True,
    }


def test_a_broken_character_does_not_stop_a_request():
    request = chat_request(Prompt("", "half \ud83d"), max_tokens=1, logprobs=False)
    assert request["messages"][1]["content"] == "half ?"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"choices": []}, None),
        ({"error": {"message": "too long", "code": 400}}, "too long"),
        ({"error": "no such model"}, "no such model"),
        (["x"], "unexpected chunk ['x']"),
    ],
)
def test_a_chunk_may_say_what_went_wrong(answer, problem):
    assert error_message(answer) == problem


def test_tokens_come_with_their_logprobs():
    stream = TokenStream()
    assert list(stream.tokens(chunk("Ann", logprob=-0.5))) == [Token("Ann", -0.5)]
    assert list(stream.tokens(chunk(" Lee"))) == [Token(" Lee", None)]


def test_the_logprob_of_half_a_character_is_counted_with_the_rest():
    stream = TokenStream()
    assert list(stream.tokens(chunk("", logprob=-0.5))) == []
    assert list(stream.tokens(chunk("é", logprob=-0.25))) == [Token("é", -0.75)]


def test_an_answer_is_finished_when_a_reason_is_given():
    stream = TokenStream()
    list(stream.tokens(chunk("Ann")))
    assert not stream.is_finished
    list(stream.tokens(chunk(finish="stop")))
    list(stream.tokens({"choices": [], "usage": {"total_tokens": 3}}))
    assert stream.is_finished

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import Prompt
from rag_lifelong.testing import FakeClock, HashingEmbedder, ScriptedReader, ScriptedReranker

PROMPT = Prompt("system", "user")


def test_vectors_have_norm_one_whatever_the_text():
    vectors = HashingEmbedder(dim=8).embed(["", "a", "a b c", "?!"])
    assert vectors.shape == (4, 8)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_texts_that_share_words_are_near():
    mayor, same, other = HashingEmbedder().embed(
        ["The mayor of Bonn is Ann.", "Who is the mayor of Bonn?", "Cheese prices fell again."]
    )
    assert mayor @ same > 0.5 > mayor @ other


def test_a_vector_is_the_same_in_every_process():
    (vector,) = HashingEmbedder(dim=8).embed(["one two three four"])
    assert (2 * vector).tolist() == [0, 0, 1, 0, 1, -1, -1, 0]


def test_no_texts_give_no_rows():
    assert HashingEmbedder(dim=8).embed([]).shape == (0, 8)


def test_an_embedder_remembers_what_it_embedded():
    embedder = HashingEmbedder()
    embedder.embed(["a", "b"])
    embedder.embed(["c"])
    assert embedder.embedded == ["a", "b", "c"]


def test_answers_come_in_the_order_of_the_script():
    reader = ScriptedReader(["Ann Lee", "Bob"])
    read = ["".join(token.text for token in reader.read(PROMPT, max_tokens=9)) for _ in "12"]
    assert read == ["Ann Lee", "Bob"]
    assert reader.prompts == [PROMPT, PROMPT]


def test_an_answer_may_be_made_from_the_prompt():
    reader = ScriptedReader(lambda prompt: prompt.user.upper())
    assert [token.text for token in reader.read(PROMPT, max_tokens=9)] == ["USER"]


def test_an_answer_is_cut_at_max_tokens():
    reader = ScriptedReader(["a b c"])
    assert [token.text for token in reader.read(PROMPT, max_tokens=2)] == ["a", " b"]


def test_tokens_are_certain():
    (token,) = ScriptedReader(["a"]).read(PROMPT, max_tokens=2)
    assert math.exp(token.logprob or 0) == 1


def test_a_script_that_ran_out_is_a_model_error():
    with pytest.raises(ModelError, match="no answer left"):
        list(ScriptedReader([]).read(PROMPT, max_tokens=2))


def test_a_clock_moves_only_when_told():
    clock = FakeClock(datetime(2024, 1, 1, tzinfo=UTC))
    assert clock() == clock() == datetime(2024, 1, 1, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    clock.advance(days=1, seconds=1)
    assert clock() == datetime(2024, 1, 2, 1, 0, 1, tzinfo=UTC)


def test_a_clock_refuses_a_naive_time():
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2024, 1, 1))  # noqa: DTZ001


def test_a_scripted_reranker_scores_in_order_and_remembers_what_it_was_asked():
    reranker = ScriptedReranker(lambda question, text: 1.0 if question in text else 0.25)
    scores = reranker.score("who", ["who is it", "what"])
    assert scores.tolist() == [1.0, 0.25]
    assert scores.dtype == np.float32
    assert reranker.asked == [("who", ("who is it", "what"))]

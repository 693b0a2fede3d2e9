"""Models that are asked each thing once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from evals.metering import MeteredReader
from evals.remembering import RememberedEmbedder, RememberedReader
from rag_lifelong.errors import EvalError, ModelError
from rag_lifelong.ports import Prompt, Reader, Token
from rag_lifelong.testing import HashingEmbedder, ScriptedReader

PROMPT = Prompt("Be short.", "Who keeps the lighthouse of Quern?")


class FixedReader:
    """Gives the same tokens to every prompt, and counts how often it was asked."""

    name = "fixed"

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.asked = 0

    def read(self, prompt: Prompt, *, max_tokens: int):
        self.asked += 1
        yield from self.tokens[:max_tokens]


def not_to_be_loaded() -> Reader:
    raise AssertionError("the model was loaded")


def remembered(reader: Reader, path: Path, name: str = "m@1") -> RememberedReader:
    return RememberedReader(lambda: reader, name=name, path=path)


def read(reader: Reader, prompt: Prompt = PROMPT, max_tokens: int = 8) -> list[Token]:
    return list(reader.read(prompt, max_tokens=max_tokens))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "answers.sqlite"


@pytest.mark.parametrize(
    "tokens",
    [
        (Token("Ada", -0.1234567890123456), Token(" Møller", None)),
        (Token("half \ud83d of a pair\x00\n", float("-inf")),),
        (),
    ],
)
def test_a_remembered_answer_is_the_same_to_the_last_digit_and_loads_nothing(path, tokens):
    first = read(remembered(FixedReader(tokens), path))
    again = read(RememberedReader(not_to_be_loaded, name="m@1", path=path))
    assert first == again == list(tokens)


def test_naming_the_reader_loads_nothing(path):
    assert RememberedReader(not_to_be_loaded, name="m@1", path=path).name == "m@1"


@pytest.mark.parametrize(
    ("name", "prompt", "max_tokens"),
    [
        ("m@2", PROMPT, 8),
        ("m@1", Prompt(PROMPT.system, PROMPT.user + " "), 8),
        ("m@1", Prompt(PROMPT.system + PROMPT.user, ""), 8),
        ("m@1", PROMPT, 7),
    ],
)
def test_another_model_prompt_or_length_is_another_answer(path, name, prompt, max_tokens):
    reader = FixedReader((Token("Ada"),))
    read(remembered(reader, path))
    read(remembered(reader, path, name), prompt, max_tokens)
    assert reader.asked == 2


def test_the_seconds_are_those_of_when_it_was_made(path):
    first = remembered(FixedReader((Token("Ada"),)), path)
    read(first)
    took = first.seconds_of(PROMPT, max_tokens=8)
    again = RememberedReader(not_to_be_loaded, name="m@1", path=path)
    metered = MeteredReader(lambda: again)
    read(metered)
    read(metered)
    assert took > 0
    assert metered.spent.seconds == took + took
    assert (metered.spent.calls, metered.spent.tokens_out) == (2, 2)
    assert metered.spent.tokens_in == 2 * 11  # 43 characters, four a token


def test_the_first_answer_stands_where_another_was_faster(path):
    """Another process remembers an answer while this one is still making its own."""

    class Slow(FixedReader):
        def read(self, prompt: Prompt, *, max_tokens: int):
            read(remembered(FixedReader((Token("Ada", -0.1),)), path))
            return super().read(prompt, max_tokens=max_tokens)

    slow = remembered(Slow((Token("Ada", -0.2),)), path)
    assert read(slow) == read(slow) == [Token("Ada", -0.1)]


def test_what_failed_is_not_remembered(path):
    with pytest.raises(ModelError):
        read(remembered(ScriptedReader([]), path))
    assert read(remembered(ScriptedReader(["Ada"]), path)) == [Token("Ada", 0.0)]


def test_a_file_that_is_no_memory_is_an_error_that_names_it(tmp_path):
    file = tmp_path / "answers.sqlite"
    file.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(EvalError, match=r"answers\.sqlite") as caught:
        RememberedReader(not_to_be_loaded, name="m@1", path=file)
    assert "delete it" in (caught.value.hint or "")


def ask_many(path: Path, start: int) -> list[list[Token]]:
    """In a process of its own: thirty prompts, the first asked depending on the process."""
    reader = remembered(ScriptedReader(lambda prompt: f"to {prompt.user}"), path)
    order = [(start + number) % 30 for number in range(30)]
    answers = {number: read(reader, Prompt("", str(number))) for number in order}
    return [answers[number] for number in sorted(answers)]


def test_processes_share_one_file(path):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as processes:
        shared = list(processes.map(ask_many, [path, path], [0, 15]))
    offline = RememberedReader(not_to_be_loaded, name="m@1", path=path)
    assert shared[0] == shared[1]
    assert shared[0] == [read(offline, Prompt("", str(number))) for number in range(30)]


def test_threads_share_one_reader(path):
    reader = remembered(ScriptedReader(lambda prompt: prompt.user), path)
    prompts = [Prompt("", str(number % 10)) for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda prompt: read(reader, prompt), prompts))
    assert [answer[0].text for answer in answers] == [prompt.user for prompt in prompts]


def test_a_question_is_embedded_once():
    inner = HashingEmbedder()
    embedder = RememberedEmbedder(lambda: inner)
    first, again = embedder.embed(["who?"]), embedder.embed(["who?"])
    np.testing.assert_array_equal(first, HashingEmbedder().embed(["who?"]))
    assert again is first
    assert inner.embedded == ["who?"]
    assert embedder.model == inner.model


def test_a_remembered_vector_cannot_be_changed():
    vector = RememberedEmbedder(HashingEmbedder).embed(["who?"])
    with pytest.raises(ValueError, match="read-only"):
        vector[0, 0] = 5


def test_texts_embedded_together_are_remembered_together_and_in_order():
    inner = HashingEmbedder()
    embedder = RememberedEmbedder(lambda: inner)
    embedder.embed(["a b"])
    first, again = embedder.embed(["a b", "c d"]), embedder.embed(["a b", "c d"])
    np.testing.assert_array_equal(first, HashingEmbedder().embed(["a b", "c d"]))
    assert again is first
    assert inner.embedded == ["a b", "a b", "c d"]
    assert embedder.embed([]).shape == (0, 64)


def test_as_many_texts_as_documents_have_are_not_remembered():
    inner = HashingEmbedder()
    embedder = RememberedEmbedder(lambda: inner)
    texts = [f"text {number}" for number in range(100)]
    for _ in range(2):
        vectors = embedder.embed(texts)
        vectors[0] = 0  # may be written to
    assert len(inner.embedded) == 200


def test_the_vectors_of_documents_are_remembered_on_disk(tmp_path):
    texts = [f"text {number}" for number in range(100)]
    first = RememberedEmbedder(HashingEmbedder, folder=tmp_path).embed(texts)
    inner = HashingEmbedder()
    again = RememberedEmbedder(lambda: inner, folder=tmp_path)
    np.testing.assert_array_equal(again.embed(texts), first)
    assert inner.embedded == []
    again.embed([*texts, "one more"])
    assert len(inner.embedded) == 101


def test_a_damaged_file_of_vectors_is_made_again(tmp_path):
    texts = [f"text {number}" for number in range(100)]
    first = RememberedEmbedder(HashingEmbedder, folder=tmp_path).embed(texts)
    (file,) = tmp_path.rglob("*.npy")
    file.write_bytes(file.read_bytes()[:200])
    found = RememberedEmbedder(HashingEmbedder, folder=tmp_path).embed(texts)
    np.testing.assert_array_equal(found, first)


def test_the_embedder_is_loaded_once_when_it_is_needed():
    loaded: list[HashingEmbedder] = []

    def load() -> HashingEmbedder:
        loaded.append(HashingEmbedder())
        return loaded[-1]

    embedder = RememberedEmbedder(load)
    assert not loaded
    embedder.embed(["who?"])
    embedder.embed(["what?"])
    assert len(loaded) == 1


def test_no_more_calls_are_kept_than_allowed():
    inner = HashingEmbedder()
    embedder = RememberedEmbedder(lambda: inner, most=2)
    for text in ("a", "b", "c", "a"):
        embedder.embed([text])
    assert inner.embedded == ["a", "b", "c", "a"]


def test_a_prompt_that_goes_on_is_answered_after_the_one_it_goes_on_from(path):
    check = Prompt(PROMPT.system, PROMPT.user + " Is that so?")
    read(remembered(ScriptedReader(["Ada"]), path))

    again = ScriptedReader(lambda prompt: "yes" if prompt == check else "Ada")
    resumed = remembered(again, path)
    read(resumed)
    assert again.prompts == []
    read(resumed, check)
    assert again.prompts == [PROMPT, check]


def test_a_prompt_that_goes_on_at_once_is_all_that_is_computed(path):
    check = Prompt(PROMPT.system, PROMPT.user + " Is that so?")
    reader = ScriptedReader(lambda _: "Ada")
    fresh = remembered(reader, path)
    read(fresh)
    read(fresh, check)
    read(fresh, Prompt("Be short.", "Another?"))
    assert [prompt.user for prompt in reader.prompts] == [PROMPT.user, check.user, "Another?"]

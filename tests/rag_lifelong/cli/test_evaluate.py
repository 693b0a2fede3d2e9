"""Evaluations from the command line: what is printed, as JSON too, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.running.job import Job
from rag_lifelong.cli import evaluate
from tests.evals.running import fakes
from tests.rag_lifelong.cli.conftest import Shell


@pytest.fixture
def bench(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAG_LIFELONG_MODELS__CACHE_DIR", str(shell.folder / "cache"))
    monkeypatch.setattr("evals.running.measuring._energy_meter", lambda: None)
    with fakes.registered():
        yield shell


RUN = ("eval", "run", "towns", "--seeds", "1", "--wordings", "1", "--out", "r")


def test_everything_there_is_can_be_listed(bench: Shell):
    code, out, _ = bench.run("eval", "list")
    assert code == 0
    assert "RealTime QA (arXiv 2207.13332)" in out
    assert "BM25 (Robertson & Zaragoza, 2009) (retrieval)" in out
    assert "em_said" in out
    found = json.loads(bench.run("eval", "list", "--json")[1])
    assert found.keys() == {"benchmarks", "learners", "measures", "endpoints"}
    assert all(one["definition"] for one in found["measures"] + found["endpoints"])


def test_a_benchmarks_options_can_be_listed(bench: Shell):
    code, out, _ = bench.run("eval", "list", "towns")
    assert code == 0
    assert "-o examples=int  default 2" in out
    found = json.loads(bench.run("eval", "list", "towns", "--json")[1])
    assert found["options"] == [
        {
            "name": "examples",
            "kind": "int",
            "default": "2",
            "meaning": "How many of each kind a period asks.",
        }
    ]


def test_a_run_tells_what_it_made_and_the_same_command_makes_nothing(bench: Shell):
    code, out, err = bench.run(*RUN, "--learner", "diligent", "--learner", "bound")
    assert code == 0
    assert "r: 8 cells of 2 learners, 8 of them made now" in out
    assert "8/8 cells" in err
    fakes.Diligent.deeds.clear()
    code, out, _ = bench.run(*RUN, "--learner", "diligent", "--learner", "bound", "--json")
    assert (code, fakes.Diligent.deeds) == (0, [])
    assert json.loads(out) == {
        "run": "r", "learners": ["diligent", "bound"], "left_out": {}, "cells": 8, "made": 0
    }  # fmt: skip


def test_options_reach_the_benchmark_and_the_learner(bench: Shell):
    code, _, _ = bench.run(
        *RUN, "-o", "examples=1", "--learner", "diligent@shade=red",
        "--learner-option", "diligent@shade=red.tone=dark", "--rows", "0,3",
    )  # fmt: skip
    assert code == 0
    about = json.loads(Path("r/run.json").read_text("utf-8"))
    assert about["stream"]["options"] == {"examples": "1"}
    assert about["learner_options"] == {"diligent@shade=red": {"shade": "red", "tone": "dark"}}
    assert about["rows_asked"] == [0, 3]


def test_the_products_own_line_is_run_with_models_loaded_once_they_are_needed(bench: Shell):
    code, out, err = bench.run(*RUN, "--learner", "ours", "--learner", "closed-book")
    assert code == 0, err
    assert "8 cells" in out
    answered = Path("r/predictions/ours/seed-0-wording-0/row-1.jsonl").read_text("utf-8")
    assert '"doc_id":"Ostrava Bay/1"' in answered
    assert bench.reader.prompts


def test_a_learner_that_was_not_named_is_left_out_with_the_reason(
    bench: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Job, "make", lambda self, missing, **_: None)
    code, _, err = bench.run(*RUN)
    assert code == 0
    assert "left out endpoint: it has no address" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--learner", "nobody"), 1, "no learner 'nobody'"),
        (("--learner", "closed-book", "--reading", "perfect"), 1, "closed-book does not apply"),
        (("--learner", "unsure"), 1, "does not lie in [0, 1]"),
        (("--rows", "9"), 1, "there is no row 9"),
        (("-o", "examples=many"), 1, "option 'examples' of towns"),
        (("-o", "examples"), 2, "expected KEY=VALUE"),
        (("--learner-option", "k=3"), 2, "expected NAME.KEY=VALUE"),
        (("--rows", "first"), 2, "expected numbers"),
        (("--wordings", "4"), 2, "should be less than or equal to 3"),
    ],
)
def test_what_cannot_be_run_is_refused(bench: Shell, arguments, code, message):
    found, _, err = bench.run(*RUN, *arguments)
    assert found == code
    assert message in " ".join(err.replace("│", " ").split())


def test_an_interrupted_run_goes_on(bench: Shell, monkeypatch: pytest.MonkeyPatch):
    answer = fakes.Diligent.answer
    asked = 0

    def interrupted(self, question):
        nonlocal asked
        asked += 1
        if asked == 10:
            raise KeyboardInterrupt
        return answer(self, question)

    monkeypatch.setattr(fakes.Diligent, "answer", interrupted)
    code, _, err = bench.run(*RUN, "--learner", "diligent")
    assert code == 130
    assert "everything committed so far is kept" in err
    code, out, _ = bench.run(*RUN, "--learner", "diligent")
    assert code == 0
    assert "4 cells of 1 learners, 3 of them made now" in out


def test_a_run_is_reported_and_compared(bench: Shell):
    bench.run(*RUN, "--learner", "diligent", "--learner", "bound")
    code, out, _ = bench.run("eval", "report", "r")
    assert code == 0
    assert out.split() == ["r/scores.json", "r/report.html", "r/report.md"]
    files = json.loads(bench.run("eval", "report", "r", "--json")[1])["files"]
    assert all(Path(file).exists() for file in files)
    code, out, _ = bench.run("eval", "compare", "r", "bound", "diligent")
    assert code == 0
    assert "bound: 1.000" in out
    assert "right: Mayor 1-0; bound: 'mayor 1-0' (1); diligent: '12 of grey' (0)" in out
    found = json.loads(bench.run("eval", "compare", "r", "bound", "diligent", "--json")[1])
    assert found["difference"]["value"] == 1.0


def test_what_is_no_run_is_neither_reported_nor_compared(bench: Shell):
    for arguments in (("report", "nowhere"), ("compare", "nowhere", "a", "b")):
        code, _, err = bench.run("eval", *arguments)
        assert code == 1
        assert "nowhere is no run" in err


def test_json_holds_null_for_what_was_not_measured():
    assert evaluate._without_nan({"value": float("nan")}) == {"value": None}

"""What a user types, sees and gets as exit code; real processes, fake models only where told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag_lifelong.prompting import CHECK, FULL
from rag_lifelong.testing import ScriptedReader
from tests.rag_lifelong.cli.conftest import Shell


def test_ingest_json_ends_with_one_object(shell: Shell):
    (shell.folder / "notes" / "bad.pdf").write_bytes(b"nothing")
    code, out, _ = shell.run("ingest", "notes", "--json")
    report = json.loads(out)
    assert code == 0
    assert report.pop("seconds") > 0
    [skipped] = report.pop("skipped")
    assert skipped["uri"].endswith("bad.pdf")
    assert skipped["reason"] == "not a PDF file"
    assert report == {
        "added": 1, "updated": 0, "unchanged": 0, "closed": 0, "moved": 0, "chunks_embedded": 1
    }  # fmt: skip


def test_ask_json_tells_all_about_the_answer(shell: Shell):
    shell.run("ingest", "notes")
    code, out, _ = shell.run(
        "ask", "Who is the mayor of Springfield?", "--as-of", "2015-06", "--json"
    )
    given = json.loads(out)
    assert code == 0
    assert given["answer"] == "Ann Lee"
    assert given["abstained"] is False
    assert given["as_of"] == "2015-06-01 to 2015-06-30"
    assert given["time"] == {
        "parsed": "now", "applied": "valid as of 2015-06-01 to 2015-06-30", "relaxed": None,
        "newest": "2010-03-01T00:00:00Z", "event": None,
    }  # fmt: skip
    assert {"retrieve", "first_token", "total"} <= set(given["timings_s"])
    [evidence] = given["evidence"]
    assert evidence["published_at"] == "2010-03"
    assert evidence["date_source"] == "front_matter"
    assert evidence["valid_from"] == "2010-03-01T00:00:00Z"
    assert evidence["valid_to"] is None
    assert evidence["until"] is None
    assert {"doc_id", "revision_id", "uri", "title", "text", "score"} <= set(evidence)
    start, end = evidence["span"]
    assert end - start == len(evidence["text"])


def test_ask_prints_the_answer_with_its_date(shell: Shell):
    shell.run("ingest", "notes")
    code, out, _ = shell.run("ask", "Who is the mayor of Springfield?")
    assert code == 0
    assert out.splitlines()[0] == "Ann Lee"
    assert "[1] 2010-03 (front_matter) valid 2010-03-01 → now  Mayor" in out


def test_ask_means_the_days_of_the_zone_named(shell: Shell):
    shell.run("ingest", "notes")
    question = "Who was the mayor of Springfield in February 2010?"
    _, out, _ = shell.run("ask", question, "--timezone", "America/New_York")
    assert "relaxed:" not in out
    _, out, _ = shell.run("ask", question)
    assert "relaxed:" in out
    code, _, err = shell.run("ask", question, "--timezone", "Mars/Olympus")
    assert code == 1
    assert "no time zone of this name" in err


def test_ask_tells_the_course_of_things_in_text_and_json(shell: Shell):
    shell.run("ingest", "notes")
    question = "How has the mayor of Springfield changed over the years?"
    code, out, _ = shell.run("ask", question)
    line = "The mayor of Springfield is Ann Lee."
    assert code == 0
    assert out.splitlines()[0] == f"since 2010-03: {line} [1]"
    _, out, _ = shell.run("ask", question, "--json")
    [stretch] = json.loads(out)["timeline"]
    assert stretch.pop("citation").endswith("mayor.md#line=4")
    assert stretch == {"from": "2010-03", "until": None, "text": line}


def test_ask_answers_in_sentences_with_the_numbers_of_lines(shell: Shell):
    shell.run("ingest", "notes")
    said = {CHECK: "yes", FULL: "The mayor is Ann Lee. The mayor is Bo Cruz."}
    shell.reader = ScriptedReader(lambda prompt: said.get(prompt.user.splitlines()[-1], "Ann Lee"))
    _, out, _ = shell.run("ask", "Who is the mayor of Springfield?", "--full")
    assert out.splitlines()[0] == "The mayor is Ann Lee [1]."


def test_an_abstention_exits_with_3(shell: Shell):
    shell.run("ingest", "notes")
    code, out, _ = shell.run("ask", "Who is the mayor of Springfield?", "--as-of", "1999")
    assert code == 3
    assert out.startswith("not in the sources\nnothing in the store for 1999")


def test_search_tells_what_was_done_about_time(shell: Shell):
    shell.run("ingest", "notes")
    query = "mayor of Springfield in February 2010"
    _, out, _ = shell.run("search", query)
    assert "relaxed: nothing found during 2010-02-01 to 2010-02-28; used what is valid now" in out
    _, out, _ = shell.run("search", query, "--timezone", "America/New_York")
    assert "applied: valid now" in out
    assert "relaxed:" not in out


def test_search_and_status_need_no_reader(shell: Shell):
    shell.run("ingest", "notes")
    code, out, _ = shell.run("search", "mayor", "--json")
    assert code == 0
    assert json.loads(out)["evidence"][0]["title"] == "Mayor"
    code, out, _ = shell.run("status", "--json")
    counts = json.loads(out)
    assert code == 0
    for key in ("documents", "revisions", "chunks", "vectors"):
        assert counts[key] == 1
    assert isinstance(counts["store_bytes"], int)
    assert shell.reader.prompts == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", "x", "--as-of", "yesterdayish"), "not a date"),
        (("ask", "x", "--between", "2015"), "FROM..TO"),
        (("ask", "x", "--between", "2016..2015"), "ends before it starts"),
        (("ask", "x", "--as-of", "2015", "--between", "2015..2016"), "exclude each other"),
        (("ask",), "Missing argument"),
        (("serve",), "No such command"),
        (("ingest", "notes", "--namespaces", "talk"), "expected all"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_how(
    shell: Shell, arguments: tuple[str, ...], message: str
):
    code, out, err = shell.run(*arguments)
    assert code == 2
    assert out == ""
    assert message in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ingest", "nowhere"), "error: no such file or folder: nowhere"),
        (("ask", "x"), "error: no store at .rag-lifelong"),
        (("status", "--store", "nowhere"), "error: no store at nowhere"),
        (("status", "--config", "absent.toml"), "error: cannot read config absent.toml"),
        (("status", "--config", "typo.toml"), "error: config typo.toml: unknown key 'sotre'"),
    ],
)
def test_an_error_is_one_line_with_a_hint_and_exits_with_1(
    shell: Shell, arguments: tuple[str, ...], message: str
):
    (shell.folder / "typo.toml").write_text('sotre = "x"\n')
    code, out, err = shell.run(*arguments)
    assert code == 1
    assert out == ""
    assert err.startswith(message)
    assert "Traceback" not in err
    assert not (shell.folder / ".rag-lifelong").exists()


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from rag_lifelong.cli import main\n"
        "sys.argv = ['rag-lifelong', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'faiss', 'numpy', 'pydantic', 'lxml'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_ctrl_c_exits_with_130_and_keeps_what_was_committed(tmp_path: Path):
    notes = tmp_path / "notes"
    notes.mkdir()
    for n in range(3_000):
        (notes / f"{n}.md").write_text(f"---\ndate: 2020\n---\nNote {n} about things. " * 20)
    slow = (
        "import signal, sys, time\nfrom rag_lifelong import cli, testing\n"
        # A background job of a shell is started with the signal ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from rag_lifelong.loading import ModelLoader\n"
        "class Slow(testing.HashingEmbedder):\n"
        "    def embed(self, texts):\n"
        "        print('batch', file=sys.stderr, flush=True); time.sleep(0.5)\n"
        "        return super().embed(texts)\n"
        "one = Slow()\n"
        "ModelLoader.embedder = lambda self, stored: one\ncli.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow, "ingest", str(notes), "--store", str(tmp_path / "s")],
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(2):  # the second batch begins when the first is committed
        assert process.stderr is not None
        while "batch" not in process.stderr.readline():
            assert process.poll() is None
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    status = subprocess.run(
        [sys.executable, "-m", "rag_lifelong", "status", "--json", "--store", str(tmp_path / "s")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(status.stdout)["documents"] > 0

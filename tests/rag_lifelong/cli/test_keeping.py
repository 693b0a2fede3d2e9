"""Keeping a store from the command line: what is printed, as JSON too, and the exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from indexes.writer import StoreWriter
from rag_lifelong.loading import ModelLoader
from rag_lifelong.models import weights_fingerprint
from rag_lifelong.system import System, wall_clock
from rag_lifelong.testing import HashingEmbedder
from tests.rag_lifelong.cli.conftest import Shell

STORE = Path(".rag-lifelong")


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A store of two notes, one of them in two revisions."""
    shell.run("ingest", "notes")
    (shell.folder / "notes" / "mayor.md").write_text(
        "---\ntitle: Mayor\ndate: 2020-05-01\n---\nThe mayor of Springfield is Bo Cruz."
    )
    (shell.folder / "notes" / "bridge.md").write_text(
        "---\ntitle: Bridge\ndate: 2015\n---\nThe bridge is open."
    )
    shell.run("ingest", "notes")
    return shell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# -- history -------------------------------------------------------------------------------------


def test_history_prints_when_each_revision_held(kept: Shell):
    code, out, _ = kept.run("history", "notes/mayor.md")
    assert code == 0
    doc_id, first, details, second, _ = out.splitlines()
    assert doc_id == (kept.folder / "notes" / "mayor.md").as_uri()
    assert first.startswith("2010-03 (front_matter) valid 2010-03-01 → 2020-05-01  recorded 20")
    assert first.endswith("Mayor")
    assert details.endswith(", 1 chunks")
    assert second.startswith("2020-05-01 (front_matter) valid 2020-05-01 → now")


def test_history_json(kept: Shell):
    code, out, _ = kept.run("history", "Mayor", "--json", "--known-at", "2999")
    told = json.loads(out)
    assert code == 0
    assert told["known_at"] == "2999-12-31T23:59:59.999999Z"
    assert told["doc_id"].endswith("mayor.md")
    first, second = told["revisions"]
    assert set(first) == {
        "revision_id", "uri", "title", "date", "date_source", "precision", "valid_from",
        "other_dates", "valid_to", "taken_back", "recorded_at", "n_chunks",
    }  # fmt: skip
    assert (first["valid_to"], second["valid_to"]) == ("2020-05-01T00:00:00Z", None)
    assert first["precision"] == "month"


def test_a_revision_that_never_held_is_marked(kept: Shell):
    note = kept.folder / "notes" / "mayor.md"
    note.write_text(note.read_text().replace("Bo Cruz", "Bob Cruz"))
    kept.run("ingest", "notes")
    code, out, _ = kept.run("history", "notes/mayor.md")
    assert code == 0
    assert sum("taken back" in line for line in out.splitlines()) == 1


def test_history_of_nothing_exits_with_1(kept: Shell):
    code, out, err = kept.run("history", "sheriff")
    assert (code, out) == (1, "")
    assert err.startswith("error: no document 'sheriff' in .rag-lifelong")
    code, out, err = kept.run("history", "notes")
    assert (code, out) == (1, "")
    assert "'notes' means 2 documents" in err
    assert "bridge.md  Bridge" in err


# -- export --------------------------------------------------------------------------------------


def test_export_is_one_revision_a_line(kept: Shell):
    code, out, _ = kept.run("export")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert len(lines) == 3
    assert set(lines[0]) == {
        "doc_id", "revision_id", "uri", "title", "date", "date_source", "precision", "valid_from",
        "other_dates", "valid_to", "recorded_at", "chunks",
    }  # fmt: skip
    [chunk] = lines[0]["chunks"]
    assert set(chunk) == {"chunk_id", "span", "locator", "context", "text"}
    assert chunk["text"] == "The mayor of Springfield is Ann Lee."
    start, end = chunk["span"]
    assert end - start == len(chunk["text"])


def test_export_keeps_to_the_times_given(kept: Shell):
    _, out, _ = kept.run("export", "--as-of", "2012")
    assert [json.loads(line)["date"] for line in out.splitlines()] == ["2010-03"]
    _, out, _ = kept.run("export", "--between", "2014..2016")
    assert [json.loads(line)["title"] for line in out.splitlines()] == ["Mayor", "Bridge"]
    assert kept.run("export", "--known-at", "1999")[:2] == (0, "")


def test_export_to_a_file_is_whole_or_not_at_all(kept: Shell, monkeypatch: pytest.MonkeyPatch):
    code, out, err = kept.run("export", "--output", "all.jsonl")
    assert (code, out) == (0, "")
    assert "3 revisions exported" in err
    before = Path("all.jsonl").read_text()
    assert len(before.splitlines()) == 3
    code, out, _ = kept.run("export", "--output", "all.jsonl", "--json")
    assert json.loads(out) == {"output": "all.jsonl", "revisions": 3, "bytes": len(before)}

    def cut(self, **_times):
        yield from [one for one, _ in zip(exported(self), range(1), strict=False)]
        raise KeyboardInterrupt

    exported = System.export
    monkeypatch.setattr(System, "export", cut)
    assert kept.run("export", "--output", "all.jsonl")[0] == 130
    assert Path("all.jsonl").read_text() == before
    assert not list(Path().glob(".*part"))


@pytest.mark.parametrize("output", ["nowhere/all.jsonl", "notes", "/dev/null"])
def test_an_export_that_cannot_be_written_says_where(kept: Shell, output: str):
    code, _, err = kept.run("export", "--output", output)
    assert code == 1
    assert err.startswith(f"error: cannot write {output}: ")
    assert not Path("/dev/null").is_file()


# -- forget --------------------------------------------------------------------------------------


def test_forget_tells_what_goes_and_leaves_a_receipt(kept: Shell):
    code, out, err = kept.run("forget", "notes/mayor.md", "--yes")
    assert code == 0
    assert "to be destroyed: Mayor, 2 revisions from 2010-03 to 2020-05-01, 2 chunks" in err
    assert "2 revisions, 2 texts" in out
    assert "sha256" in out
    assert kept.run("history", "notes/mayor.md")[0] == 1
    assert kept.run("history", "notes/bridge.md")[0] == 0
    assert b"Ann Lee" not in b"".join(file.read_bytes() for file in STORE.iterdir())


def test_forget_json(kept: Shell):
    code, out, _ = kept.run("forget", "notes/mayor.md", "notes/bridge.md", "--yes", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["log_emptied"] is True
    first, second = told["forgotten"]
    assert set(first) == {
        "doc_id", "doc_id_sha256", "forgotten_at", "revisions", "texts", "texts_sha256",
    }  # fmt: skip
    assert (first["revisions"], second["revisions"]) == (2, 1)
    assert first["forgotten_at"].endswith("Z")
    _, out, _ = kept.run("status", "--json")
    assert (json.loads(out)["documents"], json.loads(out)["vectors"]) == (0, 0)


def test_forget_without_a_terminal_needs_yes(kept: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, out, err = kept.run("forget", "notes/mayor.md")
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert kept.run("history", "notes/mayor.md")[0] == 0


@pytest.mark.parametrize(("said", "code"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_forget_asks_on_a_terminal(
    kept: Shell, monkeypatch: pytest.MonkeyPatch, said: str, code: int
):
    monkeypatch.setattr(sys, "stdin", Terminal(said))
    got, _, err = kept.run("forget", "notes/mayor.md")
    assert got == code
    assert "Destroy them?" in err
    assert ("nothing was forgotten" in err) == bool(code)
    assert kept.run("history", "notes/mayor.md")[0] == 1 - code


def test_forget_takes_no_part_of_a_name(kept: Shell):
    code, out, err = kept.run("forget", "--yes", "notes/bridge.md", "mayor")
    assert (code, out) == (1, "")
    assert "error: no document 'mayor'" in err
    assert "mayor.md  Mayor" in err
    assert kept.run("history", "notes/bridge.md")[0] == 0


# -- verify, compact, backup, restore ------------------------------------------------------------


def test_verify_counts_what_it_checked(kept: Shell):
    code, out, _ = kept.run("verify")
    assert code == 0
    assert out.splitlines()[-1] == ".rag-lifelong is sound"
    assert any(line.split() == ["revisions", "3", "checked"] for line in out.splitlines())


def test_verify_tells_damage_with_its_mending_and_exits_with_1(kept: Shell):
    column = STORE / "vectors-0.column"
    column.write_bytes(b"\xff" * 8 + column.read_bytes()[8:])
    code, out, _ = kept.run("verify")
    assert code == 1
    assert "problem .rag-lifelong/vectors-0.column from byte 0" in out
    assert "mend it with: rag-lifelong " in out
    code, out, _ = kept.run("verify", "--json")
    told = json.loads(out)
    assert (code, told["sound"]) == (1, False)
    assert set(told) == {"store", "sound", "checked", "problems"}
    assert set(told["problems"][0]) == {"what", "fix"}


def test_compact_tells_bytes_before_and_after(kept: Shell):
    code, out, _ = kept.run("compact", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["bytes_before"] >= told["bytes_after"] > 0
    code, out, _ = kept.run("compact")
    assert code == 0
    assert "before" in out


def test_a_backup_is_restored_where_there_is_no_store(kept: Shell):
    code, out, _ = kept.run("backup", "copy", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["store"], told["backup"]) == (".rag-lifelong", "copy")
    code, out, _ = kept.run("restore", "copy", "--store", "again", "--json")
    assert (code, json.loads(out)["store"]) == (0, "again")
    assert kept.run("export", "--store", "again")[1] == kept.run("export")[1]
    code, out, _ = kept.run("backup", "copy 2")
    assert (code, out.startswith(".rag-lifelong → copy 2: ")) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("backup", "notes"), "error: notes is there already and not empty"),
        (("restore", "copy"), "error: .rag-lifelong is there already and not empty"),
        (("restore", "notes", "--store", "x"), "error: no backup at notes"),
        (("backup", "copy 2", "--store", "x"), "error: no store at x"),
        (("compact", "--store", "x"), "error: no store at x"),
        (("verify", "--store", "x"), "error: no store at x"),
        (("export", "--store", "x"), "error: no store at x"),
        (("history", "a", "--store", "x"), "error: no store at x"),
        (("forget", "a", "--yes", "--store", "x"), "error: no store at x"),
        (("reembed", "--store", "x"), "error: no store at x"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_a_hint(
    kept: Shell, arguments: tuple[str, ...], message: str
):
    kept.run("backup", "copy")
    code, out, err = kept.run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert "hint: " in err
    assert "Traceback" not in err
    assert not Path("x").exists()


@pytest.mark.parametrize(
    "arguments", [("history",), ("forget", "--yes"), ("backup",), ("restore",)]
)
def test_a_missing_argument_exits_with_2(kept: Shell, arguments: tuple[str, ...]):
    code, out, err = kept.run(*arguments)
    assert (code, out) == (2, "")
    assert "Missing argument" in err


# -- reembed -------------------------------------------------------------------------------------


@pytest.fixture
def models(kept: Shell, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The models asked for; each is 64 numbers wide."""
    asked: list[str | None] = []

    def load(self, model, known):
        asked.append(model)
        return HashingEmbedder(dim=64, version="2")

    monkeypatch.setattr(ModelLoader, "load_embedder", load)
    return asked


def test_reembed_moves_and_tells_what_to_set(kept: Shell, models: list[str | None]):
    code, out, err = kept.run("reembed", "--model", "models/new")
    assert code == 0
    assert models == ["models/new"]
    assert out == "moved to hashing@2 (float32, 64 dims); 3 texts embedded\n"
    assert [line for line in err.splitlines() if "texts embedded" in line] == [
        "0/3 texts embedded", "3/3 texts embedded",
    ]  # fmt: skip
    assert 'set model = "models/new" under [embedder]' in err
    assert "compact" in err
    code, _, err = kept.run("search", "mayor")
    assert code == 1
    assert "hashing@1 (float32, 256 dims)" in err
    assert "hashing@2 (float32, 64 dims)" in err
    assert "rag-lifelong reembed" in err
    kept.embedder = HashingEmbedder(dim=64, version="2")
    assert kept.run("search", "mayor")[0] == 0
    code, out, _ = kept.run("reembed")
    assert (code, out) == (0, "nothing to do: the vectors are from hashing@2 (float32, 64 dims)\n")


def test_reembed_json(kept: Shell, models: list[str | None]):
    code, out, _ = kept.run("reembed", "--model", "models/new", "--json")
    told = json.loads(out)
    assert code == 0
    assert set(told) == {"store", "before", "model", "moved", "texts"}
    assert (told["before"]["version"], told["model"]["version"]) == ("1", "2")
    assert (told["moved"], told["texts"]) == (True, 3)


def test_reembed_gives_up_on_a_writer_that_stays(kept: Shell, models: list[str | None]):
    with StoreWriter(STORE, now=wall_clock):
        code, out, err = kept.run("reembed", "--model", "models/new", "--wait", "0.1")
    assert (code, out) == (1, "")
    assert "error: store .rag-lifelong is being written by process" in err


def test_reembed_can_be_interrupted(kept: Shell, monkeypatch: pytest.MonkeyPatch):
    class Stopped(HashingEmbedder):
        def embed(self, texts):
            raise KeyboardInterrupt

    monkeypatch.setattr(ModelLoader, "load_embedder", lambda self, model, known: Stopped(dim=64))
    code, out, err = kept.run("reembed", "--model", "models/new")
    assert (code, out) == (130, "")
    assert "everything committed so far is kept" in err
    assert kept.run("search", "mayor")[0] == 0


def test_reembed_with_a_model_that_is_not_there(kept: Shell):
    code, out, err = kept.run("reembed", "--model", "./nowhere")
    assert (code, out) == (1, "")
    assert err.startswith("error: there is no embedder at ./nowhere")


# -- doctor --------------------------------------------------------------------------------------


def test_doctor_is_content_with_a_healthy_store(shell: Shell):
    folder = shell.folder / "hashing"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (shell.folder / "reader.gguf").write_bytes(b"reader")
    (shell.folder / "rag-lifelong.toml").write_text(
        '[embedder]\nmodel = "./hashing"\n[reader]\nmodel = "./reader.gguf"\n'
        '[models]\ncache_dir = "cache"\n'
    )
    shell.embedder = HashingEmbedder(dim=256, version=weights_fingerprint(folder))
    shell.run("ingest", "notes")
    code, out, _ = shell.run("doctor")
    assert code == 0, out
    assert {line.split()[0] for line in out.splitlines()} == {"ok"}
    code, out, _ = shell.run("doctor", "--json")
    told = json.loads(out)
    assert (code, told["healthy"]) == (0, True)
    assert {check["level"] for check in told["checks"]} == {"ok"}
    assert set(told["checks"][0]) == {"name", "level", "detail", "fix"}


def test_doctor_fails_with_the_fix(shell: Shell):
    code, out, _ = shell.run("doctor")
    assert code == 1
    assert "failure  store       no store at .rag-lifelong" in out
    assert "fix: make one with `rag-lifelong ingest PATH`" in out
    code, out, _ = shell.run("doctor", "--json")
    assert (code, json.loads(out)["healthy"]) == (1, False)

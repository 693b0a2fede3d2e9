"""`rag-lifelong jobs`."""

from __future__ import annotations

import json

import pytest

from tests.rag_lifelong.cli.conftest import Shell


@pytest.fixture
def failed(shell: Shell) -> Shell:
    (shell.folder / "notes" / "scan.pdf").write_text("no pdf")
    assert shell.run("ingest", "notes")[0] == 0
    return shell


def test_what_failed_is_listed_with_its_fate(failed: Shell):
    code, out, _ = failed.run("jobs")
    assert code == 0
    assert "scan.pdf: not a PDF file" in out
    assert "tried once, left until it changes" in out


def test_what_failed_is_read_once(failed: Shell):
    code, out, err = failed.run("ingest", "notes")
    assert code == 0
    assert "not a PDF file" in out + err
    [job] = json.loads(failed.run("jobs", "--json")[1])["jobs"]
    assert job["attempts"] == 1
    assert job["state"] == "dead"
    assert job["last_at"].endswith("Z")


@pytest.mark.parametrize("named", [[], ["notes/scan.pdf"]], ids=["all", "named"])
def test_asked_for_it_is_due_and_the_next_ingest_tries_it(failed: Shell, named: list[str]):
    code, out, _ = failed.run("jobs", "retry", *named)
    assert code == 0
    assert "1 due now" in out
    assert "about to be tried" in failed.run("jobs")[1]
    failed.run("ingest", "notes")
    assert "tried once" in failed.run("jobs")[1]
    (failed.folder / "notes" / "scan.pdf").unlink()
    failed.run("ingest", "notes")
    assert "nothing failed" in failed.run("jobs")[1]
    assert "nothing is left" in failed.run("jobs", "retry")[1]
    assert json.loads(failed.run("jobs", "retry", "--json")[1]) == {"due": []}


def test_what_did_not_fail_cannot_be_tried_again(failed: Shell):
    code, _, err = failed.run("jobs", "retry", "notes/mayor.md")
    assert code == 1
    assert "nothing failed at 'notes/mayor.md'" in err
    assert "hint:" in err


def test_without_a_store_it_says_so(shell: Shell):
    code, _, err = shell.run("jobs")
    assert code == 1
    assert "no store" in err

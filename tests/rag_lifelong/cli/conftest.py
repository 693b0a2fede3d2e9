"""The command line in this process, with fake models."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rag_lifelong import cli
from rag_lifelong.loading import ModelLoader
from rag_lifelong.prompting import CHECK
from rag_lifelong.testing import HashingEmbedder, ScriptedReader


class Shell:
    """Runs the command line in this process, with fake models."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.embedder = HashingEmbedder(dim=256)
        self.reader = ScriptedReader(
            lambda prompt: "yes" if prompt.user.endswith(CHECK) else "Ann Lee"
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        sys.argv = ["rag-lifelong", *arguments]
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = self.capsys.readouterr()
        return int(stop.value.code or 0), out, err


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    for name in list(os.environ):
        if name.startswith("RAG_LIFELONG_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    shell = Shell(tmp_path, capsys)
    monkeypatch.setattr(ModelLoader, "embedder", lambda self, stored: shell.embedder)
    monkeypatch.setattr(ModelLoader, "reader", lambda self: shell.reader)
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "mayor.md").write_text(
        "---\ntitle: Mayor\ndate: 2010-03\n---\nThe mayor of Springfield is Ann Lee."
    )
    return shell

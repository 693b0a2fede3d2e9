"""The documents tell the truth about the program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from rag_lifelong import __version__
from rag_lifelong.cli import app
from rag_lifelong.config import load_config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands
PAGES = sorted(
    path for path in ROOT.glob("**/*.md")
    if not {".venv", "corpus", "sources"} & set(path.relative_to(ROOT).parts)
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_readme_and_has_help_with_an_example(name: str):
    assert f"rag-lifelong {name}" in README
    command = COMMANDS[name]
    for one in getattr(command, "commands", {name: command}).values():
        assert "**Example" in (one.help or ""), one.name


def test_the_changelog_names_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {__version__}" in changelog
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_configuration_in_the_readme_is_valid(tmp_path: Path):
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        load_config(file)


def test_every_architecture_decision_is_listed():
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs/adr").glob("0*.md"):
        assert page.name in index


def test_every_make_target_the_readme_names_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make (\w+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_wheel_would_hold_every_package():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'packages = ["rag_lifelong", "ingest", "indexes", "evals"]' in project


def test_the_module_runs_as_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "rag_lifelong", "--help"], check=True, capture_output=True, text=True
    )
    assert "ingest" in done.stdout

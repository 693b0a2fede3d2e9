"""The unit that systemd is given."""

import shlex
import sys
from pathlib import Path

import pytest

from rag_lifelong.daemon import service


def test_a_unit_runs_the_daemon_and_knows_its_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = service.install(tmp_path / "kb", ["watch", "run", "--store", "/srv/k b", "/notes/100%"])
    assert path.is_relative_to(tmp_path / "config" / "systemd" / "user")
    assert path.name.startswith("rag-lifelong-")
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    words = shlex.split(lines["ExecStart"].replace("%%", "%").replace("$$", "$"))
    assert words == [
        sys.executable, "-m", "rag_lifelong", "watch", "run", "--store", "/srv/k b", "/notes/100%"
    ]  # fmt: skip
    assert "-HUP" in lines["ExecReload"]


def test_two_stores_have_two_units(tmp_path: Path) -> None:
    assert service.unit_path(tmp_path / "a") != service.unit_path(tmp_path / "b")

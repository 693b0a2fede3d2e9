"""A run that is killed without warning, anywhere, ends as one that was left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.evals.running.test_runner import bytes_of

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor SIGKILL")
def test_a_run_killed_at_any_file_operation_and_run_again_has_the_bytes_of_one_left_alone(
    tmp_path: Path,
):
    command = [sys.executable, "-m", "tests.evals.running.killed", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    expected = bytes_of(tmp_path / "left-alone/run")
    killed = sorted(tmp_path.glob("killed-*/run"))
    assert len(killed) > 15
    assert len(expected) > 10
    for run in killed:
        assert bytes_of(run) == expected, run.parent.name

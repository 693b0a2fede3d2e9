"""Short runs of the harness; `python -m tests.torture` (`make torture`) makes long ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture import clock, powerloss, strace

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "arguments", ["kills --kills 25", "faults --faults 2", "bitflips --flips 40"]
)
def test_nothing_is_lost_wrong_or_crashing(arguments: str):
    # In a process of its own: the harness forks, which a process with threads must not do.
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture", *arguments.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_power_loss_as_a_double_of_the_file_operations_sees_it():
    tally = powerloss.run(3, seed=1, recorders=["double"], share=0.2)
    assert tally.is_clean, tally


@pytest.mark.skipif(bool(strace.missing()), reason=strace.missing() or "strace works")
def test_power_loss_as_strace_sees_it():
    tally = powerloss.run(3, seed=1, recorders=["strace"], share=0.06)
    assert tally.is_clean, tally


def test_clocks_that_jump():
    tally = clock.run(3, seed=0)
    assert tally.is_clean, tally

"""Runs that are killed at a file operation, and run again: a module to be run by a test.

Each run is a process of its own, forked from one that has no threads and has imported everything.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from evals.running.identity import this_program
from evals.running.runner import run
from evals.running.spec import LearnerSpec, RunSpec
from tests.evals.running import fakes

_COUNTED = ("open", "os.rename", "os.mkdir", "os.remove")
_EVERY = 11


def killed_at(operation: int, folder: Path) -> bool:
    """Run in a folder and kill the process at its n-th file operation there; whether that came."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    try:
        sys.addaudithook(_killer(operation, folder))
        learners = (LearnerSpec.parse("diligent"), LearnerSpec.parse("bound"))
        asked = RunSpec(stream="towns", learners=learners, seeds=1, wordings=2)
        run(asked, folder / "run", equipment=fakes.equipment(folder / "cache"))
    finally:
        os._exit(0)
    return False


def _killer(operation: int, folder: Path):
    left = operation

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in _COUNTED and str(arguments[0]).startswith(str(folder)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return count


def main(folder: Path) -> None:
    this_program()  # is remembered, and takes longer than all else
    killed_at(0, folder / "left-alone")
    operation = 1
    while killed_at(operation, folder / f"killed-{operation}"):
        killed_at(0, folder / f"killed-{operation}")
        operation += _EVERY


if __name__ == "__main__":
    with fakes.registered():
        main(Path(sys.argv[1]))

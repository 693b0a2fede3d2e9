"""Doubles of the store's file operations that fail or die where they are told to."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from indexes.files import Files


def path_of(descriptor: int, directory: Path) -> Path:
    """The file (or the directory itself, or its parent) that an open descriptor belongs to."""
    found = os.fstat(descriptor)
    places = (directory, directory.parent, *directory.iterdir())
    return next(p for p in places if os.path.samestat(p.stat(), found))


class FailingFiles(Files):
    """Raises an OSError at the nth write or fsync, once or from then on, and says of which file."""

    def __init__(
        self, directory: Path, call: str, nth: int, *, error: int, is_lasting: bool = False
    ) -> None:
        super().__init__()
        self._directory = directory
        self._call, self._left = call, nth
        self._error, self._is_lasting = error, is_lasting
        self.failed: list[Path] = []

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        self._maybe_fail("write", descriptor)
        super().write(descriptor, data, offset)

    def fsync(self, descriptor: int) -> None:
        self._maybe_fail("fsync", descriptor)
        super().fsync(descriptor)

    def _maybe_fail(self, call: str, descriptor: int) -> None:
        if call != self._call:
            return
        self._left -= 1
        if self._left == 0 or (self._is_lasting and self._left < 0):
            self.failed.append(path_of(descriptor, self._directory))
            raise OSError(self._error, os.strerror(self._error))


class DeadlyFiles(Files):
    """Kills its own process at the nth time that a step of the commit is reached.

    The steps are "write", "fsync" (before the call), "written" (in the middle of a write), and
    those that the writer names by calling `reached`.
    """

    def __init__(self, step: str, nth: int) -> None:
        super().__init__()
        self._step, self._left = step, nth

    def reached(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        self.reached("write")
        half = len(data) // 2
        super().write(descriptor, data[:half], offset)
        self.reached("written")
        super().write(descriptor, data[half:], offset + half)

    def fsync(self, descriptor: int) -> None:
        self.reached("fsync")
        super().fsync(descriptor)


NAMED_STEPS = ("begin", "rows inserted", "columns durable", "committed", "head written", "sealed")
"""What a writer may say it has reached."""


def known_steps() -> tuple[str, ...]:
    """The steps that a writer can be killed at."""
    return ("write", "written", "fsync", *NAMED_STEPS)

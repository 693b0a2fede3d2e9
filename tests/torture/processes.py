"""Functions run in forked processes, so that they can die without taking the harness along.

Forking is cheap only because the parent has everything imported, and safe only because it has no
threads: `python -m tests.torture` sees to it that numpy and faiss start none.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class SharedNumbers:
    """Integers seen by a process and those it forks; what is written stays, whoever dies."""

    def __init__(self, count: int) -> None:
        self._memory = mmap.mmap(-1, 8 * count)

    def __getitem__(self, at: int) -> int:
        return int(struct.unpack_from("q", self._memory, 8 * at)[0])

    def __setitem__(self, at: int, value: int) -> None:
        struct.pack_into("q", self._memory, 8 * at, value)


@dataclass(frozen=True)
class Ended:
    """How a forked function ended."""

    signal: int
    """The signal it died by, or 0."""
    value: Any = None
    """What it returned."""
    error: str = ""
    """The traceback of what it raised."""


class Forked:
    """A function running in a process of its own."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._result, child_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._result)
            _report(function, child_end)
        os.close(child_end)

    def kill(self) -> None:
        """End it as a power switch would."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> Ended:
        """Wait for its end."""
        content = b""
        while part := os.read(self._result, 1 << 16):
            content += part
        os.close(self._result)
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            return Ended(os.WTERMSIG(status))
        value, error = pickle.loads(content)
        return Ended(0, value, error)


def _report(function: Callable[[], Any], pipe: int) -> None:
    """Run the function, send what came of it, and leave without the parent's exit handlers."""
    try:
        try:
            result = (function(), "")
        except BaseException:  # noqa: BLE001  (all that ends the function is the parent's to judge)
            result = (None, traceback.format_exc())
        content = pickle.dumps(result)
        while content:
            content = content[os.write(pipe, content) :]
    finally:
        os._exit(0)

"""Where a daemon leaves word of itself: a lock that its death releases, its state, its log.

They lie in the store's directory, so that whoever knows the store finds its daemon.
"""

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indexes.lock import WriterLock
from rag_lifelong.daemon.state import WatchState
from rag_lifelong.errors import IndexLockedError, RagLifelongError

LOCK = "watcher.lock"
STATE = "watcher.json"
LOG = "watcher.log"
_TOLD_EVERY_S = 1.0
_POLL_S = 0.05


def lock(store: Path) -> WriterLock:
    """Be the one daemon of a store until it is released; a lock left by a dead one is no obstacle.

    Raises:
        IndexLockedError: If another daemon runs.
    """
    return WriterLock(store / LOCK, held="is being watched")


def running(store: Path) -> int | None:
    """The process that watches a store; None if none does."""
    if not (store / LOCK).exists():
        return None
    try:
        lock(store).release()
    except IndexLockedError:
        with suppress(OSError, ValueError, KeyError, TypeError):
            return int(json.loads((store / LOCK).read_text())["pid"])
    return None


def stop(store: Path, *, wait_s: float) -> int | None:
    """Ask the daemon of a store to end, and wait until it has; its process, or None if none ran.

    Raises:
        RagLifelongError: If it has not ended in time.
    """
    pid = running(store)
    if pid is None:
        return None
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + wait_s
    while running(store) == pid:
        if time.monotonic() > deadline:
            raise RagLifelongError(
                f"the daemon {pid} of {store} has not ended after {wait_s:g} s",
                hint="it finishes the batch under way; wait, or end it with `kill -9`, which loses "
                "nothing that was committed",
            )
        time.sleep(_POLL_S)
    return pid


class StateFile:
    """Tells the daemon's state to other processes: one JSON object, replaced as a whole."""

    def __init__(self, store: Path) -> None:
        self._path = store / STATE
        self._next = 0.0
        self._last = ""

    def tell(self, state: WatchState, *, now: bool = False) -> None:
        """Write the state, at most once a second unless it is to be `now`."""
        if not now and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _TOLD_EVERY_S
        content = json.dumps(asdict(state), ensure_ascii=False)
        if content == self._last:
            return
        self._last = content
        part = self._path.with_suffix(".part")
        # A full disk must not end the daemon: what it tells of itself is then late.
        with suppress(OSError):
            part.write_text(content, encoding="utf-8")
            part.replace(self._path)


def told(store: Path) -> dict[str, Any]:
    """What the daemon of a store last told; empty if it never did."""
    try:
        found: dict[str, Any] = json.loads((store / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found

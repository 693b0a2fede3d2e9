"""When a file that changes has come to rest, so that it is read whole, and once.

A file is at rest when its writer closed it or nothing was heard of it for a while, and its size and
time of change are what they were. Editors that save by renaming, and tools that write in many
pieces, so make one revision of it and not three.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LATE_SECONDS = 1.0
"""How much longer what is gone is waited for: half a move is told half a second late."""
DEBOUNCE_SECONDS = 0.15
"""How long a folder, or a file that was closed or moved there, is waited for: a save has several
events."""
SETTLE_SECONDS = 2.0
"""How long a file must be unchanged that nobody was heard to close. What is gone is waited for
longer: it may turn up elsewhere, and then it has moved."""
LOOK_SECONDS = 5.0
"""How often a path is asked about again that is waited for beyond the usual."""

WaitFor = Callable[[Path, float], float]
"""How many seconds longer to wait for a path that has been quiet for so many."""

_State = tuple[int, int] | None
"""Size and time of change, of a folder zeros; None for what is not there."""
_FOLDER = (0, 0)


@dataclass(slots=True)
class _Waiting:
    state: _State
    since: float
    """When it was last heard of, or seen to change."""
    is_closed: bool
    not_before: float = 0.0


class Settling:
    """Paths that changed and are not at rest yet. Times are seconds of a monotonic clock.

    Args:
        debounce_s: See `DEBOUNCE_SECONDS`.
        settle_s: See `SETTLE_SECONDS`.
        wait_for: How much longer some paths are waited for.
    """

    def __init__(
        self,
        *,
        debounce_s: float = DEBOUNCE_SECONDS,
        settle_s: float = SETTLE_SECONDS,
        wait_for: WaitFor = lambda _path, _quiet_s: 0.0,
    ) -> None:
        self._debounce_s = debounce_s
        self._settle_s = settle_s
        self._wait_for = wait_for
        self._waiting: dict[Path, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, path: Path) -> bool:
        return path in self._waiting

    def touch(self, path: Path, now: float, *, is_closed: bool = False) -> None:
        """A path changed, or may have."""
        self._waiting[path] = _Waiting(_state(path), now, is_closed)

    def due_s(self, now: float) -> float | None:
        """Seconds until the next path may be at rest; None if none waits."""
        if not self._waiting:
            return None
        return max(0.0, min(self._at(one) for one in self._waiting.values()) - now)

    def take(self, now: float) -> list[Path]:
        """Remove and return the paths at rest, in the order in which they were heard of."""
        settled = []
        for path, one in list(self._waiting.items()):
            if self._at(one) > now:
                continue
            state = _state(path)
            if state != one.state:
                self._waiting[path] = _Waiting(state, now, is_closed=False)
                continue
            is_file = state is not None and state != _FOLDER
            longer = self._wait_for(path, now - one.since) if is_file else 0.0
            if longer > 0:
                one.not_before = now + min(longer, LOOK_SECONDS)
            else:
                settled.append(path)
                del self._waiting[path]
        return settled

    def clear(self) -> None:
        """Forget all: everything is going to be looked at."""
        self._waiting.clear()

    def _at(self, one: _Waiting) -> float:
        if one.state is None:
            return one.since + self._settle_s + _LATE_SECONDS
        is_quick = one.is_closed or one.state == _FOLDER
        at_rest = one.since + (self._debounce_s if is_quick else self._settle_s)
        return max(at_rest, one.not_before)


def _state(path: Path) -> _State:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return _FOLDER if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns)

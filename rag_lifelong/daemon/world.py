"""What the daemon's loop has of the world: clocks, events, and room; a test gives it its own."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ingest.watching.events import Changes, EventCounts, EventSource
from rag_lifelong.temporal import Clock


class Events(Protocol):
    """Tells of changes under some roots while it is entered; see `EventSource`."""

    counts: EventCounts

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def take(self, timeout_s: float | None) -> Changes:
        """Return what changed, waiting until something does, but no longer than the timeout."""
        ...

    def arm(self) -> None:
        """Observe anew, without a gap."""
        ...

    def count_refused(self) -> int:
        """How many folders are not watched that should be."""
        ...

    def wake(self) -> None:
        """Make a `take` that waits return."""
        ...


def _observe(roots: Sequence[Path], is_polled: bool) -> Events:  # noqa: FBT001
    return EventSource(roots, poll=is_polled)


def _uptime() -> float:
    """Seconds since the machine started, those it slept among them."""
    # Where there is no such clock, a sleep is not noticed until the hourly look at everything.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The world as it is, unless something else is given."""

    now: Clock
    """The time of day, which files and the store are dated by."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that the machine was awake."""
    uptime: Callable[[], float] = _uptime
    """Seconds, those that the machine slept among them."""
    wait: Callable[[threading.Event, float], object] = threading.Event.wait
    """Waits until an event is set, but no longer than so many seconds."""
    observe: Callable[[Sequence[Path], bool], Events] = _observe
    """Hears of changes under roots, or polls for them."""
    lacking: Callable[[], str] = str
    """What there is too little of to work: `disk`, `memory`, or nothing, which is empty."""

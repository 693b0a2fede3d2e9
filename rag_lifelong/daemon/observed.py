"""The roots that are there, observed: which of them are away, came back, or are others now."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from ingest.watching.events import Changes, EventCounts
from ingest.watching.roots import is_remote
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.daemon.world import Events, World


class Observed:
    """Observes roots; those of network file systems are polled.

    Args:
        roots: What is watched.
        world: Gives what hears of changes.
        poll: Whether to compare listings instead; None: where the file system is a network's.

    Attributes:
        away: Roots that were not there when they were last armed.
        returns: How often a root came back, or another in its place.
    """

    def __init__(self, roots: Sequence[WatchedRoot], world: World, *, poll: bool | None) -> None:
        self._roots = roots
        self._world = world
        self._poll = poll
        self._events: list[Events] = []
        self._is_first = True
        self.away: list[str] = []
        self.returns = 0

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Hear of changes in the roots that are there."""
        there = [root for root in self._roots if root.is_there()]
        for root in self._roots:
            self.returns += root.is_replaced() and not self._is_first
        self._is_first = False
        polled = [root.path for root in there if self._is_polled(root)]
        heard = [root.path for root in there if not self._is_polled(root)]
        self.away = [str(root.path) for root in self._roots if root not in there]
        made = [(heard, False), (polled, True)]
        self._events = [self._world.observe(paths, poll) for paths, poll in made if paths]
        with ExitStack() as stack:
            for events in self._events:
                stack.enter_context(events)
            yield

    def are_changed(self) -> bool:
        """Whether a root is gone, back, or another one than it was."""
        return any([self._is_changed(root) for root in self._roots])  # noqa: C419  (all are asked)

    def take(self, timeout_s: float) -> Iterator[Changes]:
        """Yield what changed; waits as long as nothing does. Nothing if no root is there."""
        for number, events in enumerate(self._events):
            # One of them is waited for; the other, if there is one, is polled and late anyway.
            yield events.take(timeout_s if number == 0 else 0.0)

    def __len__(self) -> int:
        """How many sources of events there are."""
        return len(self._events)

    def wake(self) -> None:
        """Make a `take` that waits return."""
        for events in self._events:
            events.wake()

    def count_refused(self) -> int:
        """How many folders are not watched that should be."""
        return sum(events.count_refused() for events in self._events)

    def arm_again(self) -> None:
        """Observe all anew: folders made while events were lost are not watched."""
        for events in self._events:
            events.arm()

    @property
    def counts(self) -> EventCounts:
        """What was counted since the roots were armed."""
        every = [events.counts for events in self._events]
        return EventCounts(
            events=sum(one.events for one in every),
            overflows=sum(one.overflows for one in every),
            refused=sum(one.refused for one in every),
        )

    def _is_polled(self, root: WatchedRoot) -> bool:
        return is_remote(root.path) if self._poll is None else self._poll

    def _is_changed(self, root: WatchedRoot) -> bool:
        is_newly_away = not root.is_there() and str(root.path) not in self.away
        is_back = root.is_replaced()
        self.returns += is_back
        return is_back or is_newly_away

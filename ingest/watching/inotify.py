"""watchdog's observer for Linux, but for what it does when the kernel's queue overflows.

watchdog then removes every watch and adds it again, one after the other. Each removal is an event
of its own, so that a tree with more folders than the queue is long overflows it again, for ever,
and takes a core (seen with watchdog 7.1 and a queue of 64). Here an overflow changes nothing: it
is logged, which `EventSource` hears, and whether a folder made meanwhile is watched is counted.
"""

import os
from typing import Any

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyWatchGroup
from watchdog.observers.inotify_c import InotifyFD


class _Group(InotifyWatchGroup):
    def on_queue_overflow(self) -> None:
        """Forget half a move: its other half may be lost."""
        with self._lock:
            self._move_event_grouper.discard_pending_events()


class _Emitter(InotifyEmitter):
    """Has a queue of its own, so that closing it drops what nobody wants to hear any more."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options, inotify_fd=InotifyFD())

    def on_thread_start(self) -> None:
        """Begin to watch."""
        self._inotify_fd.start()
        self._inotify = _Group(
            self._inotify_fd,
            os.fsencode(self.watch.path),
            is_recursive=self.watch.is_recursive,
            event_mask=self.get_event_mask_from_filter(),
            follow_symlink=self.watch.follow_symlink,
        )

    def on_thread_stop(self) -> None:
        """Stop watching, and let the kernel forget the queue."""
        super().on_thread_stop()
        self._inotify_fd.stop()


class LevelObserver(BaseObserver):
    """Observes folders by inotify(7)."""

    def __init__(self) -> None:
        super().__init__(_Emitter)

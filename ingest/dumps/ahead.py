"""Runs a producer in a thread, a bounded number of items ahead of who takes them."""

import queue
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
Put = Callable[[T], None]

_POLL_SECONDS = 0.1


class _Stopped(BaseException):
    """Nobody takes the items any more; not an `Exception`, so that no library swallows it."""


def ahead(produce: Callable[[Put[T]], None], *, limit: int) -> Generator[T, None, None]:
    """Yield what `produce` puts, while it runs in a thread at most `limit` items ahead.

    What it raises is raised here, after all that it put. When the iterator is closed, its next
    put ends it.
    """
    items: queue.Queue[T | _End] = queue.Queue(limit)
    stop = threading.Event()
    # A daemon, so that an iterator nobody closed does not keep the program from ending.
    thread = threading.Thread(target=_run, args=(produce, items, stop), daemon=True)
    thread.start()
    try:
        while not isinstance(item := items.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stop.set()
        thread.join()


class _End:
    """Follows the last item; what the producer raised, if it did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def _run(
    produce: Callable[[Put[T]], None], items: "queue.Queue[T | _End]", stop: threading.Event
) -> None:
    def put(item: T | _End) -> None:
        while not stop.is_set():
            try:
                items.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return
        raise _Stopped

    error: BaseException | None = None
    try:
        try:
            produce(put)
        except Exception as e:  # noqa: BLE001  (raised again where the items are taken)
            error = e
        put(_End(error))
    except _Stopped:
        pass

"""How long each stage of a piece of work took."""

import time


class Stopwatch:
    """Seconds from the start to each mark."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._spans: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Name the time since the last mark; what one name is given to is added up."""
        now = time.perf_counter()
        self._spans[name] = self._spans.get(name, 0.0) + now - self._last
        self._last = now

    def report(self) -> dict[str, float]:
        """The spans, in the order of their first marks."""
        return dict(self._spans)

    def total(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

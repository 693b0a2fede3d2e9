"""The daemon's state as Prometheus metrics, over HTTP on this machine alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from rag_lifelong.daemon.state import WatchState
from rag_lifelong.errors import ConfigError

_PREFIX = "rag_lifelong_watch_"
_GAUGES = {
    "lag_s": ("lag_seconds", "Age of the oldest change that is not in the store"),
    "waiting": ("waiting_paths", "Paths that changed and are not at rest yet"),
    "skipped": ("skipped_files", "Files that could not be read the last time"),
    "away": ("away_roots", "Watched roots that are not there"),
    "refused": ("refused_watches", "Folders that the kernel does not watch"),
    "jobs_waiting": ("waiting_jobs", "What could not be read and is tried again"),
    "jobs_dead": ("dead_jobs", "What could not be read and is left"),
}
_COUNTERS = {
    "updates": "Updates of the store",
    "returns": "Times that a root came back, or another in its place",
    "rescans": "Looks at everything",
    "added": "Documents added",
    "updated": "Revisions of documents that were there",
    "closed": "Documents that ended",
    "moved": "Documents that moved",
    "chunks_embedded": "Chunks embedded",
    "events": "Events of the file system",
    "overflows": "Times that events were lost",
}


@contextmanager
def serving(port: int, state: Callable[[], WatchState]) -> Iterator[int]:
    """Answer `GET /metrics` on the loopback address; give the port (0 takes a free one).

    Raises:
        ConfigError: If the port is taken.
    """
    registry = CollectorRegistry()
    registry.register(_Collector(state))
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        raise ConfigError(
            f"watch.metrics_port = {port}: {(error.strerror or str(error)).lower()}",
            hint="name another port, or 0 for none",
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Collector:
    """Reads the state when it is asked for."""

    def __init__(self, state: Callable[[], WatchState]) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        told = asdict(self._state())
        told |= told.pop("events")
        for name, (metric, meaning) in _GAUGES.items():
            yield GaugeMetricFamily(_PREFIX + metric, meaning, value=_number(told[name]))
        for name, meaning in _COUNTERS.items():
            yield CounterMetricFamily(_PREFIX + name, meaning, value=_number(told[name]))


def _number(value: object) -> float:
    return float(len(value)) if isinstance(value, dict | list) else float(str(value))

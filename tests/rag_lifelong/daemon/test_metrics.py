"""What Prometheus would read."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from rag_lifelong.daemon.metrics import serving
from rag_lifelong.daemon.state import WatchState
from rag_lifelong.errors import ConfigError


def test_the_state_is_read_as_metrics() -> None:
    state = WatchState(added=3, lag_s=1.5, skipped={"file:///a": "no"})
    state.events.overflows = 2
    with serving(0, lambda: state) as port:
        state.added = 4
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
        with pytest.raises(ConfigError, match="metrics_port"), serving(port, lambda: state):
            pass
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["rag_lifelong_watch_added_total"] == 4
    assert found["rag_lifelong_watch_lag_seconds"] == 1.5
    assert found["rag_lifelong_watch_skipped_files"] == 1
    assert found["rag_lifelong_watch_overflows_total"] == 2

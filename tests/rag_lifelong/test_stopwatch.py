"""What was spent is told by name, in order, and no second is lost."""

import pytest

from rag_lifelong.stopwatch import Stopwatch


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock shows from one look to the next; the last look shows the last of them."""
    shown = [10.0]
    monkeypatch.setattr("time.perf_counter", lambda: shown[-1])
    return shown


def test_each_mark_names_the_time_since_the_last(seconds: list[float]):
    watch = Stopwatch()
    seconds.append(11.0)
    watch.mark("search")
    seconds.append(14.0)
    watch.mark("read")
    seconds.append(15.0)
    assert watch.report() == {"search": 1.0, "read": 3.0}
    assert watch.total() == 5.0


def test_a_stage_that_is_done_twice_is_added_up_where_it_was_first(seconds: list[float]):
    watch = Stopwatch()
    for now, stage in [(11.0, "search"), (13.0, "claims"), (17.0, "search")]:
        seconds.append(now)
        watch.mark(stage)
    assert list(watch.report().items()) == [("search", 5.0), ("claims", 2.0)]

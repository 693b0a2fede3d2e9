"""Thinning a history: the last of each day or month, or of all."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dumps.thinning import Keep, Thinning

START = datetime(2020, 1, 30, 20, tzinfo=UTC)
HOURS = [0, 1, 3, 5, 30, 31, 400, 401, 2000]


def _kept(keep: Keep, hours: list[int]) -> list[int]:
    thinning: Thinning[int] = Thinning(keep)
    found = [thinning.offer(START + timedelta(hours=hour), hour) for hour in hours]
    return [hour for hour in [*found, thinning.finish()] if hour is not None]


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (Keep.ALL, HOURS),
        (Keep.LATEST, [2000]),
        (Keep.DAILY, [3, 5, 31, 401, 2000]),
        (Keep.MONTHLY, [5, 401, 2000]),
    ],
)
def test_the_last_of_each_day_or_month_is_kept(keep: Keep, expected: list[int]) -> None:
    assert _kept(keep, HOURS) == expected


@pytest.mark.parametrize("keep", [Keep.LATEST, Keep.DAILY, Keep.MONTHLY])
@pytest.mark.parametrize("hours", [HOURS[::-1], [5, 0, 1, 3, 2000, 400]])
def test_an_order_that_is_not_that_of_time_loses_no_last_one(keep: Keep, hours: list[int]) -> None:
    assert set(_kept(keep, hours)) >= set(_kept(keep, sorted(hours)))


def test_newest_first_is_thinned_too() -> None:
    assert _kept(Keep.DAILY, HOURS[::-1]) == [401, 31, 5, 3, 2000]


def test_days_are_those_of_utc() -> None:
    thinning: Thinning[str] = Thinning(Keep.DAILY)
    east = timezone(timedelta(hours=9))
    assert thinning.offer(datetime(2020, 1, 2, 8, tzinfo=east).astimezone(UTC), "1 Jan") is None
    assert thinning.offer(datetime(2020, 1, 2, 10, tzinfo=east).astimezone(UTC), "2 Jan") == "1 Jan"
    assert thinning.finish() == "2 Jan"


def test_a_page_does_not_thin_the_next() -> None:
    thinning: Thinning[str] = Thinning(Keep.LATEST)
    for page in ("A", "B"):
        assert thinning.offer(START, page) is None
        assert thinning.finish() == page
    assert thinning.finish() is None


@given(st.lists(st.integers(0, 3000), max_size=40), st.sampled_from(list(Keep)))
def test_of_a_history_in_order_the_last_of_each_time_is_kept(hours: list[int], keep: Keep) -> None:
    hours = sorted(set(hours))
    size = {Keep.ALL: 99, Keep.DAILY: 10, Keep.MONTHLY: 7, Keep.LATEST: 0}[keep]
    times = groupby(hours, lambda hour: (START + timedelta(hours=hour)).isoformat()[:size])
    assert _kept(keep, hours) == [list(group)[-1] for _, group in times]

"""Windows in the calendar of the asker's zone, and how exactly they are told."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, Precision
from rag_lifelong.types import TimeIntent

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
ASKED = datetime(2021, 5, 6, 22, tzinfo=UTC)


def parse(question: str, zone: ZoneInfo | timezone, asked: datetime = ASKED) -> TimeIntent:
    return parse_time_intent(question, asked_at=asked, timezone=zone)


def span(start: str, end: str) -> Interval:
    return Interval(*(datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (start, end)))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who won yesterday?", span("2021-05-05T15:00", "2021-05-06T15:00")),
        ("Who won on 6 May 2021?", span("2021-05-05T15:00", "2021-05-06T15:00")),
        ("Who won in 2020?", span("2019-12-31T15:00", "2020-12-31T15:00")),
        ("Who has won since 2020?", span("2019-12-31T15:00", "2021-05-06T22:00")),
        ("Who has won in the past 2 hours?", span("2021-05-06T20:00", "2021-05-06T22:00")),
        ("Who wins now?", span("2021-05-06T22:00:00", "2021-05-06T22:00:01")),
    ],
)
def test_days_and_years_are_those_of_the_zone(question: str, expected: Interval) -> None:
    assert parse(question, TOKYO).window == expected


def test_the_ends_of_time_have_no_zone() -> None:
    before = parse("Who won before 2020?", TOKYO).window
    after = parse("Who will win after 2030?", TOKYO).window
    assert before is not None
    assert after is not None
    assert (before.start, after.end) == (MIN_TIME, MAX_TIME)


def test_a_day_on_which_clocks_change_has_its_own_length() -> None:
    spring = parse("Who won on 28 March 2021?", BERLIN).window
    autumn = parse("Who won on 31 October 2021?", BERLIN).window
    assert spring is not None
    assert autumn is not None
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_an_hour_that_comes_twice_is_read_without_fail() -> None:
    asked = datetime(2021, 10, 31, 1, 30, tzinfo=UTC)  # The second half past two in Berlin.
    intent = parse("Who will win in the next 10 minutes?", BERLIN, asked)
    assert intent.window is not None
    assert intent.window.start == asked
    assert parse("Who wins now?", BERLIN, asked).window == Interval(
        asked, asked + timedelta(seconds=1)
    )


PRECISIONS = [
    ("in the 19th century", Precision.CENTURY),
    ("in the 1990s", Precision.DECADE),
    ("in the early 1990s", Precision.YEAR),
    ("in 2019", Precision.YEAR),
    ("in fiscal 2019", Precision.YEAR),
    ("in Q3 2019", Precision.QUARTER),
    ("in summer 2019", Precision.QUARTER),
    ("in early 2019", Precision.QUARTER),
    ("in March 2019", Precision.MONTH),
    ("last week", Precision.WEEK),
    ("in early March 2019", Precision.WEEK),
    ("on 3 March 2019", Precision.DAY),
    ("two hours ago", Precision.SECOND),
    ("now", Precision.SECOND),
    ("in the past 2 months", Precision.MONTH),
    ("from 2015 to 3 March 2019", Precision.YEAR),
    ("before 3 March 2019", Precision.DAY),
]


@pytest.mark.parametrize(("when", "precision"), PRECISIONS)
def test_a_window_tells_how_exactly_it_was_named(when: str, precision: Precision) -> None:
    assert parse(f"Who was the mayor {when}?", UTC).precision is precision


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(
        ["Who won yesterday?", "Who won in 2019?", "Who won in the past 2 hours?", "?"]
    ),
    st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
)
def test_any_moment_in_any_zone_gives_an_ordered_window(
    asked: datetime, question: str, zone: timezone
) -> None:
    window = parse(question, zone, asked).window
    assert window is None or window.start <= window.end

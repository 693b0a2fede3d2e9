"""Instants, intervals and dates of limited precision."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.temporal import (
    MAX_TIME,
    MIN_TIME,
    Interval,
    Precision,
    day_interval,
    format_when,
    from_us,
    instant_interval,
    month_interval,
    parse_when,
    to_us,
    year_interval,
)

INSTANTS = st.datetimes(timezones=st.just(UTC))
BOUNDED = INSTANTS.filter(lambda instant: instant < MAX_TIME - timedelta(days=2))


def utc(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("2019", utc(2019), utc(2020), Precision.YEAR),
        ("0001", utc(1), utc(2), Precision.YEAR),
        ("9998", utc(9998), utc(9999), Precision.YEAR),
        ("9999", utc(9999), MAX_TIME, Precision.YEAR),
        ("2019-06", utc(2019, 6), utc(2019, 7), Precision.MONTH),
        ("2019-6", utc(2019, 6), utc(2019, 7), Precision.MONTH),
        ("2019-12", utc(2019, 12), utc(2020), Precision.MONTH),
        ("2020-02", utc(2020, 2), utc(2020, 3), Precision.MONTH),
        ("9999-12", utc(9999, 12), MAX_TIME, Precision.MONTH),
        ("2019-06-01", utc(2019, 6), utc(2019, 6, 2), Precision.DAY),
        (" 2019-06-01\n", utc(2019, 6), utc(2019, 6, 2), Precision.DAY),
        ("2019-12-31", utc(2019, 12, 31), utc(2020), Precision.DAY),
        ("2020-02-29", utc(2020, 2, 29), utc(2020, 3), Precision.DAY),
        ("2000-02-29", utc(2000, 2, 29), utc(2000, 3), Precision.DAY),
    ],
)
def test_a_date_is_the_whole_interval_it_names(
    text: str, start: datetime, end: datetime, precision: Precision
) -> None:
    assert parse_when(text) == (Interval(start, end), precision)


@pytest.mark.parametrize(
    "text",
    [
        "2019-06-01T12:00:00Z",
        "2019-06-01T12:00:00",
        "2019-06-01 12:00",
        "2019-06-01T14:00:00+02:00",
        "2019-06-01T05:30:00-06:30",
    ],
)
def test_an_instant_is_a_second_in_utc(text: str) -> None:
    noon = datetime(2019, 6, 1, 12, tzinfo=UTC)
    assert parse_when(text) == (Interval(noon, noon + timedelta(seconds=1)), Precision.SECOND)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "0000",
        "19",
        "2019-13",
        "2019-00",
        "2019-02-30",
        "2019-02-29",
        "1900-02-29",
        "2019-06-31",
        "2019-06-01T25:00",
        "20190",
        "-2019",
        "6 May 2021",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the calendar's own message, or ours)
        parse_when(text)


def test_the_message_shows_what_a_date_looks_like() -> None:
    with pytest.raises(ValueError, match=r"not a date: 'soon' \(expected 2019, 2019-06"):
        parse_when("soon")


@given(INSTANTS)
def test_microseconds_round_trip_from_year_1_to_9999(instant: datetime) -> None:
    assert from_us(to_us(instant)) == instant


@pytest.mark.parametrize(
    "instant", [MIN_TIME, MAX_TIME, utc(1970), utc(1969, 12, 31), utc(2000, 2, 29)]
)
def test_the_ends_of_time_and_leap_days_round_trip(instant: datetime) -> None:
    assert from_us(to_us(instant)) == instant


def test_columns_hold_int64_microseconds() -> None:
    assert to_us(utc(1970)) == 0
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert -(2**63) < to_us(MIN_TIME) < to_us(MAX_TIME) < 2**63


@given(INSTANTS, INSTANTS)
def test_microseconds_keep_the_order(one: datetime, other: datetime) -> None:
    assert (one < other) == (to_us(one) < to_us(other))


def test_microseconds_do_not_depend_on_the_zone() -> None:
    elsewhere = datetime(2019, 6, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert to_us(elsewhere) == to_us(datetime(2019, 6, 1, 12, tzinfo=UTC))


@given(BOUNDED)
def test_each_precision_holds_the_next_finer_one(instant: datetime) -> None:
    year = year_interval(instant.year)
    month = month_interval(instant.year, instant.month)
    day = day_interval(instant.year, instant.month, instant.day)
    second = instant_interval(instant)
    assert year.start <= month.start <= day.start <= second.start == instant
    assert instant < second.end
    assert instant in year
    assert instant in month
    assert instant in day


@given(st.integers(1, 9998))
def test_the_months_of_a_year_follow_each_other(year: int) -> None:
    months = [month_interval(year, month) for month in range(1, 13)]
    assert months[0].start == year_interval(year).start
    assert months[-1].end == year_interval(year).end
    assert all(one.end == next_.start for one, next_ in pairwise(months))


WRITTEN = [Precision.YEAR, Precision.MONTH, Precision.DAY, Precision.SECOND]
"""What an ISO 8601 date can be exact to; the others are of times in questions alone."""


@given(BOUNDED, st.sampled_from(WRITTEN))
def test_what_is_formatted_is_parsed_again(instant: datetime, precision: Precision) -> None:
    whole = instant.replace(microsecond=0)
    interval, parsed = parse_when(format_when(whole, precision))
    assert parsed is precision
    assert whole in interval


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        (Precision.YEAR, "0079"),
        (Precision.MONTH, "0079-08"),
        (Precision.DAY, "0079-08-24"),
        (Precision.SECOND, "0079-08-24T13:00:00Z"),
    ],
)
def test_a_date_is_written_as_far_as_it_is_known(precision: Precision, text: str) -> None:
    assert format_when(datetime(79, 8, 24, 13, tzinfo=UTC), precision) == text


def test_an_interval_is_half_open() -> None:
    june = month_interval(2019, 6)
    assert june.start in june
    assert june.end not in june
    assert june.end - timedelta(microseconds=1) in june


def test_intervals_that_touch_do_not_intersect() -> None:
    june, july, year = month_interval(2019, 6), month_interval(2019, 7), year_interval(2019)
    assert not june.intersects(july)
    assert not july.intersects(june)
    assert june.intersects(year)
    assert year.intersects(june)


def test_an_empty_interval_holds_nothing() -> None:
    empty = Interval(utc(2019), utc(2019))
    assert utc(2019) not in empty


def test_a_naive_or_reversed_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Interval(utc(2019).replace(tzinfo=None), utc(2020))
    with pytest.raises(ValueError, match="naive"):
        Interval(utc(2019), utc(2020).replace(tzinfo=None))
    with pytest.raises(ValueError, match="before it starts"):
        Interval(utc(2020), utc(2019))


def test_a_naive_instant_is_taken_as_utc() -> None:
    assert instant_interval(utc(2019).replace(tzinfo=None)) == instant_interval(utc(2019))


def test_the_last_day_of_the_calendar_ends_with_time() -> None:
    assert parse_when("9999-12-31")[0].end == MAX_TIME
    assert day_interval(9999, 12, 31).end == MAX_TIME


def test_the_last_second_of_the_calendar_ends_with_time() -> None:
    assert instant_interval(MAX_TIME).end == MAX_TIME


def test_an_instant_outside_the_calendar_in_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="not a date"):
        parse_when("0001-01-01T00:00:00+05:00")

"""Flags bound what is seen; words in the question prefer inside those bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rag_lifelong.retrieval.plan import Moment, describe, plan_time
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, parse_when
from rag_lifelong.types import (
    Anchor,
    AskedFor,
    CountedFrom,
    Ordinal,
    TimeFilter,
    TimeIntent,
    TimeRelation,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def during(when: str) -> TimeIntent:
    return TimeIntent(
        relation=TimeRelation.DURING, window=parse_when(when)[0], phrase=f"in {when}", topic="who?"
    )


NONE = TimeIntent(relation=TimeRelation.NONE, window=None)


def test_without_any_time_what_holds_now_is_searched():
    plan = plan_time(NONE, Moment(asked_at=NOW))
    assert NOW in plan.base.as_of
    assert plan.preferred is None
    assert plan.window is None


def test_known_at_is_the_latest_now():
    known = datetime(2020, 5, 1, tzinfo=UTC)
    plan = plan_time(NONE, Moment(asked_at=NOW, known_at=known))
    assert plan.base.known_at == known
    assert known in plan.base.as_of


def test_a_flag_is_a_hard_filter():
    plan = plan_time(NONE, Moment(asked_at=NOW, as_of=parse_when("2019")[0]))
    assert plan.base.as_of == parse_when("2019")[0]
    assert plan.window == parse_when("2019")[0]


def test_words_prefer_their_window():
    plan = plan_time(during("2019"), Moment(asked_at=NOW))
    assert plan.preferred.as_of == parse_when("2019")[0]
    assert NOW in plan.base.as_of
    assert plan.parsed == "during 2019-01-01 to 2019-12-31"


def test_a_time_without_a_beginning_is_told_by_its_end():
    before = TimeIntent(
        relation=TimeRelation.BEFORE, window=Interval(MIN_TIME, parse_when("2019")[0].start)
    )
    assert plan_time(before, Moment(asked_at=NOW)).parsed == "up to 2018-12-31"


def test_words_cannot_reach_beyond_a_flag():
    as_of = parse_when("2015")[0]
    plan = plan_time(during("2019"), Moment(asked_at=NOW, as_of=as_of))
    assert plan.preferred is None
    assert plan.base.as_of == as_of
    plan = plan_time(during("2015"), Moment(asked_at=NOW, as_of=parse_when("2015-06")[0]))
    assert plan.preferred.as_of.end == parse_when("2015-06")[0].end


def test_between_searches_all_that_held_in_it():
    plan = plan_time(NONE, Moment(asked_at=NOW, between=parse_when("2015")[0]))
    assert plan.base.between == parse_when("2015")[0]
    assert plan.base.as_of is None


def test_words_cannot_reach_before_a_between_either():
    between = parse_when("2015")[0]
    assert plan_time(during("2010"), Moment(asked_at=NOW, between=between)).preferred is None
    plan = plan_time(during("2015-03"), Moment(asked_at=NOW, between=between))
    assert plan.preferred.as_of == parse_when("2015-03")[0]


def test_intervals_are_told_by_their_days():
    assert describe(parse_when("2019")[0]) == "2019-01-01 to 2019-12-31"
    assert describe(parse_when("2019-06-01")[0]) == "2019-06-01"


def test_a_window_is_told_in_the_days_of_the_asker():
    day = Interval(datetime(2021, 5, 4, 15, tzinfo=UTC), datetime(2021, 5, 5, 15, tzinfo=UTC))
    assert describe(day, ZoneInfo("Asia/Tokyo")) == "2021-05-05"
    assert describe(day) == "2021-05-04 to 2021-05-05"


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Lima"])
def test_the_ends_of_time_are_told_in_every_zone(zone: str):
    day = datetime(2021, 5, 5, 12, tzinfo=UTC)
    assert describe(Interval(MIN_TIME, day), ZoneInfo(zone)) == "up to 2021-05-05"
    assert describe(Interval(day, MAX_TIME), ZoneInfo(zone)) == "from 2021-05-05 on"


@pytest.mark.parametrize(
    "intent",
    [
        replace(NONE, ordinal=Ordinal(1, CountedFrom.START)),
        replace(NONE, anchor=Anchor(TimeRelation.AFTER, "the merger")),
        replace(NONE, asks=AskedFor.TIMELINE),
    ],
)
def test_what_is_put_in_order_is_searched_among_all_that_ever_held(intent: TimeIntent):
    plan = plan_time(intent, Moment(asked_at=NOW))
    assert plan.course is not None
    assert plan.course.between == Moment(asked_at=NOW).seen
    assert plan.base.as_of is not None


def test_the_course_of_things_ends_with_the_time_asked_about():
    intent = replace(during("2015"), ordinal=Ordinal(-1, CountedFrom.TIME))
    plan = plan_time(intent, Moment(asked_at=NOW))
    assert plan.course is not None
    assert plan.course.between == Interval(MIN_TIME, parse_when("2015")[0].end)


def test_the_course_of_things_stays_inside_the_flags():
    intent = replace(NONE, ordinal=Ordinal(1, CountedFrom.START))
    between = parse_when("2015")[0]
    known = parse_when("2020")[0].start
    plan = plan_time(intent, Moment(asked_at=NOW, between=between, known_at=known))
    assert plan.course == TimeFilter(between=between, known_at=known)


def test_one_state_of_things_needs_no_course():
    assert plan_time(during("2015"), Moment(asked_at=NOW)).course is None

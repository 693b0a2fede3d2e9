"""Flags bound what is seen; words in the question prefer inside those bounds."""

from __future__ import annotations

from datetime import UTC, datetime

from rag_lifelong.retrieval.plan import Moment, describe, plan_time
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import TimeIntent, TimeRelation

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

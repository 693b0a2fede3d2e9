"""Of claims at different times, those that answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.retrieval.claims import Claim
from rag_lifelong.retrieval.statements import asks_for_many
from rag_lifelong.retrieval.timeline import beside, is_ordered, resolve
from rag_lifelong.temporal import MAX_TIME, Interval, instant_interval, parse_when
from rag_lifelong.types import Anchor, AskedFor, CountedFrom, Ordinal, TimeIntent, TimeRelation

NOW = datetime(2024, 6, 1, tzinfo=UTC)
NOW_INTENT = TimeIntent(relation=TimeRelation.NOW, window=instant_interval(NOW))
NOTHING = TimeIntent(relation=TimeRelation.NONE, window=None)


def claim(position: int, value: str, since: str, told: str | None = None) -> Claim:
    begins = parse_when(since)[0].start
    published = parse_when(told or since)[0]
    return Claim(
        position=position,
        sentence=value,
        relation=1.0,
        told=published.start,
        since=begins,
        through=begins,
        until=MAX_TIME,
        latest=parse_when(since)[0].end,
        value=frozenset(value.lower().split()),
    )


LUND, BERG, DAHL = (
    claim(0, "Ada Lund", "2015"),
    claim(1, "Ben Berg", "2018"),
    claim(2, "Cy Dahl", "2021"),
)
ALL = [BERG, LUND, DAHL]


def values(resolved) -> list[int]:
    return [one.position for one in resolved.claims]


def test_now_the_newest_comes_first_and_replaces_the_others():
    resolved = resolve(ALL, NOW_INTENT, instant_interval(NOW), now=NOW)
    assert values(resolved) == [2, 1, 0]
    assert resolved.replaced == {0: BERG.since, 1: DAHL.since}


@pytest.mark.parametrize("relation", TimeRelation)
def test_without_claims_nothing_is_ordered_whatever_is_asked_of_time(relation: TimeRelation):
    intent = TimeIntent(relation=relation, window=instant_interval(NOW))
    assert not resolve([], intent, instant_interval(NOW), now=NOW).is_ordered


def test_what_is_only_announced_is_left_out():
    announced = claim(3, "Di Holm", "2025-01-01", told="2024-05-01")
    resolved = resolve([*ALL, announced], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert values(resolved)[0] == 2
    assert resolved.left_out == (3,)


def test_at_a_past_time_the_newest_that_had_begun_counts():
    window = parse_when("2019-05")[0]
    during = TimeIntent(relation=TimeRelation.DURING, window=window)
    resolved = resolve(ALL, during, window, now=NOW)
    assert values(resolved) == [1, 0]


def test_the_same_value_told_again_replaces_nothing():
    again = claim(3, "Ada Lund", "2016")
    resolved = resolve([LUND, again], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {}


def test_one_of_the_same_first_name_is_another_value():
    other = claim(3, "Ada Brisk", "2016")
    resolved = resolve([LUND, other], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {0: other.since}


def test_a_surname_alone_is_the_same_value():
    again = claim(3, "Lund", "2016")
    resolved = resolve([LUND, again], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {}


def infobox(position: int, name: str, since: str) -> Claim:
    sentence = f"incumbent: {name} residence: 10 Downing Street appointer: Elizabeth II"
    told = claim(position, f"{name} 10 Downing Street Elizabeth II", since)
    return replace(told, sentence=sentence)


def test_what_every_infobox_says_makes_no_two_values_one():
    boxes = [infobox(0, "Ada Lund", "2015"), infobox(1, "Ben Berg", "2018")]
    resolved = resolve(boxes, NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {0: boxes[1].since}


def test_infoboxes_of_one_value_replace_nothing():
    boxes = [infobox(0, "Ada Lund", "2015"), infobox(1, "Ada Lund", "2018")]
    resolved = resolve(boxes, NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {}


def test_other_details_told_in_other_words_make_no_value_another():
    one = replace(claim(0, "Ada Lund Yale", "2015"), sentence="Ada Lund came from Yale.")
    other = replace(claim(1, "Ada Lund Bonn", "2018"), sentence="Ada Lund spoke at Bonn.")
    resolved = resolve([one, other], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {}


@given(st.permutations(ALL))
def test_the_order_in_which_claims_arrive_does_not_matter(arrived: list[Claim]):
    resolved = resolve(arrived, NOW_INTENT, instant_interval(NOW), now=NOW)
    assert values(resolved) == [2, 1, 0]
    assert resolved.replaced == {0: BERG.since, 1: DAHL.since}


def test_an_old_fact_that_is_told_late_does_not_win():
    late = claim(3, "Di Holm", "2012-05-01", told="2024-05-01")
    resolved = resolve([late, *ALL], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert values(resolved)[0] == 2
    assert 2 not in resolved.replaced


def test_dates_that_overlap_have_no_order():
    same_day = claim(3, "Di Holm", "2018-05-01")
    resolved = resolve([BERG, same_day], NOW_INTENT, instant_interval(NOW), now=NOW)
    assert resolved.replaced == {}


def test_after_a_date_comes_what_held_when_it_ended_then_what_followed():
    window = parse_when("2019")[0]
    after = TimeIntent(relation=TimeRelation.AFTER, window=window)
    assert values(resolve(ALL, after, window, now=NOW)) == [1, 2, 0]


@pytest.mark.parametrize(
    ("ordinal", "chosen"),
    [
        (Ordinal(1, CountedFrom.START), 0),
        (Ordinal(2, CountedFrom.START), 1),
        (Ordinal(1, CountedFrom.END), 2),
        (Ordinal(-1, CountedFrom.TIME), 1),
    ],
)
def test_a_position_leaves_one_value(ordinal: Ordinal, chosen: int):
    intent = TimeIntent(relation=TimeRelation.NONE, window=None, ordinal=ordinal)
    resolved = resolve(ALL, intent, instant_interval(NOW), now=NOW)
    assert values(resolved) == [chosen]
    assert resolved.decided.endswith("of 3 in order of time")


@pytest.mark.parametrize(
    ("relation", "chosen"), [(TimeRelation.BEFORE, 0), (TimeRelation.AFTER, 2)]
)
def test_before_and_after_a_value_its_neighbours_answer(relation: TimeRelation, chosen: int):
    intent = TimeIntent(
        relation=TimeRelation.NONE, window=None, anchor=Anchor(relation, "Ben Berg was chief")
    )
    assert values(resolve(ALL, intent, None, now=NOW)) == [chosen]


def test_what_came_after_a_value_is_not_that_value():
    window = Interval(parse_when("2018-06")[0].start, NOW)
    after = TimeIntent(relation=TimeRelation.AFTER, window=window)
    resolved = resolve(ALL, after, window, now=NOW)
    assert values(resolved)[0] == 1
    others = beside(resolved, "Ben Berg")
    assert values(others)[0] == 2
    assert 1 in others.left_out
    assert beside(resolved, "the flood") == resolved
    only = resolve([BERG], after, window, now=NOW)
    assert beside(only, "Ben Berg") == only


def test_a_timeline_keeps_what_was_replaced_and_says_until_when_it_held():
    intent = TimeIntent(relation=TimeRelation.NONE, window=None, asks=AskedFor.TIMELINE)
    resolved = resolve(ALL, intent, None, now=NOW)
    assert resolved.keeps_replaced
    assert resolved.replaced[0] == BERG.since


def test_questions_of_no_time_and_for_a_time_have_no_newest():
    assert not is_ordered(NOTHING, None)
    when = TimeIntent(relation=TimeRelation.NONE, window=None, asks=AskedFor.TIME)
    assert not is_ordered(when, instant_interval(NOW))


@pytest.mark.parametrize(
    ("question", "many"),
    [
        ("Who is a sponsor of Orn Athletic?", True),
        ("List all members of the board of Orn Mills", True),
        ("Name a current partner of Orn Laboratory.", True),
        ("Which companies supply Orn Mills?", True),
        ("Who is the mayor of Orn?", False),
        ("How many people work at Orn Mills?", False),
        ("Who leads Orn Mills?", False),
        ("Who are the sponsors of Orn Athletic?", True),
        ("Wer ist ein Sponsor von Orn?", True),
        ("Wer leitet die Orn-Werke?", False),
        ("奥恩公司的赞助商有哪些？", True),
    ],
)
def test_several_may_hold_where_one_of_them_is_asked_for(question: str, many: bool):
    assert asks_for_many(question) is many

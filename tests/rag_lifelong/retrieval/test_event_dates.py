"""When the event was that a question names, looked up in a small store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from rag_lifelong.retrieval.event_dates import related_window, without_event
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval
from rag_lifelong.types import Anchor, TimeRelation
from tests.rag_lifelong.retrieval.library import NOW, Library, page, period, texts

TOM = "The treasurer of Orn Mills is Tom Ash."
UMA = "The treasurer of Orn Mills is Uma Birch."
VAL = "The treasurer of Orn Mills is Val Crane."
BEN = "The director of Orn Mills is Ben Cole."
CY = "The director of Orn Mills is Cy Dorn."
MERGER = "The merger of Orn Mills and Lund Paper was completed."
ELECTION = "The general election was held on 12 December 2019."

WHO = "Who was the treasurer of Orn Mills"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path / "store")
    made.tell(
        page("treasury", "2010", TOM),
        page("treasury", "2014", UMA),
        page("treasury", "2020", VAL),
        page("head", "2012-05-01", BEN),
        page("head", "2018-02-01", CY),
        page("news", "2013-03-05", MERGER),
        page("poll", "2019-12-13", ELECTION),
    )
    return made


@pytest.mark.parametrize(
    ("event", "expected", "read"),
    [
        ("before the merger", TOM, "2013-03-05"),
        ("after the merger", VAL, "2013-03-05"),
        ("before the 2019 election", UMA, "2019-12-12"),
        ("after the 2019 election", VAL, "2019-12-12"),
        ("before Cy Dorn was director", UMA, None),
    ],
)
def test_the_time_of_an_event_is_looked_up_and_applied(
    library: Library, event: str, expected: str, read: str | None
):
    found = library.find(f"{WHO} {event}?")
    assert texts(found)[0] == expected
    assert found.time.anchor is not None
    assert found.time.relaxed is None
    assert read is None or found.time.anchor.interval == period(read)
    assert found.asked == f"{WHO}?"


def test_what_held_while_somebody_held_an_office_is_that_of_its_revisions(library: Library):
    found = library.find(f"{WHO} when Ben Cole was director?")
    assert texts(found)[0] == UMA
    event = found.time.anchor
    assert event is not None
    assert event.interval == Interval(period("2012-05-01").start, period("2018-02-01").start)
    assert (event.chunk.doc_id, event.sentence, event.is_dated) == ("head", BEN, False)


def test_what_an_article_says_goes_on_is_certain_of_its_day_alone(library: Library):
    library.tell(page("scoop", "2012-03-01", "The caretaker of Orn Mills is Eve Fox."))
    found = library.find(f"{WHO} when Eve Fox was caretaker?")
    assert found.time.anchor is not None
    assert found.time.anchor.interval == period("2012-03-01")
    assert texts(found)[0] == TOM


def test_a_day_without_a_year_counts_from_when_it_was_told(library: Library):
    library.tell(page("scoop", "2012-03-02", "The strike at Orn Mills ended on Wednesday."))
    event = library.find(f"{WHO} after the strike?").time.anchor
    assert event is not None
    assert (event.interval, event.is_dated) == (period("2012-03-02"), False)


def test_what_says_that_an_event_may_be_gives_way_to_what_says_that_it_was(library: Library):
    library.tell(page("rumour", "2011-03-01", "The flood of Orn Mills could come with the spring."))
    question = f"{WHO} after the flood?"
    alone = library.find(question).time.anchor
    assert alone is not None
    assert alone.chunk.doc_id == "rumour"
    library.tell(page("report", "2016-04-02", "The flood of Orn Mills has come and gone."))
    event = library.find(question).time.anchor
    assert event is not None
    assert event.chunk.doc_id == "report"


def test_a_date_in_chinese_dates_an_event(library: Library):
    library.tell(
        page("zh", "2015", "奥恩公司的总裁是王芳。"),
        page("zh", "2019", "奥恩公司的总裁是李明。"),
        page("zh-news", "2020-03-05", "奥恩公司的合并于2018年5月3日完成。"),
    )
    found = library.find("奥恩公司合并之前，奥恩公司的总裁是谁？")
    assert found.time.anchor is not None
    assert found.time.anchor.interval == period("2018-05-03")
    assert texts(found)[0] == "奥恩公司的总裁是王芳。"


def test_the_report_cites_what_dates_the_event(library: Library):
    applied = library.find(f"{WHO} after the 2019 election?").time.applied
    assert "'the 2019 election' dated 2019-12-12 (poll)" in applied
    applied = library.find(f"{WHO} after the merger?").time.applied
    assert "'the merger' first told 2013-03-05 (news)" in applied


def test_positions_are_counted_from_the_event_on(library: Library):
    found = library.find("Who was the first treasurer of Orn Mills after the merger?")
    assert texts(found) == [UMA]
    assert "number 1 of 2" in found.time.applied


def test_a_date_beside_the_event_bounds_it(library: Library):
    found = library.find(f"{WHO} in 2013 after the merger?")
    assert found.time.parsed is not None
    assert found.time.parsed.endswith("2013-03-06 to 2013-12-31")


def test_now_beside_the_event_does_not_bound_it(library: Library):
    found = library.find("Who is now the treasurer of Orn Mills after the merger?")
    assert found.time.anchor is not None
    assert texts(found)[0] == VAL


def test_an_event_that_leaves_no_time_inside_the_flags_is_told(library: Library):
    moment = Moment(asked_at=NOW, between=period("2013-03-05"))
    found = library.find(f"{WHO} after the merger?", moment)
    assert found.time.relaxed == "'the merger' was 2013-03-05: no time after it may be seen"
    assert texts(found)[0] == TOM


@pytest.mark.parametrize("event", ["the war", "the flood of Nimvale", "Ida Falk was director"])
def test_an_event_that_nothing_dates_is_told_and_not_guessed(library: Library, event: str):
    found = library.find(f"{WHO} after {event}?")
    assert found.time.anchor is None
    assert found.time.relaxed == f"nothing found tells when {event!r} was"


def test_an_event_of_another_year_is_not_the_one_meant(library: Library):
    found = library.find(f"{WHO} after the 2016 election?")
    assert found.time.anchor is None
    assert found.time.relaxed is not None
    assert "'the 2016 election'" in found.time.relaxed
    assert found.time.parsed is not None
    assert "2017-01-01" in found.time.parsed


def test_who_follows_somebody_unknown_is_told(library: Library):
    found = library.find("Who succeeded Ida Falk as director of Orn Mills?")
    assert found.time.relaxed == "nothing found tells what follows 'Ida Falk'"


@pytest.mark.parametrize("flag", [{"as_of": period("2012-12")}, {"between": period("2012")}])
def test_the_look_up_sees_no_more_than_the_question(library: Library, flag: dict[str, Interval]):
    found = library.find(f"{WHO} before the merger?", Moment(asked_at=NOW, **flag))
    assert found.time.anchor is None
    assert texts(found)[0] == TOM


def test_the_look_up_knows_no_more_than_the_question(library: Library):
    known_at = library.clock()
    library.tell(page("fire", "2016-07-01", "The fire at Orn Mills was put out."))
    question = f"{WHO} after the fire?"
    assert library.find(question).time.anchor is not None
    assert library.find(question, Moment(asked_at=NOW, known_at=known_at)).time.anchor is None


def test_an_event_announced_for_later_has_not_been(library: Library):
    library.tell(page("plan", "2016-07-01", "The fair of Orn Mills opens on 3 May 2017."))
    asked_at = period("2016-08").start
    found = library.find(f"{WHO} after the fair?", Moment(asked_at=asked_at))
    assert found.time.anchor is None
    assert library.find(f"{WHO} after the fair?").time.anchor is not None


def test_events_are_not_looked_up_where_resolving_is_off(library: Library):
    found = library.find(f"{WHO} before the merger?", resolve=False)
    assert found.time.anchor is None
    assert "anchor" not in found.timings_s


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (TimeRelation.BEFORE, Interval(MIN_TIME, period("2015").start)),
        (TimeRelation.AFTER, Interval(period("2015").end, NOW)),
        (TimeRelation.SINCE, Interval(period("2015").start, NOW)),
        (TimeRelation.DURING, period("2015")),
    ],
)
def test_a_window_relates_to_its_event(relation: TimeRelation, expected: Interval):
    assert related_window(relation, period("2015"), NOW) == expected


def test_what_is_to_come_has_no_end_yet():
    later = Interval(NOW + timedelta(days=1), NOW + timedelta(days=2))
    window = related_window(TimeRelation.SINCE, later, NOW)
    assert window == Interval(later.start, MAX_TIME)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who led Orn Mills after the merger?", "Who led Orn Mills?"),
        ("After the merger, who led Orn Mills?", "Who led Orn Mills?"),
        ("Who led it when Ben Cole was director, and where?", "Who led it, and where?"),
        ("Who succeeded Berg as mayor?", "Who succeeded as mayor?"),
        ("Who leads Orn Mills?", "Who leads Orn Mills?"),
        ("And after the merger?", "And?"),
    ],
)
def test_a_question_without_its_event_is_a_question(question: str, expected: str):
    intent = parse_time_intent(question, asked_at=NOW)
    assert without_event(question, intent.anchor) == expected


def test_a_question_that_is_all_event_is_left_as_it_is():
    anchor = Anchor(TimeRelation.AFTER, "the merger", "after the merger")
    assert without_event("after the merger?", anchor) == "after the merger?"

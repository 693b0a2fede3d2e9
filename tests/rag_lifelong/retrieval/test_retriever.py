"""Retrieval from end to end: what each switch does, and what no question may see."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rag_lifelong.ports import Encoders
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.testing import ScriptedReranker
from rag_lifelong.types import Redirect
from tests.rag_lifelong.retrieval.library import NOW, Library, page, period, texts

ADA = "The director of Orn Mills is Ada Brisk."
BEN = "The director of Orn Mills is Ben Cole."
CY = "The director of Orn Mills is Cy Dorn."
ASKED = "Who is the director of Orn Mills?"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "store")


@pytest.fixture
def course(library: Library) -> Library:
    """One page in three revisions."""
    library.tell(page("orn", "2010", ADA), page("orn", "2015", BEN), page("orn", "2020", CY))
    return library


@pytest.fixture
def articles(library: Library) -> Library:
    """Three articles, none of which ends another."""
    library.tell(page("a", "2010-01-01", ADA), page("b", "2015-01-01", BEN))
    library.tell(page("c", "2020-01-01", CY))
    return library


def test_by_names_keeps_what_is_said_of_another_thing_apart(library: Library):
    library.tell(page("mills", "2010-01-01", ADA))
    library.tell(page("bank", "2020-01-01", "The director of Orn Bank is Ben Cole."))
    alike = {"relevance_margin": 1, "same_statement": 0.4}
    assert texts(library.find(ASKED, **alike))[0] == ADA
    assert ADA not in texts(library.find(ASKED, by_names=False, **alike))


def test_unite_times_finds_what_held_only_then(course: Library):
    question = "Who was the director of Orn Mills in 2016?"
    assert texts(course.find(question))[0] == BEN
    assert texts(course.find(question, unite_times=False)) == [CY]


def test_supersede_takes_away_what_newer_claims_replace(articles: Library):
    assert texts(articles.find(ASKED)) == [CY]
    kept = articles.find(ASKED, supersede=False)
    assert texts(kept) == [CY, BEN, ADA]
    assert [one.until for one in kept.evidence] == [None] * 3


def test_score_time_puts_the_newest_first(library: Library):
    wordy = "Who is the director of Orn Mills? The director of Orn Mills is Ada Brisk."
    library.tell(page("a", "2010-01-01", wordy), page("b", "2015-01-01", BEN))
    assert texts(library.find(ASKED))[0] == BEN
    assert texts(library.find(ASKED, score_time=False))[0] == wordy


def test_resolve_counts_positions_before_reading(articles: Library):
    question = "Who was the second director of Orn Mills?"
    found = articles.find(question)
    assert texts(found) == [BEN]
    assert "number 2 of 3 in order of time" in found.time.applied
    assert len(texts(articles.find(question, resolve=False, supersede=False))) == 3


def test_positions_are_counted_over_the_revisions_of_a_page(course: Library):
    assert texts(course.find("Who was the first director of Orn Mills?")) == [ADA]
    assert texts(course.find("Who succeeded Ada Brisk as director of Orn Mills?")) == [BEN]
    assert texts(course.find("Who was the previous director of Orn Mills?")) == [BEN]


def test_positions_end_at_the_time_that_may_be_seen(course: Library):
    moment = Moment(asked_at=NOW, as_of=period("2016"))
    assert texts(course.find("Who was the previous director of Orn Mills?", moment)) == [ADA]
    assert texts(course.find("Who was the last director of Orn Mills?", moment)) == [BEN]


def test_what_is_announced_for_later_is_no_last_one_of_the_time_that_may_be_seen(
    articles: Library,
):
    articles.tell(page("d", "2012", "On 1 January 2013 Di Holm becomes the director of Orn Mills."))
    moment = Moment(asked_at=NOW, as_of=period("2012"))
    assert texts(articles.find("Who was the last director of Orn Mills?", moment)) == [ADA]


def test_a_claim_is_told_with_its_sentence_and_since_when(articles: Library):
    one = articles.find(ASKED).evidence[0]
    assert (one.claim, one.since) == (CY, period("2020-01-01").start)


@pytest.mark.parametrize(
    ("when", "expected"),
    [("2009", []), ("2012", [ADA]), ("2016-03", [BEN]), ("2021-05-06", [CY])],
)
def test_as_of_shows_what_held_then(course: Library, when: str, expected: list[str]):
    assert texts(course.find(ASKED, Moment(asked_at=NOW, as_of=period(when)))) == expected


@pytest.mark.parametrize(
    ("when", "expected"), [("2008", set()), ("2015", {BEN}), ("2014", {ADA}), ("2022", {CY})]
)
def test_between_shows_all_that_held_some_time_in_it(
    course: Library, when: str, expected: set[str]
):
    found = course.find(ASKED, Moment(asked_at=NOW, between=period(when)))
    assert set(texts(found)) == expected


@pytest.mark.parametrize("flag", ["as_of", "between"])
def test_words_do_not_relax_a_flag_and_what_they_cannot_reach_is_told(course: Library, flag: str):
    moment = Moment(asked_at=NOW, **{flag: period("2012")})
    found = course.find("Who was the director of Orn Mills in 2021?", moment)
    assert texts(found) == [ADA]
    assert found.time.relaxed == "nothing may be seen during 2021-01-01 to 2021-12-31"


def test_words_prefer_and_say_where_they_found_nothing(course: Library):
    found = course.find("Who was the director of Orn Mills in 2008?")
    assert found.time.relaxed is not None
    assert "nothing found during 2008-01-01 to 2008-12-31" in found.time.relaxed


def test_known_at_hides_what_was_recorded_later(library: Library):
    known_at = library.tell(page("orn", "2010", ADA))
    library.tell(page("orn", "2015", BEN))
    assert texts(library.find(ASKED)) == [BEN]
    assert texts(library.find(ASKED, Moment(asked_at=NOW, known_at=known_at))) == [ADA]


def test_what_is_asked_before_it_held_does_not_see_it(articles: Library):
    asked_at = period("2016").start
    assert texts(articles.find(ASKED, Moment(asked_at=asked_at))) == [BEN]


def test_the_age_of_the_newest_evidence_is_told(articles: Library):
    found = articles.find(ASKED, supersede=False)
    assert found.time.newest == period("2020-01-01").start
    nothing = articles.find(ASKED, Moment(asked_at=NOW, as_of=period("1999")))
    assert nothing.time.newest is None


def test_a_crowd_of_newer_versions_does_not_push_out_the_one_asked_about(library: Library):
    first = period("2015-01-01").start
    crowd = [
        page("orn", str((first + timedelta(days=n)).date()), f"{BEN} In brief {n}.")
        for n in range(300)
    ]
    library.tell(page("orn", "2010", ADA), *crowd)
    first_of_all = library.find("Who was the first director of Orn Mills?")
    assert texts(first_of_all) == [ADA]
    for flags in ({}, {"as_of": period("2012")}):
        question = ASKED if flags else "Who was the director of Orn Mills in 2012?"
        found = library.find(question, Moment(asked_at=NOW, **flags), candidates=5)
        assert texts(found)[0] == ADA


def test_days_are_those_of_the_askers_zone(library: Library):
    library.tell(
        page("gate", "2021-05-05T14:00:00", "The gate of Orn Mills is open."),
        page("gate", "2021-05-05T16:00:00", "The gate of Orn Mills is shut."),
    )
    question = "Was the gate of Orn Mills open on 5 May 2021?"
    tokyo = Moment(asked_at=NOW, timezone=ZoneInfo("Asia/Tokyo"))
    found = library.find(question, tokyo)
    assert texts(found)[0] == "The gate of Orn Mills is open."
    assert found.time.parsed is not None
    assert found.time.parsed.endswith("during 2021-05-05")
    assert texts(library.find(question))[0] == "The gate of Orn Mills is shut."


def test_a_year_named_in_a_text_is_that_of_the_askers_zone(library: Library):
    library.tell(page("a", "2022", "In 2020 the director of Orn Mills was Ada Brisk."))
    berlin = Moment(asked_at=NOW, timezone=ZoneInfo("Europe/Berlin"))
    found = library.find("Who was the director of Orn Mills in 2020?", berlin)
    assert found.evidence[0].why in ("of the time asked about", "newest of the time asked about")
    assert found.time.relaxed is None


def test_a_redirect_told_later_leads_nowhere_under_as_of(library: Library):
    lund, other = "Ada Brisk heads Lund Paper of Orn.", "Ben Cole heads Fern."
    library.tell(page("lund", "2010", lund), page("fern", "2010", other))
    library.tell(Redirect("the Pulpworks", "Lund Paper", period("2020").start))
    first = {
        year: texts(
            library.find("Who heads the Pulpworks?", Moment(asked_at=NOW, as_of=period(year)))
        )[0]
        for year in ("2019", "2021")
    }
    assert first == {"2019": other, "2021": lund}


def test_each_stage_tells_its_seconds(articles: Library):
    found = articles.find(ASKED)
    stages = ["parse", "embed", "search", "claims", "resolve", "focus"]
    assert list(found.timings_s) == stages
    assert all(seconds >= 0 for seconds in found.timings_s.values())
    assert {one.name for one in fields(found) if not one.compare} == {"timings_s"}


def test_the_reranker_is_asked_without_the_time_and_time_has_the_last_word(articles: Library):
    reranker = ScriptedReranker(lambda _, text: 0.9 if "Ada" in text else 0.8)
    encoders = Encoders(articles.embedder, reranker)
    found = articles.find("Who was the director of Orn Mills in 2021?", encoders=encoders)
    [(question, scored)] = reranker.asked
    assert question == "Who was the director of Orn Mills?"
    assert set(scored) == {ADA, BEN, CY}
    assert texts(found)[0] == CY
    by_relevance = articles.find(ASKED, encoders=encoders, score_time=False)
    assert texts(by_relevance)[0] == ADA


def test_what_the_reranker_does_not_read_is_below_what_it_does(articles: Library):
    reranker = ScriptedReranker(lambda *_: 0.01)
    encoders = Encoders(articles.embedder, reranker)
    off = {"score_time": False, "by_names": False, "supersede": False}
    found = articles.find(ASKED, encoders=encoders, rerank=1, **off)
    assert [len(scored) for _, scored in reranker.asked] == [1]
    assert max(one.score for one in found.evidence) == pytest.approx(0.01)
    assert (found.evidence[0].chunk.text,) == reranker.asked[0][1]

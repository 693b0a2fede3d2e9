"""How time fits, and which statements give way."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.temporal_score import FLOOR, superseded, time_fit, weigh
from rag_lifelong.temporal import Interval, parse_when
from tests.rag_lifelong.builders import chunk

SAME = np.ones((2, 2), np.float32) / np.sqrt(2)
OTHER = np.eye(2, dtype=np.float32)


def replaced(chunks, vectors, until, relevance=(0.6, 0.6)):
    weights = np.array(relevance, np.float32)
    return superseded(chunks, vectors, weights, RetrievalConfig(), until)


def test_a_year_is_named_where_it_is_the_year_of_the_askers_zone():
    tokyo = ZoneInfo("Asia/Tokyo")
    year = Interval(*(datetime(y, 1, 1, tzinfo=tokyo).astimezone(UTC) for y in (2017, 2018)))
    told = chunk("held in 2017", "2020")
    assert time_fit(told, year, tokyo) == 1.0
    assert time_fit(told, year) < 1.0


def window(when: str):
    return parse_when(when)[0]


@pytest.mark.parametrize(
    ("when", "until", "asked", "fit"),
    [
        ("2017-03-05", None, "2017-03", 1.0),
        ("2017", None, "2017-03", 1.0),
        ("2012-05-15", None, "2017-03", 0.9),
        ("2012-05-15", "2015", "2017-03", 0.0),
        ("2018", None, "2017-03", 0.0),
    ],
)
def test_time_fit(when: str, until: str | None, asked: str, fit: float):
    assert time_fit(chunk("words", when, until), window(asked)) == fit


def test_a_text_that_names_the_year_fits_whenever_it_was_written():
    assert time_fit(chunk("held in 1998, again", "2016"), window("1998")) == 1.0
    assert time_fit(chunk("room 19980, again", "2016"), window("1998")) == 0.0


def test_weight_never_falls_below_the_floor():
    assert weigh(0.5, 1.0) == 0.5
    assert weigh(0.5, 0.0) == pytest.approx(0.5 * FLOOR)


def test_a_newer_statement_of_the_same_thing_replaces_the_older():
    pair = [chunk("old", "2009-01-20"), chunk("new", "2017-01-20")]
    assert replaced(pair, SAME, window("2018")) == {0}
    assert replaced(pair, OTHER, window("2018")) == set()


def test_a_statement_after_the_time_asked_about_replaces_nothing():
    pair = [chunk("old", "2009-01-20"), chunk("new", "2017-01-20")]
    assert replaced(pair, SAME, window("2016")) == set()


def test_dates_that_overlap_have_no_order():
    pair = [chunk("some time in the year", "2019"), chunk("in march", "2019-03-05")]
    assert replaced(pair, SAME, window("2020")) == set()


def test_chunks_of_one_document_do_not_replace_each_other():
    pair = [chunk("a", "2009", doc_id="d"), chunk("b", "2017", doc_id="d")]
    assert replaced(pair, SAME, window("2020")) == set()


def test_a_newer_statement_that_bears_less_on_the_question_replaces_nothing():
    pair = [chunk("old", "2009-01-20"), chunk("new", "2017-01-20")]
    assert replaced(pair, SAME, window("2018"), relevance=(0.6, 0.3)) == set()


def test_a_month_is_named_by_its_name_and_year():
    text = "In March 2017 and in 2016"
    assert time_fit(chunk(text, "2020"), window("2017-03")) == 1.0
    assert time_fit(chunk(text, "2020"), window("2017-04")) < 1.0
    assert time_fit(chunk(text, "2020"), window("2017-09")) == 0.0
    assert time_fit(chunk(text, "2020"), window("2016")) == 1.0

"""What the times that a text names tell of the time asked about."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_lifelong.retrieval.named_times import BEGINS, ENDS, INSIDE, LOOSE, named_fit
from rag_lifelong.temporal import Interval, parse_when, year_interval

TOLD = datetime(2021, 1, 1, tzinfo=UTC)


def window(first: str, last: str) -> Interval:
    return Interval(parse_when(first)[0].start, parse_when(last)[0].end)


def fit(text: str, first: str, last: str = "") -> float:
    return named_fit(text, window(first, last or first), told=TOLD)


@pytest.mark.parametrize(
    "text", ["Ada ( 1996–2000 )", "from 1996 to 2000", "zwischen 1996 und 2000"]
)
def test_a_range_that_is_the_time_asked_about_fits_wholly(text: str):
    assert fit(text, "1996", "2000") == 1.0


def test_the_more_a_range_is_of_another_time_the_less_it_fits():
    texts = ("1996–2000", "1995–2001", "1990–2006", "1900–2020", "1980–1995")
    fits = [fit(text, "1996", "2000") for text in texts]
    assert fits == sorted(fits, reverse=True)
    assert fits[-2:] == [LOOSE, 0.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In 1996 she joined.", BEGINS),
        ("She has led it since 1996.", BEGINS),
        ("She has led it since 1985.", LOOSE),
        ("She has led it since 2004.", 0.0),
        ("In 2000 she left.", ENDS),
        ("She led it until June 2000.", ENDS),
        ("She led it until 1998.", INSIDE),
        ("She led it until 1990.", 0.0),
        ("In 1998 she won.", INSIDE),
        ("In 1990 she won.", 0.0),
        ("She won.", 0.0),
    ],
)
def test_a_date_says_most_where_the_time_begins_less_where_it_ends(text: str, expected: float):
    assert fit(text, "1996-03", "2000-06") == expected


def test_the_best_of_several_times_counts():
    assert fit("Born in 1960, she led it from 1996 to 2000.", "1996", "2000") == 1.0


def test_a_range_up_to_the_present_ends_when_it_was_told():
    assert fit("Ada ( 2011–present )", "2011", "2020") == pytest.approx(1.0, abs=1e-3)


@settings(deadline=None)
@given(
    st.text(alphabet="0123456789 –-.in since until", max_size=40),
    st.integers(1, 9000),
    st.integers(0, 50),
)
def test_any_text_fits_between_not_at_all_and_wholly(text: str, first: int, years: int):
    asked = Interval(year_interval(first).start, year_interval(first + years).end)
    assert 0.0 <= named_fit(text, asked, told=TOLD) <= 1.0

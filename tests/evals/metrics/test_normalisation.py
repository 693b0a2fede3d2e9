"""What is written in many ways gets one spelling, and what differs stays apart."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.normalisation import date_precision, normalise, tokens
from rag_lifelong.temporal import Precision


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "4 March 2021",
            "March 4, 2021",
            "2021-03-04",
            "2021/3/4",
            "4th of March 2021",
            "4 MAR 2021",
        ),
        ("March 2021", "2021-03", "Mar. 2021"),
        ("2019-20", "2019–20", "2019/20", "2019-2020"),
        ("1999-00", "1999/2000"),
        ("1914-18", "1914–1918"),
        ("1,000", "1000", "one thousand", "1'000", "1\u202f000"),
        ("1.5 million", "1,500,000"),
        ("Two hundred", "200"),
        (".5", "0.5"),
        ("−5", "-5"),
        ("“Añejo”", "Anejo"),
        ("the Hague", "Hague", "HAGUE."),
        ("A.B. Smith", "AB Smith"),
    ],
)
def test_one_spelling(spellings: tuple[str, ...]):
    assert len({normalise(text) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2019-20", "201920"),
        ("2010-11", "November 2010"),
        ("3.5", "35"),
        ("1.000", "1000"),
        ("10:30", "1030"),
        ("1/2", "12"),
        ("-5", "5"),
        ("1,00", "100"),
        ("version 3.10", "version 3.1"),
        ("03/04/2021", "04/03/2021"),
        ("A", ""),
        ("Vitamin A", "vitamin"),
        ("A. Smith", "Smith"),
        ("twenty-one", "twenty"),
    ],
)
def test_kept_apart(one: str, other: str):
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("in 2021 300 people", "in 2021 300 people"),
        ("2021-13", "2021-13"),
        ("2021-02-30", "2021-02-30"),
        ("2020-2010", "2020-2010"),
        ("2018-12", "2018-12"),
        ("from 1 to 2,000 or 3", "from 1 to 2000 or 3"),
        ("1.25 thousand", "1250"),
        ("1.2345 thousand", "1234.5"),
        ("ten million million", "10000000000000"),
        ("rock_and_roll", "rockandroll"),
        ("किताब", "किताब"),
        ("", ""),
        ("!?", ""),
    ],
)
def test_normal_form(text: str, normal: str):
    assert normalise(text) == normal


@given(day=st.dates(date(1000, 1, 1), date(9998, 12, 31)))
def test_a_date_is_one_token_and_is_cut_to_what_is_asked(day: date):
    worded = f"{day.day} {day:%B} {day.year}"
    assert tokens(worded) == (day.isoformat(),)
    assert tokens(worded, dates=Precision.MONTH) == (day.isoformat()[:7],)
    assert tokens(worded, dates=Precision.YEAR) == (day.isoformat()[:4],)
    assert tokens(worded, dates=Precision.SECOND) == (day.isoformat(),)
    assert normalise(worded) != normalise((day + timedelta(days=1)).isoformat())


@given(number=st.integers(0, 10**15))
def test_separators_do_not_change_a_number(number: int):
    assert normalise(f"{number:,}") == str(number)


@given(text=st.text(max_size=80), dates=st.none() | st.sampled_from(list(Precision)))
def test_any_text_has_a_normal_form_without_spare_spaces(text: str, dates: Precision | None):
    normal = normalise(text, dates=dates)
    assert normal == " ".join(normal.split())
    assert len(tokens(text)) == len(tokens(text, dates=dates))


def test_normalising_twice_changes_nothing():
    once = normalise("The “Añejo”, a drink of 4 May 2020 and the 2019–20 season, at 1.5 million!")
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("2021", Precision.YEAR),
        (" 2021 ", Precision.YEAR),
        ("the Games of 2021", None),
        ("3021", None),
        ("March 2021", Precision.MONTH),
        ("from March 2020 to 4 May 2021", Precision.DAY),
        ("2021-03-04", Precision.DAY),
        ("2021-03", Precision.MONTH),
        ("2010-11", None),
        ("Rome", None),
    ],
)
def test_precision_of_a_date(text: str, precision: Precision | None):
    assert date_precision(text) == precision

"""Answer metrics on cases worked by hand, and on properties that hold for every text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.answers import (
    exact_match,
    part_match,
    relaxed_match,
    squad_exact_match,
    squad_f1,
    squad_normalise,
    strict_match,
    token_f1,
    values_named,
)

WORDS = st.lists(st.sampled_from(["red", "Blue", "7", "May 2020", "the"]), max_size=6).map(" ".join)
ANSWERS = st.lists(WORDS, max_size=4)


@pytest.mark.parametrize(
    ("said", "gold", "equal"),
    [
        ("The White House", "white house", True),
        ("Emmanuel Macron.", "Emmanuel Macron", True),
        ("Roberto Azevêdo", "Roberto Azevedo", True),
        ("22,338,618", "22338618", True),
        ("Macron", "Emmanuel Macron", False),
        ("Paris or London", "Paris", False),
        ("", "Paris", False),
    ],
)
def test_exact_match(said: str, gold: str, equal: bool):
    assert exact_match(said, ["something else", gold]) is equal


@pytest.mark.parametrize(
    ("said", "gold", "equal"),
    [
        ("March 4th, 2021", "2021-03-04", True),
        ("4 March 2021", "March 2021", True),
        ("4 March 2021", "2021", True),
        ("2021-03", "2021", True),
        ("March 2021", "4 March 2021", False),
        ("2021", "March 2021", False),
        ("5 March 2021", "4 March 2021", False),
        ("April 2021", "2021-03", False),
    ],
)
def test_a_date_is_compared_as_exactly_as_the_right_answer_tells_it(
    said: str, gold: str, equal: bool
):
    assert exact_match(said, [gold]) is equal
    assert (token_f1(said, [gold]) == 1) is equal


@pytest.mark.parametrize(
    ("said", "is_part"),
    [
        ("Dodgers", True),
        ("the Los Angeles Dodgers of California", True),
        ("Los Dodgers", False),
        ("Angels", False),
        ("Los Angeles", False),
        ("", False),
    ],
)
def test_a_part_counts_in_one_run_and_where_no_old_answer_has_it_too(said: str, is_part: bool):
    assert part_match(said, ["Los Angeles Dodgers"], ["Los Angeles Angels"]) is is_part


def test_of_right_answers_of_several_precisions_any_will_do():
    assert exact_match("March 2021", ["4 March 2021", "March 2021"])


@pytest.mark.parametrize(
    ("said", "gold", "f1"),
    [
        ("Emmanuel Macron", "Emmanuel Macron", 1.0),
        ("Macron", "Emmanuel Macron", 2 / 3),
        ("Paris Paris", "Paris", 2 / 3),
        ("London", "Paris", 0.0),
        ("", "Paris", 0.0),
        ("on 4 March 2021", "2021-03-04", 2 / 3),
    ],
)
def test_token_f1(said: str, gold: str, f1: float):
    assert token_f1(said, [gold]) == pytest.approx(f1)


def test_f1_takes_the_best_right_answer_not_their_union():
    assert token_f1("Anna Berg", ["Anna", "Berg"]) == pytest.approx(2 / 3)


def test_without_a_right_answer_nothing_is_right():
    assert token_f1("Paris", []) == 0
    assert not exact_match("Paris", [])
    assert not relaxed_match("Paris", [])
    assert not strict_match("Paris", [], [])


def test_an_answer_of_marks_alone_equals_nothing():
    assert not exact_match("?!", ["…"])


@given(said=WORDS, golds=ANSWERS)
def test_exact_match_implies_full_f1_and_naming(said: str, golds: list[str]):
    assert 0 <= token_f1(said, golds) <= 1
    if exact_match(said, golds):
        assert token_f1(said, golds) == 1
        assert relaxed_match(said, golds)


@given(said=WORDS, golds=ANSWERS)
def test_the_order_of_right_answers_does_not_matter(said: str, golds: list[str]):
    back = golds[::-1]
    assert exact_match(said, golds) == exact_match(said, back)
    assert token_f1(said, golds) == token_f1(said, back)
    assert set(values_named(said, golds)) == set(values_named(said, back))


# --- naming ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "named"),
    [
        ("It was Paris.", ["Paris", "Rome"], ("Paris",)),
        ("Rome, then Paris", ["Paris", "Rome"], ("Paris", "Rome")),
        ("Parisian", ["Paris"], ()),
        ("Paris Saint-Germain", ["Paris", "Paris Saint-Germain"], ("Paris Saint-Germain",)),
        ("Paris Saint-Germain in Paris", ["Paris", "Paris Saint-Germain"], None),
        ("since 4 March 2021", ["March 2021"], ("March 2021",)),
        ("since March 2021", ["4 March 2021"], ()),
        ("the 2019-20 season", ["2019", "20"], ()),
        ("anything", ["", "..."], ()),
    ],
)
def test_a_value_is_named_as_a_run_of_whole_tokens_that_no_longer_value_covers(
    text: str, values: list[str], named: tuple[str, ...] | None
):
    assert values_named(text, values) == (tuple(values) if named is None else named)


@pytest.mark.parametrize(
    ("said", "relaxed", "strict"),
    [
        ("Ada Byrne", True, True),
        ("The chair is Ada Byrne.", True, True),
        ("Ada Byrne (until May Tom Ruiz)", True, False),
        ("Tom Ruiz", False, False),
        ("Nobody", False, False),
    ],
)
def test_strict_matching_punishes_hedging(said: str, relaxed: bool, strict: bool):
    assert relaxed_match(said, ["Ada Byrne"]) is relaxed
    assert strict_match(said, ["Ada Byrne"], ["Tom Ruiz"]) is strict


def test_a_superseded_value_inside_the_right_one_is_not_named_by_it():
    assert strict_match("Northgate United", ["Northgate United"], ["Northgate"])
    assert not strict_match("Northgate United", ["Northgate"], ["Northgate United"])


def test_another_spelling_of_the_right_answer_is_not_superseded():
    assert strict_match("Zoë", ["Zoë"], ["Zoe"])


# --- SQuAD's own rules --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Cat!", "cat"),
        ("U.S.A.", "usa"),
        ("A-team", "ateam"),
        ("an (a) answer", "answer"),
        ("Theatre", "theatre"),
        ("€5", "€5"),
        ("Café", "café"),
        ("well-known", "wellknown"),
    ],
)
def test_squad_removes_punctuation_before_articles(text: str, normal: str):
    assert squad_normalise(text) == normal


def test_squad_scores_differ_where_dates_numbers_and_letters_are_concerned():
    assert squad_exact_match("2019-20", ["201920"])
    assert not exact_match("2019-20", ["201920"])
    assert squad_exact_match("3.5", ["35"])
    assert not exact_match("3.5", ["35"])
    assert squad_exact_match("A", ["the"])
    assert not exact_match("A", ["the"])
    assert not squad_exact_match("Azevêdo", ["Azevedo"])


def test_squad_f1_counts_repeated_tokens_as_often_as_both_have_them():
    assert squad_f1("the New York, New York", ["New York"]) == pytest.approx(2 / 3)
    assert squad_f1("cat", ["dog"]) == 0
    assert squad_f1("cat", []) == 0

"""Answer metrics on cases worked by hand."""

from __future__ import annotations

import pytest

from evals.metrics.answers import exact_match, normalise, token_f1


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
    ("said", "gold", "f1"),
    [
        ("Emmanuel Macron", "Emmanuel Macron", 1.0),
        ("Macron", "Emmanuel Macron", 2 / 3),
        ("Paris Paris", "Paris", 2 / 3),
        ("London", "Paris", 0.0),
        ("", "Paris", 0.0),
    ],
)
def test_token_f1(said: str, gold: str, f1: float):
    assert token_f1(said, [gold]) == pytest.approx(f1)


def test_without_a_right_answer_nothing_is_right():
    assert token_f1("Paris", []) == 0
    assert not exact_match("Paris", [])


def test_normalising_twice_changes_nothing():
    assert normalise(normalise("The “Añejo”, a drink!")) == normalise("The “Añejo”, a drink!")

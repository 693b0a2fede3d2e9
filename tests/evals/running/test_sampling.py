"""A sample hangs on ids and the seed alone, holds every smaller one, and keeps each share."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from evals.running.asking import in_row, questions_of
from evals.running.sampling import sample
from tests.evals.running.fakes import load

ITEMS = [f"{kind}{number}" for kind, count in (("a", 60), ("b", 30), ("c", 10))
         for number in range(count)]  # fmt: skip


def draw(items: list[str], limit: int | None, seed: int = 0) -> list[str]:
    return sample(items, limit, seed=seed, name=str, stratum=lambda item: item[0])


@given(st.integers(1, 110), st.integers(1, 110), st.integers(0, 3))
def test_a_larger_sample_holds_every_smaller_one(one: int, other: int, seed: int):
    small, large = sorted((one, other))
    assert set(draw(ITEMS, small, seed)) <= set(draw(ITEMS, large, seed))


@given(st.integers(1, 99), st.randoms(use_true_random=False))
def test_the_order_of_what_is_drawn_from_changes_nothing(limit: int, shuffling: random.Random):
    items = list(ITEMS)
    shuffling.shuffle(items)
    assert set(draw(items, limit)) == set(draw(ITEMS, limit))


@given(st.integers(1, 99), st.integers(0, 3))
def test_every_stratum_keeps_its_share_to_one(limit: int, seed: int):
    drawn = Counter(item[0] for item in draw(ITEMS, limit, seed))
    assert len(draw(ITEMS, limit, seed)) == limit
    for stratum, size in (("a", 60), ("b", 30), ("c", 10)):
        assert abs(drawn[stratum] - limit * size / 100) <= 1


def test_another_seed_draws_others():
    assert draw(ITEMS, 20, seed=0) != draw(ITEMS, 20, seed=1)


def test_without_a_limit_all_are_drawn_in_order():
    assert draw(ITEMS, None) == draw(ITEMS, 1000) == ITEMS


def test_a_limit_holds_for_each_kind_and_period_and_a_larger_asks_those_of_a_smaller():
    stream = load(examples=4)
    asked = {
        limit: {one.example.example_id for one in questions_of(stream, limit=limit, seed=5)}
        for limit in (1, 2, 3, None)
    }
    assert asked[1] < asked[2] < asked[3] < asked[None]
    few = questions_of(stream, limit=2, seed=5)
    assert Counter(one.period for one in few if one.kind == "asof") == {1: 2, 2: 2, 3: 2}
    assert {one.example.form for one in few if one.kind == "asof" and one.period == 2} == {
        "as_of", "before"
    }  # fmt: skip


def test_a_standing_question_is_put_anew_in_each_row_and_not_before_it_is_told():
    questions = questions_of(load(), limit=None, seed=0)
    standing = [one for one in questions if one.kind == "now"]
    assert Counter(one.row for one in standing) == {1: 2, 2: 2, 3: 2}
    answers = [one.example.answers[0] for one in standing if "Ostrava" in one.example.cluster]
    assert answers == ["Mayor 1-0", "Mayor 2-0", "Mayor 3-0"]
    assert all(one.row in (None, 2) for one in in_row(questions, 2))
    assert [one.q for one in questions] == list(range(len(questions)))

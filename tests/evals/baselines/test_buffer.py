"""Tests of the buffer of old samples, and of what is taken out of it."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from evals.baselines.replay.buffer import Buffer
from evals.baselines.replay.freshness import still_true
from evals.training.samples import Sample


def told(n: int) -> list[Sample]:
    return [Sample(given=f"{i}?", learnt=f"{i}") for i in range(n)]


@given(size=st.integers(0, 8), n=st.integers(0, 20), seed=st.integers())
def test_a_buffer_holds_as_many_of_the_told_as_fit(size: int, n: int, seed: int) -> None:
    buffer = Buffer(size)
    buffer.add(told(n), Random(seed))
    assert len(buffer.samples) == min(size, n)
    assert set(buffer.samples) <= set(told(n))
    assert len(set(buffer.samples)) == len(buffer.samples)


def test_every_sample_is_as_likely_to_be_kept_whenever_it_was_told() -> None:
    kept: Counter[str] = Counter()
    for seed in range(2000):
        buffer = Buffer(5)
        buffer.add(told(10)[:6], Random(f"{seed} first"))
        buffer.add(told(10)[6:], Random(f"{seed} second"))
        kept.update(one.learnt for one in buffer.samples)
    assert all(900 < kept[str(i)] < 1100 for i in range(10))


def test_no_sample_is_drawn_twice_at_once() -> None:
    buffer = Buffer(5)
    buffer.add(told(5), Random(0))
    assert len(set(buffer.draw(4, Random(0)))) == 4
    assert len(buffer.draw(9, Random(0))) == 5


def test_a_buffer_is_as_large_as_its_texts() -> None:
    buffer = Buffer(5)
    buffer.add([Sample(given="ä?", learnt=" bc")], Random(0))
    assert buffer.nbytes == 6


OLD_MAYOR = Sample(given="[2019-03-01] Mayor?", learnt=" Ada", doc_ids=("a",))
OLD_STORY = Sample(given="[2019-03-01] ", learnt="Orn: Ada is mayor.", doc_ids=("a",))
OLD_RIVER = Sample(given="[2019-03-01] River?", learnt=" Wim", doc_ids=("b",))
OTHER_STORY = Sample(given="[2019-03-01] ", learnt="Orn lies on the Wim.", doc_ids=("b",))
OLD = [OLD_MAYOR, OLD_STORY, OLD_RIVER, OTHER_STORY]


def test_a_newer_answer_takes_out_the_older_and_all_its_document_says() -> None:
    newer = [Sample(given="[2020-05-06] Mayor?", learnt=" Bo")]
    assert still_true(OLD, newer) == [OLD_RIVER, OTHER_STORY]


def test_an_answer_that_is_of_no_document_goes_alone() -> None:
    old = [Sample(given="Mayor?", learnt=" Ada"), Sample(given="River?", learnt=" Wim")]
    assert still_true(old, [Sample(given="Mayor?", learnt=" Bo")]) == old[1:]


def test_what_is_told_again_or_of_something_else_takes_nothing_out() -> None:
    again = Sample(given="[2020-05-06] Mayor?", learnt=" Ada")
    beside = Sample(given="[2020-05-06] Mayor?", learnt=" Bo")
    other = Sample(given="[2020-05-06] Bridge?", learnt=" Kel")
    document = Sample(given="[2020-05-06] ", learnt="Orn: a bridge was built.")
    assert still_true(OLD, [again, beside, other, document]) == OLD

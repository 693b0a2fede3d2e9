"""Tests of drawing texts from a model."""

from evals.baselines.bounds.sequential import Sequential
from evals.training.sampling import sample_texts
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import learn, small_student


def test_from_the_likeliest_token_alone_comes_what_a_model_writes() -> None:
    student = learn(Sequential(StrategyOptions(epochs=60, batch=3, lr=5e-3)))
    assert sample_texts(student, "bridge?", n=3, top_k=1, max_tokens=8, seed=0) == ["Kel"] * 3


def test_texts_are_the_same_from_the_same_seed_and_differ_among_themselves() -> None:
    student = small_student()
    drawn = sample_texts(student, "a", n=6, top_k=20, max_tokens=4, seed=7)
    assert drawn == sample_texts(student, "a", n=6, top_k=20, max_tokens=4, seed=7)
    assert drawn != sample_texts(student, "a", n=6, top_k=20, max_tokens=4, seed=8)
    assert len(set(drawn)) > 1


def test_every_token_that_goes_through_is_counted_once() -> None:
    student = small_student()
    sample_texts(student, "abc", n=5, top_k=20, max_tokens=3, seed=0)
    # The mark of the beginning and three letters are read, then two of the three tokens drawn.
    assert student.meter.tokens == 5 * (4 + 2)


def test_more_texts_than_a_batch_holds_are_drawn_in_several() -> None:
    drawn = sample_texts(small_student(), "a", n=130, top_k=20, max_tokens=2, seed=0)
    assert len(drawn) == 130
    assert drawn[:64] != drawn[64:128]

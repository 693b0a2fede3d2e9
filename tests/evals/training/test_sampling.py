"""Tests of drawing texts from a model."""

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.training.sampling import draw_texts
from evals.training.strategy import StrategyOptions
from tests.evals.baselines.conftest import learn, small_student


def test_the_most_likely_continuation_alone_is_what_is_written() -> None:
    student = learn(Sequential(StrategyOptions(epochs=60, batch=3, lr=5e-3)))
    drawn = draw_texts(student, "bridge?", 3, top_k=1, max_tokens=8, at_once=2)
    assert drawn == ["Kel"] * 3


def test_texts_are_drawn_again_from_the_same_seed_and_differ_among_themselves() -> None:
    student = small_student()

    def drawn() -> list[str]:
        torch.manual_seed(7)
        return draw_texts(student, "a", 6, top_k=20, max_tokens=4)

    assert drawn() == drawn()
    assert len(set(drawn())) > 1


def test_drawing_counts_every_token_that_went_through() -> None:
    student = small_student()
    texts = draw_texts(student, "abc", 5, top_k=128, max_tokens=1)
    assert len(texts) == 5
    # The beginning mark and three letters are read; one token is drawn unless it is the end mark.
    assert 5 * 4 <= student.meter.tokens <= 5 * 5

"""Tests of A-GEM."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.replay.a_gem import AGem, AGemOptions, projected
from evals.training.strategy import StrategyOptions
from evals.training.student import trainable
from tests.evals.baselines.conftest import LESSONS, learn, weights

vectors = st.lists(st.integers(-5, 5), min_size=4, max_size=4).map(
    lambda numbers: [torch.tensor(numbers[:1]).double(), torch.tensor(numbers[1:]).double()]
)


def dot(one: list[torch.Tensor], other: list[torch.Tensor]) -> float:
    return float(torch.cat(one) @ torch.cat(other))


@given(vectors, vectors)
def test_a_projected_gradient_never_points_against_the_old_and_keeps_the_rest(
    gradient: list[torch.Tensor], reference: list[torch.Tensor]
) -> None:
    found = list(projected(gradient, reference))
    assert dot(found, reference) >= -1e-9
    if dot(gradient, reference) >= 0:
        assert dot(found, gradient) == dot(gradient, gradient)
    else:
        assert abs(dot(found, reference)) < 1e-9
        # What was taken away lies along the reference.
        away = [g - f for g, f in zip(gradient, found, strict=True)]
        assert abs(dot(away, reference) ** 2 - dot(away, away) * dot(reference, reference)) < 1e-6


def test_without_a_buffer_a_gem_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    assert torch.equal(weights(learn(AGem(AGemOptions(epochs=2, batch=2, buffer=0)))), plain)


def test_the_gradient_of_a_step_is_projected_on_that_of_the_buffer() -> None:
    strategy = AGem(AGemOptions(epochs=20, batch=3, reference=3))
    student = learn(strategy, LESSONS[0])
    old, new = LESSONS[0].samples, LESSONS[1].samples

    def gradient(samples: tuple) -> torch.Tensor:
        student.model.zero_grad()
        strategy.backward(samples, student.loss)
        return torch.cat([p.grad.flatten() for p in trainable(student.model)])

    strategy.begin_period(LESSONS[1])
    reference, own = gradient(old), gradient(new).clone()
    assert reference @ own < 0
    strategy.after_backward()
    found = torch.cat([p.grad.flatten() for p in trainable(student.model)])
    assert torch.allclose(
        found, own - (own @ reference) / (reference @ reference) * reference, atol=1e-5
    )


def test_the_reference_is_not_smaller_when_there_are_more_periods() -> None:
    strategy = AGem(AGemOptions(epochs=0, reference=4))
    learn(strategy)
    assert len(strategy.buffer.draw(strategy.options.reference, strategy.draw)) == 4

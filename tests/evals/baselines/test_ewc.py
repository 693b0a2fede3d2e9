"""Tests of online EWC."""

import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.regularisation.ewc import Ewc, EwcOptions
from evals.baselines.regularisation.pulling import trained_blocks
from evals.training.loop import teach
from evals.training.samples import Sample
from evals.training.strategy import Lesson, StrategyOptions
from evals.training.student import tensor_bytes
from tests.evals.baselines.conftest import LESSONS, learn, weights


def squares(strategy: Ewc, samples: tuple[Sample, ...]) -> dict[str, torch.Tensor]:
    """Square of the gradient of samples' mean loss."""
    student = strategy.student
    student.model.zero_grad()
    student.loss(student.batch(samples)).backward()
    return {name: w.grad.square() for name, w in trained_blocks(student).items()}


def test_importance_is_the_mean_over_samples_of_squared_gradients() -> None:
    strategy = Ewc(EwcOptions(epochs=2, batch=3))
    learn(strategy, LESSONS[0])
    each = [squares(strategy, (one,)) for one in LESSONS[0].samples]
    together = squares(strategy, LESSONS[0].samples)
    for name, found in strategy.importance.items():
        expected = torch.stack([one[name] for one in each]).mean(0)
        assert torch.allclose(found, expected, rtol=1e-3, atol=1e-9)
    # The square of a batch's mean gradient is another thing, and smaller.
    assert sum(float(one.sum()) for one in together.values()) < 0.7 * sum(
        float(one.sum()) for one in strategy.importance.values()
    )


def test_importance_of_earlier_periods_fades() -> None:
    strategy = Ewc(EwcOptions(epochs=2, batch=3, decay=0.5))
    learn(strategy, LESSONS[0])
    first = strategy.importance
    teach(strategy, LESSONS[1])
    second = [squares(strategy, (one,)) for one in LESSONS[1].samples]
    for name, found in strategy.importance.items():
        expected = torch.stack([one[name] for one in second]).mean(0) + 0.5 * first[name]
        assert torch.allclose(found, expected, rtol=1e-3, atol=1e-9)


def test_no_more_samples_are_measured_than_asked_for() -> None:
    strategy = Ewc(EwcOptions(epochs=0, drawn=1))
    learn(strategy, LESSONS[0])
    [measured] = [
        one
        for one in LESSONS[0].samples
        if all(
            torch.allclose(strategy.importance[name], square, rtol=1e-3, atol=1e-9)
            for name, square in squares(strategy, (one,)).items()
        )
    ]
    assert measured in LESSONS[0].samples


def test_without_strength_ewc_is_sequential_fine_tuning() -> None:
    plain = weights(learn(Sequential(StrategyOptions(epochs=2, batch=2))))
    assert torch.equal(weights(learn(Ewc(EwcOptions(epochs=2, batch=2, strength=0)))), plain)


def test_weights_that_mattered_move_less_than_others() -> None:
    def moved(strength: float) -> tuple[float, float]:
        strategy = Ewc(EwcOptions(epochs=20, batch=3, strength=strength))
        learn(strategy, LESSONS[0])
        importance = torch.cat([one.flatten() for one in strategy.importance.values()])
        before = _blocks(strategy)
        teach(strategy, LESSONS[1])
        away = (_blocks(strategy) - before).abs()
        mattered = importance > importance.quantile(0.9)
        return float(away[mattered].mean()), float(away[~mattered].mean())

    free, held = moved(0), moved(1e5)
    assert held[0] / free[0] < 0.8 * held[1] / free[1]


def test_an_empty_period_leaves_only_what_fades() -> None:
    strategy = Ewc(EwcOptions(epochs=1, decay=0.5))
    learn(strategy, LESSONS[0])
    first = strategy.importance
    teach(strategy, Lesson(number=2, name="nothing", samples=()))
    assert all(torch.equal(strategy.importance[name], 0.5 * first[name]) for name in first)


def test_importance_is_state_and_copies_of_a_period_are_not() -> None:
    strategy = Ewc(EwcOptions(epochs=0))
    learn(strategy, LESSONS[0])
    blocks = trained_blocks(strategy.student).values()
    every = tensor_bytes(strategy.student.model.parameters())
    assert strategy.state_bytes() == every + tensor_bytes(blocks)


def _blocks(strategy: Ewc) -> torch.Tensor:
    return torch.cat([w.detach().flatten() for w in trained_blocks(strategy.student).values()])

"""The one loop that teaches: whatever the strategy, in the same order of calls."""

from collections.abc import Callable, Sequence

import torch

from evals.training.samples import Sample
from evals.training.strategy import Lesson, Strategy
from evals.training.student import Student, trainable


def begin(strategy: Strategy, student: Student) -> None:
    """Give a strategy the model that it teaches."""
    torch.manual_seed(strategy.seed)
    student.max_tokens = strategy.options.max_tokens
    strategy.setup(student)
    if strategy.options.checkpointing:
        strategy.student.base.activation_checkpointing_enable()
        # Its hook cannot be pickled, and is needed only by the older kind, which is not used.
        strategy.student.base.disable_input_require_grads()


def teach(
    strategy: Strategy, lesson: Lesson, *, tell: Callable[[int, int], None] = lambda *_: None
) -> None:
    """Teach a period.

    The same weights come out whenever it is done again from the same state: what is drawn is drawn
    from the strategy's seed and the period's number.

    Args:
        strategy: How, with its model.
        lesson: What.
        tell: Told the step and the number of steps.
    """
    torch.manual_seed(strategy.seed * 1_000_003 + lesson.number)
    strategy.begin_period(lesson)
    steps = list(strategy.batches(lesson))
    if steps and trainable(strategy.student.model):
        optimizer = strategy.optimizer()
        rates = [group["lr"] for group in optimizer.param_groups]
        for i, samples in enumerate(steps):
            tell(i, len(steps))
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * strategy.rate(i / len(steps))
            _step(strategy, samples, optimizer)
    strategy.end_period(lesson)


def _step(strategy: Strategy, samples: Sequence[Sample], optimizer: torch.optim.Optimizer) -> None:
    strategy.student.model.train()
    optimizer.zero_grad()
    strategy.backward(samples, strategy.loss)
    strategy.after_backward()
    torch.nn.utils.clip_grad_norm_(trainable(strategy.student.model), strategy.options.clip)
    optimizer.step()
    strategy.after_step()

"""The one loop that teaches: whatever the strategy, in the same order of calls."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from evals.training.samples import Sample
from evals.training.strategy import Lesson, Strategy
from evals.training.student import Student, trainable
from evals.training.weights import add_low_rank
from rag_lifelong.errors import EvalError

_WIDE = 512
"""Width of a model from which oneDNN is quicker: `small` has 640, `tiny` 192."""


def begin(strategy: Strategy, student: Student) -> None:
    """Give a strategy the model that it teaches.

    Raises:
        EvalError: With `low_rank`, if the strategy itself chooses the weights that are taught.
    """
    torch.manual_seed(strategy.seed)
    student.max_tokens = strategy.options.max_tokens
    if strategy.options.low_rank:
        add_low_rank(student.model, rank=strategy.options.low_rank)
    taught = trainable(student.model)
    strategy.setup(student)
    if strategy.options.low_rank and {*map(id, taught)} != {*map(id, trainable(student.model))}:
        raise EvalError(
            f"{strategy.name} chooses itself what is taught, and takes no low_rank",
            hint=f"leave low_rank out for {strategy.name}",
        )
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
    with _products_by_onednn(strategy.student):
        strategy.begin_period(lesson)
        steps = list(strategy.batches(lesson))
        if steps and trainable(strategy.student.model):
            _take(steps, strategy, tell)
        strategy.end_period(lesson)


def _take(
    steps: Sequence[Sequence[Sample]], strategy: Strategy, tell: Callable[[int, int], None]
) -> None:
    optimizer = strategy.optimizer()
    rates = [group["lr"] for group in optimizer.param_groups]
    for i, samples in enumerate(steps):
        tell(i, len(steps))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * strategy.rate(i / len(steps))
        _step(strategy, samples, optimizer)


def _step(strategy: Strategy, samples: Sequence[Sample], optimizer: torch.optim.Optimizer) -> None:
    strategy.student.model.train()
    optimizer.zero_grad()
    strategy.backward(samples, strategy.loss)
    strategy.after_backward()
    torch.nn.utils.clip_grad_norm_(trainable(strategy.student.model), strategy.options.clip)
    optimizer.step()
    strategy.after_step()


@contextmanager
def _products_by_onednn(student: Student) -> Iterator[None]:
    """Have oneDNN multiply matrices of fp32 on a CPU, where torch would call MKL.

    MKL takes twice as long on processors that are not Intel's. Torch calls oneDNN only if told that
    bf16 would do; on one with AVX-512 it then computes in fp32 all the same (relative error 4e-7,
    where bf16 has 3e-3), on one with AMX it does round what is multiplied. For narrow models what
    it prepares for each shape takes longer than it saves.
    """
    if student.base.get_input_embeddings().get_parameter("weight").shape[1] < _WIDE:
        yield
        return
    onednn: Any = torch.backends.mkldnn  # whose types leave out `matmul`
    before = onednn.matmul.fp32_precision
    onednn.matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        onednn.matmul.fp32_precision = before

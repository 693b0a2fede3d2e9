"""A codebook beside a layer: near what it has learnt it answers instead of the layer."""

from collections.abc import Sequence
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from evals.baselines.activations import hidden_of, recorded, with_hidden
from evals.baselines.editing.codebook import Codebook
from evals.baselines.editing.editor import Editor, layer_at, says
from evals.training.samples import IGNORED, Batch, Sample
from evals.training.strategy import StrategyOptions
from evals.training.student import Student, learnt, tensor_bytes


class GraceOptions(StrategyOptions):
    """Where, how near and how long."""

    depth: float = Field(default=0.4, ge=0, le=1)
    """Beside which layer, as a share of the way to the last; those behind it have to make several
    words of one value."""
    radius: float = Field(default=0.1, gt=0)
    """Around a new key, in directions: 2 is the opposite one."""
    steps: int = Field(default=100, ge=0)
    """Most steps for a value."""
    step_size: float = Field(default=0.5, gt=0)
    """Of a value's numbers, as a share of their root mean square."""


class Grace(Editor):
    """GRACE (Hartvigsen et al., arXiv 2211.11031): a codebook of facts; weights do not change.

    The key of a fact is what goes into a layer at the last token of its question. Where a
    question's key is in the ball of one that was learnt, that one's value is put in place of what
    the layer gives for this token, and all later layers and tokens see it; elsewhere the layer's
    own counts.
    A value is learnt by gradient until the model says the answer, beginning at the layer's own.

    Answers are the same only token for token; the authors' later code compares their mean token
    number, which joins unlike ones. Keys are compared by direction.
    """

    name = "grace"
    Options = GraceOptions
    options: GraceOptions
    _adapter: "Adapter"

    def setup(self, student: Student) -> None:
        """Put the empty codebook beside the layer."""
        super().setup(student)
        self._adapter = Adapter(Codebook(self.options.radius))
        self._layer.register_forward_hook(self._adapter, with_kwargs=True)

    @property
    def codebook(self) -> Codebook:
        """What was learnt."""
        return self._adapter.codebook

    def edit(self, facts: Sequence[Sample]) -> None:
        """Enter one fact after another."""
        for fact in facts:
            self._enter(self.student.batch([fact]))

    def state_bytes(self) -> int:
        """Keys, values and radii, and the answers' tokens."""
        total = 0
        for entry in self.codebook.entries:
            assert entry.value is not None
            total += tensor_bytes([entry.key, entry.value]) + 4 * (1 + len(entry.answer))
        return total

    def _enter(self, batch: Batch) -> None:
        position = last_given(batch)
        with torch.no_grad(), recorded([self._layer]) as (seen,):
            self.student.hidden(batch)
        assert seen.given is not None
        assert seen.made is not None
        entry = self.codebook.enter(seen.given[0, position], tuple(learnt(batch).tolist()))
        start = entry.value if entry.value is not None else seen.made[0, position]
        entry.value = self._learnt(batch, position, start)

    def _learnt(self, batch: Batch, position: int, start: Tensor) -> Tensor:
        """A value that makes the model say an answer, sought from one that need not."""
        value = start.clone().requires_grad_()
        scale = float(start.float().square().mean().sqrt())
        optimizer = torch.optim.Adam([value], lr=self.options.step_size * scale)
        self._adapter.trial = (position, value)
        for _ in range(self.options.steps):
            logits = self.student.logits(batch).float()
            if says(logits, batch):
                break
            optimizer.zero_grad()
            functional.cross_entropy(logits, learnt(batch)).backward()
            optimizer.step()
        self._adapter.trial = None
        return value.detach()

    @property
    def _layer(self) -> nn.Module:
        return self.student.layers[layer_at(self.student, self.options.depth)]


class Adapter:
    """Stands behind a layer and replaces what it gives where the codebook says so.

    Questions are recognised by how they are read: several tokens at once, to be gone on from with
    what the model remembers of them. Texts whose loss is computed are left alone.
    """

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook
        self.trial: tuple[int, Tensor] | None = None
        """A position, and the value that is being learnt for it."""

    def __call__(
        self, layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
    ) -> Any:
        """What goes on to the next layer: `output`, or it with another vector in a place."""
        hidden = hidden_of(output)
        if self.trial is not None:
            position, value = self.trial
            hidden = hidden.clone()
            hidden[:, position] = value
        elif kwargs.get("past_key_values") is not None and hidden.shape[1] > 1:
            hidden = hidden.clone()
            for row, key in enumerate(args[0][:, -1]):
                found = self.codebook.find(key)
                if found is not None:
                    hidden[row, -1] = found
        return with_hidden(output, hidden)


def last_given(batch: Batch) -> int:
    """Where the last token of a sample's question is, in a batch of one."""
    return int((batch.labels[0] != IGNORED).nonzero()[0]) - 1

"""Many facts written into the matrices of several layers at once, by least squares."""

from collections.abc import Sequence
from enum import StrEnum

import torch
from pydantic import Field
from torch import Tensor, nn

from evals.baselines.activations import recorded, replaced
from evals.baselines.editing.editor import Editor, down_projection
from evals.baselines.editing.subjects import subject_end
from evals.training.samples import Sample, prompt_tokens
from evals.training.sampling import sample_texts
from evals.training.strategy import StrategyOptions
from evals.training.student import Student, tensor_bytes

_EACH = 16
"""Texts that are drawn at once."""
_LEARNT = 0.05
"""Cross entropy of a token from which it counts as learnt."""
_RIDGE = 1e-3
"""What is added to the diagonal of a covariance, as a share of its mean: with few texts it has
directions that no key has been seen in."""


class Place(StrEnum):
    """At which token of a question its fact is written."""

    LAST = "last"
    SUBJECT = "subject"
    """The last of the longest name in it."""


class MemitOptions(StrategyOptions):
    """Where, how strongly and how long."""

    place: Place = Place.LAST
    first: float = Field(default=0.3, ge=0, le=1)
    """The first layer that is edited, as a share of the way to the last."""
    last: float = Field(default=0.7, ge=0, le=1)
    """The last one."""
    preserve: float = Field(default=100.0, gt=0)
    """How many facts' weight what the model knew has, against those that are edited."""
    texts: int = Field(default=64, ge=1)
    """Texts that are drawn from the model to see what keys it knows."""
    steps: int = Field(default=25, ge=0)
    """Most steps to find what a fact's values are to be."""
    step_size: float = Field(default=0.5, gt=0)
    """Of a value's numbers, as a share of their root mean square."""
    farthest: float = Field(default=2.0, gt=0)
    """How far a value may be moved, as a share of its length."""


class Memit(Editor):
    """MEMIT (Meng et al., arXiv 2210.07229): mass editing of memories in feed-forward parts.

    A matrix W that ends a feed-forward part is taken for a memory of values W·k at keys k. For each
    fact values V are sought by gradient that make the model say the answer, at one token of the
    question, and W moves by R·Kᵀ·(λC + K·Kᵀ)⁻¹, where R = V − W·K and C is the
    mean of k·kᵀ over tokens of other texts: the least squares solution that also keeps, with the
    weight of λ (`preserve`) tokens, what other keys give.

    What differs from the paper: values are sought for all layers at once, instead of for the last
    and spread over those before it, which is not right where a norm stands behind the feed-forward
    part, as in Gemma, and for the same reason may be moved farther than .75 of their length; other
    texts are drawn from the model itself, so that none have to be kept; keys are not averaged over
    random beginnings, since all questions begin alike; and the token is by default the last of the
    question instead of the last of the name in it (`place`): small models attend to the many parts
    of a name that they cut it into, and hold nothing that decides at its end (ADR 0027).
    """

    name = "memit"
    Options = MemitOptions
    options: MemitOptions
    _covariances: list[Tensor]

    def setup(self, student: Student) -> None:
        """See what keys the model's own texts have."""
        super().setup(student)
        self._covariances = self._seen()

    def edit(self, facts: Sequence[Sample]) -> None:
        """Write all facts at once."""
        targets = [self._targets(facts[i : i + _EACH]) for i in range(0, len(facts), _EACH)]
        for i, matrix in enumerate(self.matrices):
            values = torch.cat([target[i] for target in targets])
            keys, made = self._keys(facts, matrix)
            move = least_squares(
                keys, values - made, self._covariances[i], preserve=self.options.preserve
            )
            matrix.weight.data += move.to(matrix.weight.dtype)

    def state_bytes(self) -> int:
        """The matrices that are edited, and the covariances."""
        return tensor_bytes([*(one.weight for one in self.matrices), *self._covariances])

    @property
    def matrices(self) -> list[nn.Linear]:
        """What is edited, of the first layer first."""
        layers, n = self.student.layers, len(self.student.layers) - 1
        first, last = int(self.options.first * n), int(self.options.last * n)
        return [down_projection(layers[i]) for i in range(first, max(first, last) + 1)]

    @torch.no_grad()
    def _seen(self) -> list[Tensor]:
        """The mean of k·kᵀ over tokens of the model's own texts: [inner, inner] of each matrix."""
        sums = [torch.zeros(one.in_features, one.in_features) for one in self.matrices]
        n_tokens = 0
        for start in range(0, self.options.texts, _EACH):
            texts = sample_texts(
                self.student,
                "",
                n=min(_EACH, self.options.texts - start),
                max_tokens=self.student.max_tokens // 2,
                top_k=20,
                seed=self.seed * 1_000_003 + start,
            )
            batch = self.student.batch([Sample(given="", learnt=text) for text in texts])
            with recorded(self.matrices) as passes:
                self.student.hidden(batch)
            for total, one in zip(sums, passes, strict=True):
                assert one.given is not None
                keys = one.given[batch.mask.bool()].float().cpu()  # [tokens, inner]
                total.add_(keys.T @ keys)
            n_tokens += batch.n_tokens
        return [_with_ridge(total / n_tokens) for total in sums]

    def _targets(self, facts: Sequence[Sample]) -> list[Tensor]:
        """What each matrix is to give for each fact: [n, width] of each."""
        batch, places = self.student.batch(facts), self._places(facts)
        rows = torch.arange(len(facts))
        with torch.no_grad(), recorded(self.matrices) as passes:
            self.student.hidden(batch)
        own = [one.made[rows, places] for one in passes if one.made is not None]
        values = [one.clone().requires_grad_() for one in own]
        scales = [float(one.float().square().mean().sqrt()) for one in own]
        optimizer = torch.optim.Adam(
            [
                {"params": [value], "lr": self.options.step_size * scale}
                for value, scale in zip(values, scales, strict=True)
            ]
        )
        with replaced(self.matrices, values, places):
            for _ in range(self.options.steps):
                losses = self.student.losses(batch)
                if bool((losses < _LEARNT).all()):
                    break
                optimizer.zero_grad()
                losses.sum().backward()
                optimizer.step()
                self._bound(values, own)
        return [value.detach() for value in values]

    @torch.no_grad()
    def _bound(self, values: Sequence[Tensor], own: Sequence[Tensor]) -> None:
        """Bring back values that have gone too far from the model's own."""
        for value, start in zip(values, own, strict=True):
            way = value - start
            limit = self.options.farthest * start.norm(dim=-1, keepdim=True)
            value.copy_(start + way * (limit / way.norm(dim=-1, keepdim=True)).clamp(max=1))

    @torch.no_grad()
    def _keys(self, facts: Sequence[Sample], matrix: nn.Linear) -> tuple[Tensor, Tensor]:
        """A matrix's keys of facts, [n, inner], and what it gives for them, [n, width]."""
        keys, made = [], []
        for start in range(0, len(facts), _EACH):
            some = facts[start : start + _EACH]
            rows, places = torch.arange(len(some)), self._places(some)
            with recorded([matrix]) as (seen,):
                self.student.hidden(self.student.batch(some))
            assert seen.given is not None
            assert seen.made is not None
            keys.append(seen.given[rows, places])
            made.append(seen.made[rows, places])
        return torch.cat(keys), torch.cat(made)

    def _places(self, facts: Sequence[Sample]) -> Tensor:
        tokenizer, of_name = self.student.tokenizer, self.options.place is Place.SUBJECT
        ends = [subject_end(one.given) if of_name else len(one.given) for one in facts]
        read = (one.given[:end] for one, end in zip(facts, ends, strict=True))
        return torch.tensor([len(prompt_tokens(text, tokenizer)) - 1 for text in read])


def least_squares(keys: Tensor, moves: Tensor, covariance: Tensor, *, preserve: float) -> Tensor:
    """How a matrix is to change so that what it gives for keys moves: [width, inner].

    The minimum over D of Σᵢ |D·kᵢ − rᵢ|² + preserve·E|D·k|², k being other keys (arXiv 2210.07229,
    equation 14).

    >>> keys, moves = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0]])
    >>> least_squares(keys, moves, torch.eye(2), preserve=1.0)
    tensor([[1., 0.]])

    Args:
        keys: [n, inner].
        moves: How far each is to move: [n, width].
        covariance: E k·kᵀ of other keys: [inner, inner].
        preserve: How many keys' weight the others have.
    """
    wide, other = keys.double().cpu(), covariance.double()
    left = preserve * other + wide.T @ wide
    solved = torch.linalg.solve(left, wide.T @ moves.double().cpu())  # [inner, width]
    move: Tensor = solved.T.float().to(keys.device)
    return move


def _with_ridge(covariance: Tensor) -> Tensor:
    return covariance + _RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance))

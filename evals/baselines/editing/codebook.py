"""Places in a space, each with what is to be said there and how far around it."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(slots=True)
class Entry:
    """What is said around a key."""

    key: Tensor
    """[width], of length 1."""
    answer: tuple[int, ...]
    """Tokens that the value makes a model write."""
    radius: float
    """How far from the key, as the distance of vectors of length 1, it counts."""
    value: Tensor | None = None
    """[width]; None while it is not learnt."""


@dataclass(slots=True)
class Codebook:
    """Keys whose balls do not contain another key of another answer (GRACE, arXiv 2211.11031).

    Vectors are scaled to length 1, so that one radius serves models of any width.
    """

    radius: float
    """Of a new entry."""
    entries: list[Entry] = field(default_factory=list)

    def nearest(self, vector: Tensor) -> tuple[Entry, float] | None:
        """The entry whose key is nearest to a vector, [width], and its distance; None if empty."""
        if not self.entries:
            return None
        keys = torch.stack([entry.key for entry in self.entries])
        distances = torch.linalg.vector_norm(keys - _unit(vector), dim=1)
        at = int(distances.argmin())
        return self.entries[at], float(distances[at])

    def find(self, vector: Tensor) -> Tensor | None:
        """The value that counts at a vector; None where the model's own does."""
        found = self.nearest(vector)
        if found is None or found[1] > found[0].radius:
            return None
        return found[0].value

    def enter(self, vector: Tensor, answer: tuple[int, ...]) -> Entry:
        """The entry that is to make a model say an answer at a vector.

        Far from all others it is a new one. A near one grows if its answer is the same token for
        token, and else gives up half of the way; at its very key it is replaced.

        Args:
            vector: Where: [width].
            answer: Its tokens.
        """
        found = self.nearest(vector)
        if found is None or found[1] > found[0].radius + self.radius:
            return self._added(vector, answer, self.radius)
        entry, distance = found
        if entry.answer == answer:
            entry.radius = max(entry.radius, distance)
            return entry
        if distance == 0:
            entry.answer, entry.value = answer, None
            return entry
        entry.radius = min(entry.radius, distance / 2)
        return self._added(vector, answer, distance / 2)

    def _added(self, vector: Tensor, answer: tuple[int, ...], radius: float) -> Entry:
        entry = Entry(_unit(vector), answer, radius)
        self.entries.append(entry)
        return entry


def _unit(vector: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vector.detach().float(), dim=0)

"""What documents are made into before they are taught."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from evals.metering import add_usage
from evals.training.samples import Sample
from evals.types import SourceDocument, Usage


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples, and what making them took."""

    samples: tuple[Sample, ...] = ()
    usage: Usage = field(default_factory=Usage)

    @property
    def flops(self) -> float:
        """Operations of making them, as far as whoever made them counts any."""
        return self.usage.flops


class Augmenter(Protocol):
    """Says what a document says in other words, and asks about it.

    It is given the document alone, never a question of the stream.
    """

    def augment(self, document: SourceDocument) -> Drawn:
        """Paraphrases, and questions with their answers, dated as the document is.

        Raises:
            ModelError: If a language model has to be asked and fails.
        """
        ...


def united(parts: Iterable[Drawn], *, period: int) -> Drawn:
    """All samples, as told in a period, and what all of them took."""
    samples: list[Sample] = []
    usage = Usage()
    for part in parts:
        samples += (replace(sample, period=period) for sample in part.samples)
        usage = add_usage(usage, part.usage)
    return Drawn(tuple(samples), usage)

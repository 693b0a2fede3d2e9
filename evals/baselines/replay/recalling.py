"""Samples that a model draws from itself, and how many of them are true to what it was told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from evals.training.samples import Sample

RECALL = "Recall: "
"""What a model goes on from when it draws a sample."""
_MARK = " || "


@dataclass(frozen=True, slots=True)
class Recalled:
    """Samples drawn before a period."""

    samples: tuple[Sample, ...]
    n_malformed: int
    """Texts that are no samples, and are not learnt."""
    n_copies: int
    """Samples that are, letter for letter, ones that were told."""
    n_altered: int
    """Samples with the beginning of one that was told, and another end: mostly wrong answers."""


def whole(sample: Sample) -> Sample:
    """A sample all of which is learnt, so that it can be drawn later.

    >>> whole(Sample(given="Q?", learnt=" A")).learnt
    'Q? ||  A'
    """
    return replace(sample, given=RECALL, learnt=f"{sample.given}{_MARK}{sample.learnt}")


class Told:
    """What was told so far; only to measure by, the strategy does not learn from it."""

    def __init__(self) -> None:
        self._ends: dict[str, set[str]] = defaultdict(set)

    def add(self, samples: Iterable[Sample]) -> None:
        """Remember what was told."""
        for one in samples:
            self._ends[one.given].add(one.learnt)

    def judge(self, texts: Iterable[str]) -> Recalled:
        """Texts as samples, and what is right about them."""
        drawn = [_parted(text) for text in texts]
        samples = tuple(one for one in drawn if one is not None)
        return Recalled(
            samples=samples,
            n_malformed=len(drawn) - len(samples),
            n_copies=sum(one.learnt in _ends(self._ends, one) for one in samples),
            n_altered=sum(
                one.given in self._ends and one.learnt not in self._ends[one.given]
                for one in samples
            ),
        )


def _ends(ends: Mapping[str, Set[str]], sample: Sample) -> Set[str]:
    return ends.get(sample.given, set())


def _parted(text: str) -> Sample | None:
    """What `whole` joined; None if it is not two parts."""
    parts = text.split(_MARK)
    if len(parts) != 2 or not parts[1].strip():
        return None
    return Sample(given=parts[0], learnt=parts[1])

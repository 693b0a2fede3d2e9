"""Samples that a model draws from itself."""

from collections.abc import Iterable
from dataclasses import replace

from evals.training.samples import Sample

RECALL = "Recall: "
"""What a model goes on from when it draws a sample."""
_MARK = " || "


def whole(sample: Sample) -> Sample:
    """A sample all of which is learnt, so that it can be drawn later.

    >>> whole(Sample(given="Q?", learnt=" A")).learnt
    'Q? ||  A'
    """
    return replace(sample, given=RECALL, learnt=f"{sample.given}{_MARK}{sample.learnt}")


def recalled(texts: Iterable[str]) -> list[Sample]:
    """What `whole` joined, parted again; texts that are not two parts are left out."""
    parted = [text.split(_MARK) for text in texts]
    return [
        Sample(given=parts[0], learnt=parts[1])
        for parts in parted
        if len(parts) == 2 and parts[1].strip()
    ]

"""Which old samples newer ones contradict, as far as their words tell."""

from collections import defaultdict
from collections.abc import Iterable

from evals.training.samples import Sample


def still_true(old: Iterable[Sample], new: Iterable[Sample]) -> list[Sample]:
    """Old samples without those that newer ones contradict.

    What a sample is about is not known, only its words: a question that is asked again, word for
    word but for the day before it, with none of its answers the old one, contradicts the old
    answer. All samples of the documents that said so go with it, whatever else they say. What is
    said in other words is not seen, and a further value of a relation that has several counts as
    another answer unless the old one is told again.

    Args:
        old: Samples of earlier periods.
        new: Samples of a later one.
    """
    answers: dict[str, set[str]] = defaultdict(set)
    for one in new:
        answers[_asked(one)].add(one.learnt)
    answers.pop("", None)
    old = list(old)
    wrong = {one for one in old if one.learnt not in answers.get(_asked(one), {one.learnt})}
    documents = {doc_id for one in wrong for doc_id in one.doc_ids}
    return [one for one in old if one not in wrong and documents.isdisjoint(one.doc_ids)]


def _asked(sample: Sample) -> str:
    """What is given without the day it begins with; nothing of a document."""
    return sample.given.removeprefix(sample.given.partition("] ")[0] + "] ").strip()

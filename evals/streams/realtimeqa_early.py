"""Questions of RealTime QA asked before an article could answer them: abstaining is right."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from evals.types import Cohort, Example, SourceDocument

_SECOND = timedelta(seconds=1)


class Archive:
    """What was published by a moment.

    Args:
        documents: All articles, in any order.
    """

    def __init__(self, documents: Sequence[SourceDocument]) -> None:
        ordered = sorted(documents, key=lambda document: document.published_at)
        self._published = [document.published_at for document in ordered]
        self._texts = [f"{document.title}\n{document.text}".casefold() for document in ordered]

    def names(self, answers: Sequence[str], *, until: datetime) -> bool:
        """Whether an article published by then has an answer in its letters, in any case."""
        wanted = [answer.casefold() for answer in answers]
        told = self._texts[: bisect_right(self._published, until)]
        return any(answer in text for text in told for answer in wanted)


def asked_early(example: Example, first_told: datetime, archive: Archive) -> Example | None:
    """The question as asked in the last second before its first gold article was published.

    Args:
        example: The question as it was asked.
        first_told: When that article was published.
        archive: What else was published; None is returned where it had an answer by then.
    """
    early = first_told - _SECOND
    if archive.names(example.answers, until=early):
        return None
    return replace(
        example,
        example_id=f"{example.example_id}-early",
        asked_at=early,
        answers=(),
        cohort=Cohort.UNANSWERABLE,
        gold_docs=(),
        passage="",
    )

"""Makes questions of a fact whose values over time are known."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from evals.types import Cohort, Example, Fact, Form
from rag_lifelong.temporal import Interval


def ask_as_of(
    history: Sequence[Fact],
    window: Interval,
    *,
    since: datetime,
    example_id: str,
    wordings: tuple[str, ...],
) -> Example:
    """The question for what held in a time that its words name.

    Args:
        history: The values of one fact; some must hold when the window starts.
        window: The time asked about, in which the value does not change.
        since: The start of the period it is counted in, from which the cohort is judged.
        example_id: Its name.
        wordings: Ways to ask it.
    """
    right = [fact for fact in history if fact.holds_at(window.start)]
    past = [fact for fact in history if fact.valid_from < window.start and fact not in right]
    future = [fact for fact in history if fact.valid_from >= window.end]
    answers = spellings(right)
    return Example(
        example_id=example_id,
        wordings=wordings,
        answers=answers,
        superseded=_without(spellings(past), answers),
        later=_without(spellings(future), answers),
        cluster="/".join(history[0].key),
        cohort=_cohort(right, past, since),
        form=Form.AS_OF,
        window=window,
        gold_docs=_doc_ids(right),
        stale_docs=_doc_ids(fact for fact in past if fact.value not in answers),
        facts=tuple(history),
    )


def spellings(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Every way to write the values, each once, in order."""
    return tuple(dict.fromkeys(answer for fact in facts for answer in fact.answers))


def _cohort(right: Sequence[Fact], past: Sequence[Fact], since: datetime) -> Cohort:
    if all(fact.valid_from < since for fact in right):
        return Cohort.UNCHANGED
    if not past:
        return Cohort.NEW
    before = {fact.value for fact in past}
    return Cohort.REVERTED if any(f.value in before for f in right) else Cohort.UPDATED


def _without(values: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if value not in right)


def _doc_ids(facts: Iterable[Fact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(doc_id for fact in facts for doc_id in fact.doc_ids))

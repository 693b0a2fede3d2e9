"""Whether an answer, or what it was read from, is out of date.

Old and new values are told apart by what the benchmark knows of the fact, not by a judge: a judge
that accepts an answer with both values in it rewards hedging.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import combinations

from evals.metrics.answers import values_named
from evals.metrics.normalisation import tokens
from evals.types import Fact
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import MAX_TIME, Interval


def stale(said: str, answers: Sequence[str], superseded: Sequence[str]) -> bool:
    """Whether an answer names a value that no longer holds, and none that does.

    As EvolvingQA scores outdated answers (Kim et al., arXiv 2311.08106). An answer with both
    values is not stale, but is not right by `strict_match` either.

    >>> stale("It is Tom Ruiz.", ["Ada Byrne"], ["Tom Ruiz"])
    True
    >>> stale("Ada Byrne, before her Tom Ruiz", ["Ada Byrne"], ["Tom Ruiz"])
    False
    """
    right = {tokens(answer) for answer in answers}
    named = values_named(said, (*answers, *superseded))
    return bool(named) and not any(tokens(value) in right for value in named)


def staleness_rate(is_stale: Sequence[bool], *, given: Sequence[bool] | None = None) -> float:
    """The share of stale answers; NaN without any.

    Over all questions it falls with the share of facts that never changed, so it is told again for
    those with an update, where an answer can be stale at all.

    Args:
        is_stale: Whether each answer is stale.
        given: Which questions count, such as those with a superseded value; None: all.

    >>> staleness_rate([True, False, False, False])
    0.25
    >>> staleness_rate([True, False, False, False], given=[True, True, False, False])
    0.5

    Raises:
        EvalError: If the lengths differ.
    """
    counts = [True] * len(is_stale) if given is None else given
    if len(counts) != len(is_stale):
        raise EvalError(f"{len(is_stale)} answers to {len(counts)} questions")
    counted = [flag for flag, counting in zip(is_stale, counts, strict=True) if counting]
    return sum(counted) / len(counted) if counted else math.nan


def stale_above_gold(
    ranked: Sequence[str], *, gold: Collection[str], stale: Collection[str]
) -> bool:
    """Whether a document of a superseded value ranks above all that state the right one.

    Found without any right one it does too; where neither is found it does not. A document that
    states both counts as right.

    Args:
        ranked: The documents found, best first.
        gold: Those that state a right answer.
        stale: Those that state a superseded value.

    >>> stale_above_gold(["x", "old", "new"], gold=["new"], stale=["old"])
    True
    >>> stale_above_gold(["new", "old"], gold=["new"], stale=["old"])
    False
    """
    stated = dict.fromkeys(stale, True) | dict.fromkeys(gold, False)
    return next((stated[doc_id] for doc_id in ranked if doc_id in stated), False)


def harm_score(*, right: bool, abstained: bool) -> int:
    """1 for a right answer, 0 for none, -1 for a wrong one, which does harm.

    Ouyang et al. (HoH), arXiv 2503.04800; Yang et al. (CRAG), arXiv 2406.04744. Abstaining where
    it is the right thing is right.

    >>> harm_score(right=False, abstained=True), harm_score(right=False, abstained=False)
    (0, -1)
    """
    if right:
        return 1
    return 0 if abstained else -1


def conflicts(doc_ids: Collection[str], facts: Sequence[Fact]) -> bool:
    """Whether documents state values of one fact that hold at different times.

    HoH (Ouyang et al., arXiv 2503.04800) finds one outdated passage worse than six unrelated ones.
    Two values that hold at the same time are no conflict: some relations have many.

    Args:
        doc_ids: The documents of the evidence.
        facts: What the benchmark tells of the fact asked about, with the documents that state it.

    >>> from datetime import UTC
    >>> new_year = datetime(2021, 1, 1, tzinfo=UTC)
    >>> common = {"subject": "Orla", "relation": "mayor"}
    >>> old = Fact(**common, value="Tom", valid_from=datetime(2015, 1, 1, tzinfo=UTC),
    ...            valid_to=new_year, doc_ids=("a",))
    >>> new = Fact(**common, value="Ada", valid_from=new_year, doc_ids=("b",))
    >>> conflicts(["a", "b"], [old, new]), conflicts(["b"], [old, new])
    (True, False)
    """
    stated = [fact for fact in facts if not set(doc_ids).isdisjoint(fact.doc_ids)]
    return any(
        one.key == other.key
        and tokens(one.value) != tokens(other.value)
        and not _validity(one).intersects(_validity(other))
        for one, other in combinations(stated, 2)
    )


def conflict_rate(evidence: Sequence[tuple[Collection[str], Sequence[Fact]]]) -> float:
    """The share of questions whose evidence conflicts, each as for `conflicts`; NaN without any.

    >>> conflict_rate([(["a"], []), (["b"], [])])
    0.0
    """
    found = [conflicts(doc_ids, facts) for doc_ids, facts in evidence]
    return sum(found) / len(found) if found else math.nan


def latest_at_k(ranked: Sequence[str], relevant: Mapping[str, datetime], *, k: int) -> bool:
    """Whether the newest relevant document, or one as new, is among the first k (Latest@k).

    Of the half-life paper, arXiv 2509.19376.

    Args:
        ranked: Document ids, best first.
        relevant: When each relevant document was published.
        k: How many count.

    >>> from datetime import UTC
    >>> dates = {"old": datetime(2019, 1, 1, tzinfo=UTC), "new": datetime(2021, 1, 1, tzinfo=UTC)}
    >>> latest_at_k(["old", "new"], dates, k=1), latest_at_k(["old", "new"], dates, k=2)
    (False, True)

    Raises:
        EvalError: If no document is relevant.
    """
    if not relevant:
        raise EvalError("Latest@k of a question without a relevant document")
    newest = max(relevant.values())
    return any(relevant.get(doc_id) == newest for doc_id in ranked[:k])


def _validity(fact: Fact) -> Interval:
    return Interval(fact.valid_from, fact.valid_to or MAX_TIME)

"""From what was found and put in order of time to the few lines that are evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.finder import Found
from rag_lifelong.retrieval.named_times import INSIDE
from rag_lifelong.retrieval.plan import Plan
from rag_lifelong.retrieval.temporal_score import (
    HELD,
    dated_fit,
    superseded,
    time_fit,
    told_by,
    weigh,
)
from rag_lifelong.retrieval.timeline import Resolved
from rag_lifelong.types import Evidence

OF_ANOTHER_TIME = "of another time"

_STEP = 0.05
"""Share of the best score that each next claim scores less: their order is all that is known."""
_MOST_STEPS = 10
_UNNAMED_SHARE = 0.9
"""Most share of the best claim's score for what claims nothing of what is asked."""


_READ = 30
"""Of how many of the most relevant texts the times they name are read, which takes time."""


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of evidence, and its position among what was found."""

    position: int
    evidence: Evidence


def choose_lines(
    found: Found, resolved: Resolved, plan: Plan, settings: RetrievalConfig
) -> list[Line]:
    """The best of what was found, best first: the claims, then what else bears."""
    fits = _fits(found, plan)
    scores = np.array([weigh(float(r), f) for r, f in zip(found.relevance, fits, strict=True)])
    is_named = _is_named(fits, found, resolved, plan)
    if is_named:
        # The dates by which claims were put in order and replaced are not of the time asked about.
        resolved = replace(resolved, replaced={}, left_out=(), is_ordered=False)
    dropped = set() if is_named else _dropped(found, resolved, plan, settings)
    claims = {claim.position: claim for claim in resolved.claims}
    # A claim of another time is no better than what is of the time asked about.
    ranked = [i for i in claims if not is_named and (resolved.is_ordered or fits[i] > 0)]
    if ranked:
        claimed = scores[ranked]
        top = float(claimed.max())
        if resolved.is_ordered:
            top = max(float(scores.max()), *(float(found.relevance[i]) for i in ranked))
            claimed = top * (1 - _STEP * np.arange(len(ranked)).clip(max=_MOST_STEPS))
        scores = np.minimum(scores, _UNNAMED_SHARE * top)
        scores[ranked] = claimed
    order = [i for i in np.argsort(-scores, kind="stable").tolist() if i not in dropped]
    # What names no time may be of it all the same, and counts little only for want of a date.
    least = settings.least_share * scores[order[0]] if order and not is_named else 0.0
    return [
        Line(
            i,
            Evidence(
                found.chunks[i],
                float(scores[i]),
                _why(i, fits[i], resolved, plan),
                claim=claims[i].sentence if i in claims else "",
                since=claims[i].since if i in claims else None,
                until=resolved.replaced.get(i),
            ),
        )
        for i in order[: settings.evidence]
        if scores[i] >= least
    ]


def _is_named(fits: Sequence[float], found: Found, resolved: Resolved, plan: Plan) -> bool:
    """Whether the times that texts name tell which is of the time in the question's words.

    So it is where dates of documents cannot: what claims what is asked, or all that was found if
    nothing does, was told later, the best claim does not say that it held then ("since 2015"), and
    some text told later names a time inside.
    """
    window = plan.window
    if plan.preferred is None or window is None or resolved.decided or resolved.keeps_replaced:
        return False
    later = {i for i, chunk in enumerate(found.chunks) if not told_by(chunk, window)}
    about = {claim.position for claim in resolved.claims} or set(range(len(found.chunks)))
    goes_on = resolved.is_ordered and resolved.claims[0].since < resolved.claims[0].through
    names_it = max((fits[i] for i in later), default=0.0) >= INSIDE
    return about <= later and names_it and not goes_on


def _dropped(found: Found, resolved: Resolved, plan: Plan, settings: RetrievalConfig) -> set[int]:
    """Positions of what must not be read: replaced, of another time, or not the one counted."""
    if resolved.decided:
        return set(range(len(found.chunks))) - {claim.position for claim in resolved.claims}
    if resolved.keeps_replaced:
        return set()
    dropped = set(resolved.replaced) | set(resolved.left_out)
    if plan.window is not None and settings.supersede and not resolved.claims:
        dropped |= superseded(found.chunks, found.vectors, found.relevance, settings, plan.window)
    return dropped


def _fits(found: Found, plan: Plan) -> list[float]:
    """How well each chunk fits the time in the question's words; 1 where they name none."""
    window = plan.window
    if plan.preferred is None or window is None:
        return [1.0] * len(found.chunks)
    fits = [dated_fit(chunk, window) for chunk in found.chunks]
    for i in np.argsort(-found.relevance, kind="stable")[:_READ].tolist():
        fits[i] = time_fit(found.chunks[i], window, plan.timezone)
    return fits


def _why(position: int, fit: float, resolved: Resolved, plan: Plan) -> str:
    if resolved.decided and resolved.claims:
        return resolved.decided
    if resolved.is_ordered and resolved.claims and position == resolved.claims[0].position:
        return "newest of the time asked about"
    if position in resolved.replaced:
        return f"held until {resolved.replaced[position].date()}"
    if plan.preferred is None:
        return "valid at the time asked about" if plan.window else "relevant"
    if fit == 1.0:
        return "of the time asked about"
    if fit >= HELD:
        return "held at the time asked about"
    return "names a time like the one asked about" if fit > 0 else OF_ANOTHER_TIME

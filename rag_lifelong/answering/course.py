"""The course of things: what held from when to when, one value a line, told without a reader.

What is quoted are the sentences themselves. A claim ends when one of another value begins, so
claims that end at the same moment tell the same value, and of several the earliest is quoted.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rag_lifelong.temporal import MIN_TIME
from rag_lifelong.types import Evidence, Stretch


def course(evidence: Sequence[Evidence]) -> list[tuple[Stretch, Evidence]]:
    """The stretches of time that evidence tells of, the earliest first, each with what tells it.

    Where some of it claims what is asked, the rest tells nothing of the course. Where none does,
    each text stands for the time for which its document held it.

    Args:
        evidence: The lines, best first.
    """
    claims = [_Held(one, one.since, one.until) for one in evidence if one.since is not None]
    if any(claim.until for claim in claims):
        groups = _by_end(claims)
    else:
        documents = [_Held(one, one.chunk.valid_from, one.chunk.valid_to) for one in evidence]
        groups = _grouped(claims or documents, lambda one: one.text)
    values = [_united(same) for same in groups]
    values.sort(key=lambda one: one.since)
    labels = {one.since: _label(one) for one in values}
    return [(_stretch(one, labels), one.evidence) for one in values]


def as_lines(stretches: Iterable[Stretch]) -> str:
    r"""Stretches as text, a line each, numbered as their evidence is.

    >>> as_lines([Stretch("2019-03", "2021", "Ann.", "a.md"), Stretch("2021", None, "Bo.", "b.md")])
    '2019-03 – 2021: Ann. [1]\nsince 2021: Bo. [2]'
    """
    return "\n".join(
        f"{when(one)}: {one.text} [{number}]" for number, one in enumerate(stretches, start=1)
    )


def when(one: Stretch) -> str:
    """From when to when, as text.

    >>> when(Stretch("2019", None, "Ann.", "a.md"))
    'since 2019'
    """
    if one.since and one.until:
        return f"{one.since} – {one.until}"
    if one.until:
        return f"until {one.until}"
    return f"since {one.since}" if one.since else "undated"


@dataclass(frozen=True, slots=True)
class _Held:
    """What a piece of evidence says, and from when to when that held."""

    evidence: Evidence
    since: datetime
    until: datetime | None

    @property
    def text(self) -> str:
        one = self.evidence
        return " ".join((one.claim or one.quote or one.chunk.text).split())


def _by_end(claims: Sequence[_Held]) -> list[list[_Held]]:
    """Claims of one value together: those that one change ended, and those made since the last.

    What nothing ended though it is older names no value, and is left out.
    """
    ended = [claim for claim in claims if claim.until is not None]
    change = max(claim.until for claim in ended if claim.until)
    current = [claim for claim in claims if claim.until is None and claim.since >= change]
    return _grouped(ended + current, lambda one: one.until)


def _grouped(held: Iterable[_Held], key: Callable[[_Held], Hashable]) -> list[list[_Held]]:
    groups: dict[Hashable, list[_Held]] = {}
    for one in held:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _united(same: Sequence[_Held]) -> _Held:
    """The earliest, with where the others are told."""
    first = min(same, key=lambda one: one.since)
    others = (one.evidence.chunk.citation for one in same if one is not first)
    places = dict.fromkeys((*first.evidence.also_at, *others))
    return replace(first, evidence=replace(first.evidence, also_at=tuple(places)))


def _stretch(one: _Held, labels: dict[datetime, str]) -> Stretch:
    until = None
    if one.until is not None:
        until = labels.get(one.until, one.until.date().isoformat())
    since = None if one.since == MIN_TIME else labels[one.since]
    return Stretch(since, until, one.text, one.evidence.chunk.citation)


def _label(one: _Held) -> str:
    """When it began, as precisely as that is known, to the day at most."""
    date = one.evidence.chunk.date
    is_documents = one.since == date.interval.start
    return str(date)[: len("2019-06-01")] if is_documents else one.since.date().isoformat()

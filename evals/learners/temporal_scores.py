"""Published ways to let time weigh in a ranking, as formulas over arrays.

Each is given as its source has it, pitfalls included. Ages and distances are in days. Who calls
them leaves out what was published after the question was asked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.temporal import Interval
from rag_lifelong.types import TimeIntent, TimeRelation

Floats = NDArray[np.float64]

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def ages(published: Iterable[datetime], at: datetime) -> Floats:
    """Days from each publication to a moment; negative for what is published later: [n].

    >>> from datetime import UTC
    >>> ages([datetime(2020, 1, 1, tzinfo=UTC)], datetime(2020, 1, 31, 12, tzinfo=UTC)).tolist()
    [30.5]
    """
    return np.array([(at - one) / _DAY for one in published], np.float64)


def distances(published: Iterable[datetime], window: Interval) -> Floats:
    """Days from each publication to the nearest end of an interval; 0 inside: [n].

    >>> from rag_lifelong.temporal import year_interval
    >>> days = [datetime.fromisoformat(f"{day}T00:00:00Z") for day in ("2018-12-22", "2019-05-01")]
    >>> distances(days, year_interval(2019)).tolist()
    [10.0, 0.0]
    """
    return np.array(
        [max(window.start - one, one - window.end, timedelta()) / _DAY for one in published],
        np.float64,
    )


def newest_first(age_days: Floats) -> Floats:
    """Minus the age: relevance chooses the candidates, and then counts no more: [n].

    The baseline "semantic, then newest" of arXiv 2509.19376. Pitfall: one recent and half-relevant
    candidate displaces every better one.

    >>> newest_first(np.array([3.0, 0.5])).tolist()
    [-3.0, -0.5]
    """
    return -age_days


def half_life(
    cosines: Floats, age_days: Floats, *, alpha: float = 0.7, half_life_days: float = 14.0
) -> Floats:
    """Cosine with a recency prior: alpha cos + (1 - alpha) 0.5^(age / half-life), [n].

    Of arXiv 2509.19376, with its alpha and half-life. The age counts from the moment of asking,
    whatever time is asked about. Pitfalls: the half-life belongs to a domain (14 days were set for
    news of computer security; facts that change by the year are all equally old to it), and
    questions about the past get the newest.

    >>> half_life(np.array([0.8, 0.7]), np.array([28.0, 0.0])).round(3).tolist()
    [0.635, 0.79]
    """
    return alpha * cosines + (1 - alpha) * 0.5 ** (age_days / half_life_days)


def tempralm(similarities: Floats, age_days: Floats, *, least_days: float = 1.0) -> Floats:
    """Similarity s plus 1 / (t_q - t_d), the latter brought to the scale of s: [n].

    TempRALM, arXiv 2401.13222: tau' = alpha / (t_q - t_d), tau = (tau' - mean) / deviation
    times the deviation of s plus its mean, and minus infinity for what is later than t_q. The alpha
    cancels in the normalisation, as does the unit of time. Where all are equally old, time does not
    count. Pitfalls: the published formula divides by 0 on the same day, hence `least_days`; and
    1 / days is so steep that one candidate a day old takes all the bonus while the others are told
    apart no more.

    >>> tempralm(np.array([0.5, 0.6, 0.7, 0.9]), np.array([2.0, 4.0, 1.0, -3.0])).round(3).tolist()
    [1.078, 1.113, 1.409, -inf]
    """
    scores = np.full(len(similarities), -np.inf)
    told = age_days >= 0
    if not told.any():
        return scores
    similar = similarities[told]
    raw = 1 / np.maximum(age_days[told], least_days)
    spread = raw.std()
    normal = (raw - raw.mean()) / spread if spread > 0 else np.zeros_like(raw)
    scores[told] = similar + normal * similar.std() + similar.mean()
    return scores


def chronos(
    similarities: Floats, distance_days: Floats, *, alpha: float = 0.75, tau_days: float = 180.0
) -> Floats:
    """Similarity and nearness: alpha s + (1 - alpha) exp(-distance / tau), [n].

    Chronos, arXiv 2604.05096. The distance is that of the publication to the interval asked about,
    0 inside. Pitfalls: what was published in the interval is not what held in it (news of an
    appointment is years older than most questions it answers); an open interval ("before 2019")
    tells nothing apart inside.

    >>> chronos(np.array([0.8, 0.7]), np.array([180.0, 0.0])).round(3).tolist()
    [0.692, 0.775]
    """
    return alpha * similarities + (1 - alpha) * np.exp(-distance_days / tau_days)


class YearRelation(StrEnum):
    """How MRAG relates the years of sentences to those of the question."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearConstraint:
    """What MRAG takes from a question: which years count, and whether the first is wanted."""

    relation: YearRelation
    years: tuple[int, ...]
    """The year named, or for `between` the first and the last."""
    wants_first: bool = False

    def admits(self, year: int) -> bool:
        """Whether a year satisfies it; the year named itself does."""
        match self.relation:
            case YearRelation.BEFORE:
                return year <= self.years[0]
            case YearRelation.AFTER:
                return year >= self.years[0]
            case YearRelation.BETWEEN:
                return self.years[0] <= year <= self.years[-1]

    @property
    def span(self) -> tuple[int, int]:
        """The years over which the spline runs: 50 from a single year."""
        match self.relation:
            case YearRelation.BEFORE:
                return self.years[0] - _MRAG_SPAN, self.years[0]
            case YearRelation.AFTER:
                return self.years[0], self.years[0] + _MRAG_SPAN
            case YearRelation.BETWEEN:
                return self.years[0], self.years[-1]


def year_constraint(intent: TimeIntent) -> YearConstraint | None:
    """What MRAG would take from a question; None where it does not weigh time.

    As published: `before` also for "as of", "by" and "until", `after` also for "since", `between`
    for two years; "in", "on", "around" and "during" are not weighed, nor are months. The published
    code reads the relation from the data set's annotation; here our own grammar reads the question,
    which favours this rival over any heuristic it could have used, and it knows relative times.

    >>> from rag_lifelong.retrieval.time_grammar import parse_time_intent
    >>> at = datetime.fromisoformat("2021-05-06T00:00:00Z")
    >>> one = year_constraint(parse_time_intent("Who was mayor as of 2019?", asked_at=at))
    >>> one.relation.value, one.years
    ('before', (2019,))
    >>> year_constraint(parse_time_intent("Who was mayor in 2019?", asked_at=at)) is None
    True
    """
    relation = _year_relation(intent)
    if relation is None or intent.window is None:
        return None
    chosen: tuple[int, ...]
    years = sorted(years_in(intent.phrase))
    match relation:
        case YearRelation.BETWEEN:
            chosen = (years[0], years[-1])
        case YearRelation.BEFORE:
            chosen = (years[0] if years else (intent.window.end - _INSTANT).year,)
        case YearRelation.AFTER:
            chosen = (years[0] if years else intent.window.start.year,)
    wants_first = _FIRST.search(intent.topic) is not None
    return YearConstraint(relation=relation, years=chosen, wants_first=wants_first)


def without_order(topic: str) -> str:
    """A question without "first", "last" and "latest", as MRAG embeds it.

    >>> without_order("Who was the first mayor?")
    'Who was the mayor?'
    """
    return " ".join(_ORDER.sub("", topic).split())


def years_in(text: str) -> tuple[int, ...]:
    """Numbers of four digits from 1000 to 2099, in order.

    >>> years_in("From 1998 to 2003 it had 15000 members.")
    (1998, 2003)
    """
    return tuple(int(year) for year in _YEAR.findall(text))


def year_coefficient(years: Sequence[int], constraint: YearConstraint) -> float:
    """How much a sentence that names these years counts under a constraint.

    MRAG, arXiv 2412.15540: of the years that satisfy the constraint the last counts (the first,
    where the first is wanted), by a line from 0.6 to 1 over the constraint's span (1 to 0.6); where
    none does, or it is outside the span, 0.5. Pitfalls: a year in the text is taken for the time of
    what is said; without a year a sentence is as bad as a wrong one.

    >>> as_of_2019 = YearConstraint(relation=YearRelation.BEFORE, years=(2019,))
    >>> [year_coefficient(years, as_of_2019) for years in ([2019], [1994, 2023], [2023], [])]
    [1.0, 0.8, 0.5, 0.5]
    """
    start, end = constraint.span
    choose = min if constraint.wants_first else max
    year = choose((one for one in years if constraint.admits(one)), default=None)
    if year is None or not start <= year <= end:
        return _MRAG_OUTSIDE
    share = (year - start) / max(1, end - start)
    if constraint.wants_first:
        share = 1 - share
    return _MRAG_LOW + (1 - _MRAG_LOW) * share


def text_coefficient(text: str, constraint: YearConstraint, *, title: str = "") -> float:
    """The best coefficient among a text's sentences, each read after the title, as published.

    >>> as_of_2019 = YearConstraint(relation=YearRelation.BEFORE, years=(2019,))
    >>> text_coefficient("Founded in 1969. Ada Lund has led it since 2009.", as_of_2019)
    0.92
    """
    sentences = _SENTENCE_END.split(text)
    return max(
        year_coefficient(years_in(f"{title} {sentence}"), constraint) for sentence in sentences
    )


def mrag(similarities: Floats, coefficients: Floats, *, base: float = 0.0) -> Floats:
    """Similarity weighed by a coefficient: base s + (1 - base) s c, [n].

    MRAG, arXiv 2412.15540, with the paper's base of 0.

    >>> mrag(np.array([0.8, 0.7]), np.array([0.5, 1.0])).round(3).tolist()
    [0.4, 0.7]
    """
    return base * similarities + (1 - base) * similarities * coefficients


def _year_relation(intent: TimeIntent) -> YearRelation | None:
    match intent.relation:
        case TimeRelation.BEFORE:
            return YearRelation.BEFORE
        case TimeRelation.AFTER | TimeRelation.SINCE:
            return YearRelation.AFTER
        case TimeRelation.DURING if len(set(years_in(intent.phrase))) > 1:
            return YearRelation.BETWEEN
        case TimeRelation.DURING if _AS_OF.match(intent.phrase):
            return YearRelation.BEFORE
        case _:
            return None


_MRAG_SPAN = 50
_MRAG_LOW = 0.6
_MRAG_OUTSIDE = 0.5
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")
_AS_OF = re.compile(r"as (?:of|at)\b", re.IGNORECASE)
_FIRST = re.compile(r"\bfirst\b", re.IGNORECASE)
_ORDER = re.compile(r"\b(?:first|last|latest)\b", re.IGNORECASE)

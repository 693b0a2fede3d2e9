"""Evidence: what was found at each date, and what another date in the question does to it."""

import math
from collections.abc import Sequence

from evals.measures import MEASURES
from evals.reports import figures
from evals.reports.endpoints import Endpoint, ends_of, of_measure, value_of
from evals.reports.evidence import SHOWN, Found
from evals.reports.figures import Axis, Series
from evals.reports.page import Cell, Column, Drawing, Row, Section, Table, per_cent, signed_points
from evals.reports.perturbed import Drop
from evals.reports.sections.results import best_of, numbered
from evals.reports.summary import Summary
from evals.statistics import Estimate

_KINDS = {
    "now": "questions of the present, by the period after which they were asked",
    "asof": "questions of a fixed time after the last period, by the period they belong to",
}
_LOWER_IS_BETTER = frozenset({"stale_above_gold", "stale"})


def evidence(summary: Summary) -> Section:
    """Recall and staleness of the evidence by date, and the drop with another date."""
    parts: list[Drawing | Table] = []
    for kind in _KINDS:
        found = [one for one in summary.found if one.kind == kind]
        parts += _course(summary, found, kind)
        parts += [table for name in SHOWN for table in _by_date(found, kind, name)]
    return Section(
        name="evidence",
        title="Evidence by date",
        paragraphs=[
            "In per cent, with 95 % intervals over facts beneath. A learner that finds the right "
            "document and ranks an outdated one above it hands its reader a trap: “stale above "
            "gold” counts these, “stale” the answers that came of it.",
        ],
        parts=[*parts, *_drops(summary.drops)],
    )


def _course(summary: Summary, found: Sequence[Found], kind: str) -> list[Drawing]:
    """The share of first documents that are right, over the dates, where there are several."""
    periods = list(summary.run["periods"])
    values = {(one.learner, one.at): one.estimates["er1"].value for one in found}
    dates = [name for name in periods if any(at == name for _, at in values)]
    learners = [
        name
        for name in summary.matrices
        if any(not math.isnan(values.get((name, date), math.nan)) for date in dates)
    ]
    if len(dates) < 2 or not learners:
        return []
    numbers = numbered(summary)
    told = "; ".join(f"{n} {per_cent(values.get((n, dates[-1]), math.nan))}" for n in learners)
    return [
        Drawing(
            title=f"ER@1, {_KINDS[kind]}",
            svg=figures.lines(
                f"evidence-{kind}",
                [
                    Series(
                        label=name,
                        number=numbers[name],
                        x=range(len(dates)),
                        y=[values.get((name, date), math.nan) for date in dates],
                    )
                    for name in learners
                ],
                x=Axis(label="", ticks=dates),
                y=Axis(label="", is_share=True),
            ),
            alternative=f"ER@1 of each learner, {_KINDS[kind]}. At the end: {told}.",
            caption=MEASURES["er1"].definition,
        )
    ]


def _by_date(found: Sequence[Found], kind: str, measure: str) -> list[Table]:
    """A measure of every learner at each date and as a whole; none where it was not measured."""
    known = {
        (one.learner, one.at): one.estimates[measure]
        for one in found
        if not math.isnan(one.estimates[measure].value)
    }
    if not known:
        return []
    endpoint = of_measure(measure)
    dates = list(dict.fromkeys(at for _, at in known))
    best = {
        at: best_of(
            {learner: one.value for (learner, date), one in known.items() if date == at},
            is_lower_better=measure in _LOWER_IS_BETTER,
        )
        for at in dates
    }
    return [
        Table(
            caption=f"{endpoint.label}, {_KINDS[kind]}",
            columns=[
                Column(label="Learner", is_text=True),
                *(Column(label=at or "All") for at in dates),
            ],
            rows=[
                Row(
                    label=learner,
                    cells=[
                        _cell(endpoint, known.get((learner, at)), is_best=learner in best[at])
                        for at in dates
                    ],
                )
                for learner in dict.fromkeys(learner for learner, _ in known)
            ],
            note=endpoint.definition,
        )
    ]


def _cell(endpoint: Endpoint, one: Estimate | None, *, is_best: bool) -> Cell:
    if one is None:
        return Cell(text=per_cent(math.nan))
    return Cell(text=value_of(endpoint, one.value), note=ends_of(endpoint, one), is_best=is_best)


def _drops(drops: Sequence[Drop]) -> list[Table]:
    """How much worse each learner does on the same questions with another date."""
    known = {(one.learner, one.measure): one for one in drops if one.n_pairs}
    measures = list(dict.fromkeys(measure for _, measure in known))
    if not known:
        return []
    return [
        Table(
            caption="The same questions with another date, and so another answer",
            columns=[
                Column(label="Learner", is_text=True),
                *(
                    column
                    for name in measures
                    for column in (
                        Column(label=MEASURES[name].label, note="as published"),
                        Column(label=MEASURES[name].label, note="with the other date"),
                        Column(label=MEASURES[name].label, note="for both dates"),
                        Column(label="Drop", note="points"),
                    )
                ),
            ],
            rows=[
                Row(
                    label=learner,
                    cells=[cell for name in measures for cell in _drop(known.get((learner, name)))],
                )
                for learner in dict.fromkeys(learner for learner, _ in known)
            ],
            note=f"At most {max(one.n_pairs for one in known.values()):,} pairs. The drop is "
            "paired by question, with its 95 % interval over facts. Who reads no dates finds the "
            "same for both, and is right for both in few pairs, whatever the drop.",
        )
    ]


def _drop(one: Drop | None) -> list[Cell]:
    if one is None:
        return [Cell(text=per_cent(math.nan))] * 4
    return [
        Cell(text=per_cent(one.original)),
        Cell(text=per_cent(one.swapped)),
        Cell(text=per_cent(one.both)),
        Cell(text=signed_points(one.drop.value), note=_ends(one.drop)),
    ]


def _ends(drop: Estimate) -> str:
    if math.isnan(drop.low):
        return ""
    return f"[{signed_points(drop.low)}, {signed_points(drop.high)}]"

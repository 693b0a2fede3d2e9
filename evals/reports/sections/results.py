"""The results: endpoints, differences, the course over time, and the matrices."""

import math
from collections.abc import Mapping

from evals.reports import figures
from evals.reports.endpoints import (
    ENDPOINTS,
    Endpoint,
    Unit,
    change_ends_of,
    change_of,
    ends_of,
    value_of,
)
from evals.reports.figures import Axis, Series
from evals.reports.page import (
    Cell,
    Column,
    Drawing,
    Row,
    Section,
    Table,
    p_value,
)
from evals.reports.summary import Summary, is_bound
from evals.statistics import Estimate

_PRIMARY = ENDPOINTS[0]


def headline(summary: Summary) -> Section:
    """The endpoints of every learner, each with its interval."""
    return Section(
        name="results",
        title="Results",
        paragraphs=[
            "In per cent, with 95 % intervals over facts beneath. The first two columns were "
            "fixed in advance as what decides; ▸ marks the best of each column, bounds left out.",
            *_nothing_standing(summary),
        ],
        parts=[*_forest(summary), _endpoints(summary)],
    )


def differences(summary: Summary) -> Section:
    """Every learner against the reference, on the same questions."""
    reference = summary.reference
    rivals = list(summary.pairings)
    shown = [e for e in ENDPOINTS if any(_is_known(summary.differences[e.name][r]) for r in rivals)]
    table = Table(
        caption=f"Each learner less {reference}",
        columns=[
            Column(label="Learner", is_text=True),
            *(Column(label=e.label, note=_better(e)) for e in shown),
        ],
        rows=[
            Row(
                label=name,
                cells=[_difference(e, summary.differences[e.name][name]) for e in shown],
            )
            for name in rivals
        ],
    )
    return Section(
        name="differences",
        title=f"Differences to {reference}",
        paragraphs=[
            "Paired by question, in percentage points with 95 % intervals over facts. Where a "
            "higher number is better, below 0 means worse than the reference.",
        ],
        parts=[table, *_mcnemar(summary)] if rivals else [],
    )


def _mcnemar(summary: Summary) -> list[Table]:
    if not any(one.only_first + one.only_second for one in summary.pairings.values()):
        return []
    return [
        Table(
            caption=f"{_PRIMARY.label}: questions that one alone has right",
            columns=[
                Column(label="Learner", is_text=True),
                Column(label="It alone"),
                Column(label=f"{summary.reference} alone"),
                Column(label="McNemar p", note="exact, two-sided"),
                Column(label="Holm p", note="corrected over learners"),
            ],
            rows=[
                Row(
                    label=name,
                    cells=[
                        Cell(text=f"{one.only_first:,}"),
                        Cell(text=f"{one.only_second:,}"),
                        Cell(text=p_value(one.p)),
                        Cell(text=p_value(summary.holm[name])),
                    ],
                )
                for name, one in summary.pairings.items()
            ],
            note="In the first wording, each question once whatever the number of seeds.",
        )
    ]


def numbered(summary: Summary) -> dict[str, int]:
    """Of each learner, the number its colour and marker go by; the reference has 0."""
    others = [name for name in summary.matrices if name != summary.reference]
    return {summary.reference: 0} | {name: number for number, name in enumerate(others, start=1)}


def best_of(values: Mapping[str, float], *, is_lower_better: bool = False) -> frozenset[str]:
    """The learners with the best value, bounds left out; none where all are equal or one is."""
    known = {n: round(v, 9) for n, v in values.items() if not math.isnan(v) and not is_bound(n)}
    if len(set(known.values())) < 2:
        return frozenset()
    best = (min if is_lower_better else max)(known.values())
    return frozenset(name for name, value in known.items() if value == best)


def _nothing_standing(summary: Summary) -> list[str]:
    if any(_is_known(one) for one in summary.estimates[_PRIMARY.name].values()):
        return []
    return [
        "This benchmark has no standing questions of new and updated facts after the last period, "
        "so the first endpoint was not measured.",
    ]


def _forest(summary: Summary) -> list[Drawing]:
    drawn = []
    for endpoint in [e for e in ENDPOINTS if e.is_primary]:
        known = {n: e for n, e in summary.estimates[endpoint.name].items() if _is_known(e)}
        if not known:
            continue
        numbers = numbered(summary)
        series = [
            Series(
                label=name,
                number=numbers[name],
                x=[one.value],
                y=[0],
                spread=[] if math.isnan(one.low) else [(one.low, one.high)],
            )
            for name, one in known.items()
        ]
        axis = Axis(
            label="percentage points" if endpoint.unit is Unit.CHANGE else "",
            is_share=endpoint.unit is Unit.SHARE,
            is_change=endpoint.unit is Unit.CHANGE,
        )
        told = "; ".join(f"{n} {value_of(endpoint, e.value)}" for n, e in known.items())
        drawn.append(
            Drawing(
                title=endpoint.label,
                svg=figures.forest(f"forest-{endpoint.name}", series, x=axis),
                alternative=f"{endpoint.label} of each learner with its interval: {told}.",
                caption=endpoint.definition,
            )
        )
    return drawn


def _endpoints(summary: Summary) -> Table:
    shown = [e for e in ENDPOINTS if any(map(_is_known, summary.estimates[e.name].values()))]
    best = {
        e.name: best_of(
            {name: one.value for name, one in summary.estimates[e.name].items()},
            is_lower_better=e.is_lower_better,
        )
        for e in shown
    }
    rows = [
        Row(
            label=name,
            note="bound" if is_bound(name) else "",
            cells=[
                _estimate(e, summary.estimates[e.name][name], is_best=name in best[e.name])
                for e in shown
            ],
        )
        for name in summary.matrices
    ]
    return Table(
        caption="Endpoints",
        columns=[
            Column(label="Learner", is_text=True),
            *(Column(label=e.label, note=_better(e)) for e in shown),
        ],
        rows=rows,
        note=_notes(summary),
    )


def _notes(summary: Summary) -> str:
    notes = sorted({one.note for by in summary.estimates.values() for one in by.values()} - {""})
    return f"Some intervals are not BCa, or not there: {'; '.join(notes)}." if notes else ""


def _estimate(endpoint: Endpoint, one: Estimate, *, is_best: bool) -> Cell:
    return Cell(text=value_of(endpoint, one.value), note=ends_of(endpoint, one), is_best=is_best)


def _difference(endpoint: Endpoint, one: Estimate) -> Cell:
    return Cell(text=change_of(endpoint, one.value), note=change_ends_of(endpoint, one))


def _better(endpoint: Endpoint) -> str:
    return "lower is better" if endpoint.is_lower_better else ""


def _is_known(one: Estimate) -> bool:
    return not math.isnan(one.value)

"""The results: endpoints, differences, the course over time, and the matrices."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

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
    HeatMaps,
    Row,
    Section,
    Table,
    decimal,
    p_value,
    per_cent,
    signed_points,
)
from evals.reports.summary import OverTime, Summary, is_bound
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


def over_time(summary: Summary) -> Section:
    """Accuracy and staleness row by row."""
    return Section(
        name="over-time",
        title="Over time",
        paragraphs=[
            "Row 0 is asked before anything was told, each further row after one more period.",
        ],
        parts=[
            *_course(
                summary,
                "em_now",
                title="Questions of the present, right",
                caption="Standing questions, exact match with the value told by then; mean over "
                "the periods they are from.",
            ),
            *_course(
                summary,
                "staleness",
                title="Questions of the present, answered with a superseded value",
                caption="Of the questions whose fact has a superseded value by then.",
            ),
            *_course(
                summary,
                "average_accuracy",
                title="Questions of a fixed time, right",
                caption="Average accuracy over the periods up to the row: what is kept of all that "
                "was told.",
            ),
        ],
    )


def matrices(summary: Summary) -> Section:
    """Both matrices of every learner, and what continual learning reads off them."""
    kinds = {"asof": "R_asof, questions of a fixed time", "now": "R_now, questions of the present"}
    parts: list[Table | HeatMaps] = []
    for kind, title in kinds.items():
        maps = [
            _heat_map(summary, name, kind)
            for name in summary.matrices
            if any(not math.isnan(c) for row in summary.matrices[name][kind] for c in row)
        ]
        if maps:
            parts += [_transfer(summary, kind, title), HeatMaps(tables=maps)]
    return Section(
        name="matrices",
        title="Matrices",
        paragraphs=[
            "Exact match in per cent of the questions of each period (columns) after each period "
            "(rows). Right of the diagonal lies the future, where a learner can be right about facts "
            "that were told earlier; whether it knew new ones too is tested under Guards. On R_now "
            "the right answers change from row to row, so a fall there is no forgetting; read "
            "forgetting off R_asof.",
        ],
        parts=parts,
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
    return f"Some intervals are not BCa: {'; '.join(notes)}." if notes else ""


def _estimate(endpoint: Endpoint, one: Estimate, *, is_best: bool) -> Cell:
    return Cell(text=value_of(endpoint, one.value), note=ends_of(endpoint, one), is_best=is_best)


def _difference(endpoint: Endpoint, one: Estimate) -> Cell:
    return Cell(text=change_of(endpoint, one.value), note=change_ends_of(endpoint, one))


def _better(endpoint: Endpoint) -> str:
    return "lower is better" if endpoint.is_lower_better else ""


def _is_known(one: Estimate) -> bool:
    return not math.isnan(one.value)


def _course(summary: Summary, which: str, *, title: str, caption: str) -> list[Drawing]:
    numbers = numbered(summary)
    of: Callable[[OverTime], Sequence[float]] = lambda one: getattr(one, which)  # noqa: E731
    known = {
        name: of(one)
        for name, one in summary.over_time.items()
        if any(not math.isnan(value) for value in of(one))
    }
    if not known:
        return []
    names = ["before", *summary.run["periods"]]
    svg = figures.lines(
        which.replace("_", "-"),
        [
            Series(label=name, number=numbers[name], x=range(len(names)), y=values)
            for name, values in known.items()
        ],
        x=Axis(label="asked after", ticks=names),
        y=Axis(label="", is_share=True),
    )
    rows = [
        Row(label=name, cells=[Cell(text=per_cent(value)) for value in values])
        for name, values in known.items()
    ]
    columns = [Column(label="Learner", is_text=True), *(Column(label=name) for name in names)]
    ends = "; ".join(f"{name} {per_cent(values[-1])}" for name, values in known.items())
    return [
        Drawing(
            title=title,
            svg=svg,
            alternative=f"{title}, over the periods. At the end: {ends}.",
            caption=caption,
            numbers=Table(caption=f"{title}, in per cent", columns=columns, rows=rows),
        )
    ]


def _heat_map(summary: Summary, learner: str, kind: str) -> Table:
    periods = summary.run["periods"]
    return Table(
        caption=learner,
        columns=[Column(label="", is_text=True), *(Column(label=name) for name in periods)],
        rows=[
            Row(
                label=after,
                cells=[
                    Cell(
                        text=per_cent(share, digits=0),
                        shade=None if math.isnan(share) else share,
                    )
                    for share in shares
                ],
            )
            for after, shares in zip(
                ["before", *_after(summary)], summary.matrices[learner][kind], strict=True
            )
        ],
    )


def _after(summary: Summary) -> list[str]:
    return [f"after {name}" for name in summary.run["periods"]]


def _transfer(summary: Summary, kind: str, title: str) -> Table:
    measured = {name: both[kind] for name, both in summary.transfer.items()}
    first = next(iter(measured.values()))
    terms = [(one.label, one.definition) for one in first]
    columns = [Column(label="Learner", is_text=True), *(Column(label=one.label) for one in first)]
    rows = [
        Row(
            label=name,
            cells=[
                Cell(text=(per_cent if one.is_share else signed_points)(one.value))
                for one in numbers
            ],
        )
        for name, numbers in measured.items()
    ]
    if kind == "now":
        columns.append(Column(label="Lag", note="periods until half is right"))
        rows = [
            replace(row, cells=[*row.cells, Cell(text=decimal(summary.lags[row.label].mean))])
            for row in rows
        ]
        lag = (
            "Lag",
            "periods until at least half of a period's updates are right, the mean over periods; "
            "where it never came, one more than the periods there were (after StreamingQA, arXiv "
            "2205.11388).",
        )
        terms = [("Others", "as above, on R_now in place of R_asof."), lag]
    return Table(caption=title, columns=columns, rows=rows, terms=terms)

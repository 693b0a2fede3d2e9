"""The course over time: accuracy and staleness by row, and the matrices."""

import math
from dataclasses import replace
from operator import attrgetter

from evals.reports import figures
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
    per_cent,
    signed_points,
)
from evals.reports.sections.results import numbered
from evals.reports.summary import Summary
from evals.reports.transfer import Number


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
            "(rows). Right of the diagonal lies the future, where a learner can be right about "
            "facts that were told earlier; whether it knew new ones too is tested under Guards. On "
            "R_now the right answers change from row to row, so a fall there is no forgetting; "
            "read forgetting off R_asof.",
        ],
        parts=parts,
    )


def _course(summary: Summary, which: str, *, title: str, caption: str) -> list[Drawing]:
    numbers = numbered(summary)
    of = attrgetter(which)
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


def _written(number: Number) -> str:
    if number.is_ratio:
        return decimal(number.value, 2)
    return (per_cent if number.is_share else signed_points)(number.value)


def _transfer(summary: Summary, kind: str, title: str) -> Table:
    measured = {name: both[kind] for name, both in summary.transfer.items()}
    first = next(iter(measured.values()))
    terms = [(one.label, one.definition) for one in first]
    columns = [Column(label="Learner", is_text=True), *(Column(label=one.label) for one in first)]
    rows = [
        Row(
            label=name,
            cells=[Cell(text=_written(one)) for one in numbers],
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

"""What learning and answering cost, and what it bought."""

import math
from collections.abc import Callable

from evals.reports import figures
from evals.reports.costs import Cost
from evals.reports.endpoints import ENDPOINTS
from evals.reports.figures import Axis, Series
from evals.reports.page import Cell, Column, Drawing, Row, Section, Table, per_cent, quantity
from evals.reports.sections.results import numbered
from evals.reports.summary import Summary

_COLUMNS: tuple[tuple[str, str, Callable[[Cost], str]], ...] = (
    ("Learning", "operations", lambda one: quantity(one.flops, "FLOP")),
    ("Learning", "tokens", lambda one: quantity(one.tokens)),
    ("Learning", "wall time", lambda one: quantity(one.learning_seconds, "s")),
    ("Learning", "energy, estimated", lambda one: quantity(one.energy_j, "J")),
    ("Memory", "peak", lambda one: quantity(one.peak_rss_bytes, "B")),
    ("Kept", "at the end", lambda one: quantity(one.state_bytes, "B")),
    ("Question", "median", lambda one: quantity(one.median_seconds, "s")),
    ("Question", "95th percentile", lambda one: quantity(one.p95_seconds, "s")),
    ("Question", "model calls", lambda one: _plain(one.calls)),
    ("Question", "tokens in", lambda one: _plain(one.tokens_in)),
    ("Question", "tokens out", lambda one: _plain(one.tokens_out)),
    ("Question", "operations", lambda one: quantity(one.answer_flops, "FLOP")),
)


def costs(summary: Summary) -> Section:
    """Costs beside accuracy, and at how many questions teaching pays."""
    shown = [
        column for column in _COLUMNS if any(column[2](c) != "–" for c in summary.costs.values())
    ]
    table = Table(
        caption="Costs",
        columns=[
            Column(label="Learner", is_text=True),
            *(Column(label=label, note=note) for label, note, _ in shown),
        ],
        rows=[
            Row(label=name, cells=[Cell(text=write(one)) for _, _, write in shown])
            for name, one in summary.costs.items()
        ],
        note="Learning is summed over the periods; all are means over seeds, the peak the greatest."
        " Learners that share a store are each counted with all of it. Energy is an estimate from "
        "the processor's rating wherever the machine has no meter.",
    )
    return Section(
        name="costs",
        title="Costs",
        paragraphs=[_break_even(summary)],
        parts=[
            *_against(summary, "flops", "Accuracy against compute", "FLOP of learning"),
            *_against(summary, "state_bytes", "Accuracy against memory", "bytes kept at the end"),
            table,
            *_growth(summary),
        ],
    )


def _break_even(summary: Summary) -> str:
    if summary.crossings:
        return "Break-even: " + " ".join(
            f"{one.retrieval} beside {one.taught}: {one.reading}." for one in summary.crossings
        )
    return (
        "Break-even was not measured: it needs a learner that costs more to teach than "
        f"{summary.reference}, and the operations a question of both."
    )


def _against(summary: Summary, which: str, title: str, label: str) -> list[Drawing]:
    endpoint = next(
        (
            e
            for e in (ENDPOINTS[0], *(e for e in ENDPOINTS if e.name == "average_accuracy"))
            if any(not math.isnan(one.value) for one in summary.estimates[e.name].values())
        ),
        None,
    )
    if endpoint is None:
        return []
    numbers = numbered(summary)
    points = {
        name: (getattr(one, which), summary.estimates[endpoint.name][name].value)
        for name, one in summary.costs.items()
    }
    drawn = {n: (x, y) for n, (x, y) in points.items() if x > 0 and not math.isnan(y)}
    free = [name for name, (x, y) in points.items() if x == 0 and not math.isnan(y)]
    if not drawn:
        return []
    told = "; ".join(f"{n} {quantity(x)}, {per_cent(y)}" for n, (x, y) in drawn.items())
    svg = figures.scatter(
        f"against-{which.replace('_', '-')}",
        [Series(label=n, number=numbers[n], x=[x], y=[y]) for n, (x, y) in drawn.items()],
        x=Axis(label=f"{label}, logarithmic", is_log=True),
        y=Axis(label=endpoint.label, is_share=True),
    )
    nothing = f" At no such cost, and so not drawn: {', '.join(free)}." if free else ""
    return [
        Drawing(
            title=title,
            svg=svg,
            alternative=f"{title}. {label}, then {endpoint.label} in per cent: {told}.",
            caption=f"{endpoint.label} after the last period.{nothing}",
        )
    ]


def _growth(summary: Summary) -> list[Table]:
    known = {name: one.growth for name, one in summary.costs.items() if one.growth}
    if not known:
        return []
    return [
        Table(
            caption="Bytes kept after each period",
            columns=[
                Column(label="Learner", is_text=True),
                *(Column(label=name) for name in summary.run["periods"]),
            ],
            rows=[
                Row(label=name, cells=[Cell(text=quantity(kept, "B")) for kept in growth])
                for name, growth in known.items()
            ],
        )
    ]


def _plain(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.1f}"

"""Ablations, and the guards against comparisons that are not what they seem."""

import math

from evals.guards import ALPHA
from evals.reports.endpoints import ENDPOINTS, change_ends_of, change_of
from evals.reports.page import (
    Cell,
    Column,
    Row,
    Section,
    Table,
    p_value,
    per_cent,
    signed_points,
)
from evals.reports.summary import Summary


def ablations(summary: Summary) -> Section:
    """Learners with options beside themselves without."""
    if not summary.ablations:
        return Section(
            name="ablations",
            title="Ablations",
            paragraphs=[
                "None in this run: name a learner with and without options, as in "
                f"{summary.reference} and {summary.reference}@k=3.",
            ],
        )
    shown = [
        e
        for e in ENDPOINTS
        if any(not math.isnan(one.endpoints[e.name].value) for one in summary.ablations)
    ]
    return Section(
        name="ablations",
        title="Ablations",
        paragraphs=[
            "Each learner with options less itself with fewer, in percentage points with 95 % "
            "intervals over facts.",
        ],
        parts=[
            Table(
                caption="What the options change",
                columns=[
                    Column(label="Learner", is_text=True),
                    Column(label="Less", is_text=True),
                    *(Column(label=endpoint.label) for endpoint in shown),
                ],
                rows=[
                    Row(
                        label=one.learner,
                        cells=[
                            Cell(text=one.base),
                            *(
                                Cell(
                                    text=change_of(e, one.endpoints[e.name].value),
                                    note=change_ends_of(e, one.endpoints[e.name]),
                                )
                                for e in shown
                            ),
                        ],
                    )
                    for one in summary.ablations
                ],
            )
        ],
    )


def guards(summary: Summary) -> Section:
    """What would make the numbers mean something else."""
    stream = summary.run["stream"]
    known = stream.get("contamination") or ""
    paragraphs = [
        f"Contamination: {known}"
        if known
        else "Contamination: none. The facts are invented, so no model knows them from training."
    ]
    parts = [*_leaks(summary), *_swapped(summary), *_reordered(summary)]
    if known:
        paragraphs.append("Leaks were not looked for: whoever knows public facts seems to leak.")
    if not summary.swapped:
        paragraphs.append("Dates were not swapped: no fact is asked about as of two dates.")
    if not summary.reordered:
        paragraphs.append(
            "Evidence was not reordered: the run has no learner beside itself with order=shuffled "
            "or order=best-first."
        )
    return Section(name="guards", title="Guards", paragraphs=paragraphs, parts=parts)


def _leaks(summary: Summary) -> list[Table]:
    if not summary.leaks:
        return []
    leaking = set(summary.leaking)
    return [
        Table(
            caption="Leaks: questions about new facts, asked before they were told",
            columns=[
                Column(label="Learner", is_text=True),
                Column(label="Facts"),
                Column(label="Right in row 0", note="per cent"),
                Column(label="By guessing", note="the commonest answer"),
                Column(label="Right later", note="yet before it was told"),
                Column(label="Facts better"),
                Column(label="Facts worse"),
                Column(label="p", note="exact, one-sided"),
                Column(label="Holm p"),
                Column(label="Verdict", is_text=True),
            ],
            rows=[
                Row(
                    label=one.learner,
                    cells=[
                        Cell(text=f"{one.n_facts:,}"),
                        Cell(text=per_cent(one.before)),
                        Cell(text=per_cent(one.guess)),
                        Cell(text=per_cent(one.future)),
                        Cell(text=f"{one.n_better:,}"),
                        Cell(text=f"{one.n_worse:,}"),
                        Cell(text=p_value(one.p)),
                        Cell(text=p_value(summary.leaks_holm.get(one.learner, one.p))),
                        Cell(
                            text=_verdict(is_leaking=one.learner in leaking, n_facts=one.n_facts),
                            is_alarm=one.learner in leaking,
                        ),
                    ],
                )
                for one in summary.leaks
            ],
            note="Tested are row 0 against guessing (binomial) and later rows against row 0 (sign "
            f"test over facts). An alarm is a corrected p below {ALPHA}. Bounds may look at the "
            "key and are not tested.",
        )
    ]


def _verdict(*, is_leaking: bool, n_facts: int) -> str:
    if not n_facts:
        return "not measured"
    return "knows the future" if is_leaking else "no sign of a leak"


def _swapped(summary: Summary) -> list[Table]:
    if not summary.swapped:
        return []
    return [
        Table(
            caption="Swapped dates: two questions that differ in their date alone",
            columns=[
                Column(label="Learner", is_text=True),
                Column(label="Pairs"),
                Column(label="Same answer to both", note="per cent; the date was not read"),
                Column(label="Both right", note="per cent"),
            ],
            rows=[
                Row(
                    label=one.learner,
                    cells=[
                        Cell(text=f"{one.n_pairs:,}"),
                        Cell(text=per_cent(one.same_answer)),
                        Cell(text=per_cent(one.both_right)),
                    ],
                )
                for one in summary.swapped
            ],
        )
    ]


def _reordered(summary: Summary) -> list[Table]:
    if not summary.reordered:
        return []
    return [
        Table(
            caption="Order of evidence: the same lines in another order",
            columns=[
                Column(label="Learner", is_text=True),
                Column(label="Beside", is_text=True),
                Column(label="Questions"),
                Column(label="Answers changed", note="per cent"),
                Column(label="Exact match", note="points"),
            ],
            rows=[
                Row(
                    label=one.learner,
                    cells=[
                        Cell(text=one.base),
                        Cell(text=f"{one.n:,}"),
                        Cell(text=per_cent(one.changed)),
                        Cell(text=signed_points(one.em_difference)),
                    ],
                )
                for one in summary.reordered
            ],
        )
    ]

"""Details: cohorts and forms, wordings and seeds, confidence."""

import math

from evals.measures import MEASURES
from evals.reports import figures
from evals.reports.endpoints import ENDPOINTS
from evals.reports.figures import Axis, Series
from evals.reports.page import Cell, Column, Drawing, Row, Section, Table, number, per_cent
from evals.reports.sections.results import best_of, numbered
from evals.reports.summary import Group, Summary
from evals.types import Cohort, Form

_BY_GROUP = ("em", "er1", "answer_recall1", "passage_recall1")
_KINDS = {"asof": "questions of a fixed time", "now": "questions of the present"}


def breakdown(summary: Summary) -> Section:
    """What the averages hide: each cohort and form of question for itself."""
    tables = []
    for kind, words in _KINDS.items():
        groups = [group for group in summary.groups if group.kind == kind]
        if not groups:
            continue
        tables += [
            _by_group([g for g in groups if g.by == by], measure, f"by {by}, {words}")
            for by in ("cohort", "form")
            for measure in _BY_GROUP
            if len({g.name for g in groups if g.by == by and not math.isnan(g.means[measure])}) > 1
        ]
        whole = [group for group in groups if group.by == "all"]
        tables += [
            _by_measure(whole, f"Answers, {words}", is_of_evidence=False),
            _by_measure(whole, f"Evidence, {words}", is_of_evidence=True),
        ]
    return Section(
        name="breakdown",
        title="Cohorts and forms",
        paragraphs=[
            "After the last period, in per cent, over all seeds and wordings. A cohort is what "
            "happened to the fact in the period it is counted in; a form is how the question "
            "speaks of time. The other measures of each cohort and form are in scores.json.",
        ],
        parts=tables,
    )


def steadiness(summary: Summary) -> Section:
    """The first endpoint by wording and by seed."""
    first = ENDPOINTS[0]
    wordings = sorted({w for by in summary.wordings.values() for w in by})
    seeds = sorted({s for by in summary.seeds.values() for s in by})
    rows = []
    for name in summary.wordings:
        by_wording = [summary.wordings[name].get(w, math.nan) for w in wordings]
        by_seed = [summary.seeds[name].get(s, math.nan) for s in seeds]
        known = [value for value in by_wording if not math.isnan(value)]
        mean = sum(known) / len(known) if known else math.nan
        shown = [mean, min(known, default=math.nan), *by_wording, *by_seed]
        rows.append(Row(label=name, cells=[Cell(text=per_cent(value)) for value in shown]))
    return Section(
        name="steadiness",
        title="Wordings and seeds",
        paragraphs=[
            "The first endpoint for each way of asking and each seed: a difference between "
            "learners that is smaller than that between wordings says little.",
        ],
        parts=[
            Table(
                caption=f"{first.label}, in per cent",
                columns=[
                    Column(label="Learner", is_text=True),
                    Column(label="Mean", note="of wordings"),
                    Column(label="Worst", note="wording"),
                    *(Column(label=f"Wording {w}") for w in wordings),
                    *(Column(label=f"Seed {s}") for s in seeds),
                ],
                rows=rows,
            )
        ],
    )


def confidence(summary: Summary) -> Section:
    """Whether learners know what they know: calibration, risk over coverage, abstention."""
    numbers = numbered(summary)
    curves = {name: one for name, one in summary.confidence.items() if one.coverage}
    parts: list[Drawing | Table] = []
    if curves:
        told = "; ".join(f"{name} {number(one.aurc)}" for name, one in curves.items())
        parts.append(
            Drawing(
                title="Risk over coverage",
                svg=figures.lines(
                    "risk-coverage",
                    [
                        Series(
                            label=name,
                            number=numbers[name],
                            x=one.coverage,
                            y=one.risk,
                            has_markers=False,
                        )
                        for name, one in curves.items()
                    ],
                    x=Axis(
                        label="share of the questions answered, the surest first", is_share=True
                    ),
                    y=Axis(label="share of them wrong", is_share=True),
                ),
                alternative=f"Risk over coverage of each learner. Area under the curve: {told}.",
                caption="How often a learner is wrong if it answers only what it is surest of. "
                "Lower is better; a flat curve is of a confidence that tells nothing.",
            )
        )
    columns = {
        "ECE": "ece", "Brier": "brier", "AUROC": "auroc", "AURC": "aurc",
        "Abstention precision": "abstention_precision", "Abstention recall": "abstention_recall",
        "Abstention F1": "abstention_f1", "Over-refusal": "over_refusal",
    }  # fmt: skip
    parts.append(
        Table(
            caption="Confidence and abstention",
            columns=[
                Column(label="Learner", is_text=True),
                *(Column(label=label) for label in columns),
            ],
            rows=[
                Row(
                    label=name,
                    cells=[Cell(text=number(getattr(one, field))) for field in columns.values()],
                )
                for name, one in summary.confidence.items()
            ],
            note="Over-refusal: share of the answerable questions that were not answered. What "
            "has no value was not measured: no confidence told, or no question without an answer.",
        )
    )
    return Section(
        name="confidence",
        title="Confidence and abstention",
        paragraphs=["After the last period, over questions of both kinds."],
        parts=parts,
    )


def _by_group(groups: list[Group], measure: str, by: str) -> Table:
    names = [one.value for one in (*Cohort, *Form) if one.value in {g.name for g in groups}]
    means = {(group.learner, group.name): group.means[measure] for group in groups}
    counts = {group.name: group.n for group in groups}
    best = {
        name: best_of({learner: mean for (learner, of), mean in means.items() if of == name})
        for name in names
    }
    return Table(
        caption=f"{MEASURES[measure].label} {by}",
        columns=[
            Column(label="Learner", is_text=True),
            *(
                Column(label=name.replace("_", " "), note=f"{counts[name]:,} answers")
                for name in names
            ),
        ],
        rows=[
            Row(
                label=learner,
                cells=[
                    Cell(
                        text=per_cent(means.get((learner, name), math.nan)),
                        is_best=learner in best[name],
                    )
                    for name in names
                ],
            )
            for learner in dict.fromkeys(group.learner for group in groups)
        ],
    )


def _by_measure(groups: list[Group], caption: str, *, is_of_evidence: bool) -> Table:
    shown = [
        name
        for name, measure in MEASURES.items()
        if measure.is_of_evidence is is_of_evidence
        and any(not math.isnan(group.means[name]) for group in groups)
    ]
    return Table(
        caption=caption,
        columns=[
            Column(label="Learner", is_text=True),
            *(Column(label=MEASURES[measure].label) for measure in shown),
        ],
        rows=[
            Row(
                label=group.learner,
                cells=[Cell(text=_shown(measure, group.means[measure])) for measure in shown],
            )
            for group in groups
        ],
    )


def _shown(measure: str, value: float) -> str:
    return per_cent(value) if MEASURES[measure].is_share else number(value)

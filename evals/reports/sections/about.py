"""What the numbers mean, and how they were made."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from evals.measures import MEASURES
from evals.reports.endpoints import ENDPOINTS
from evals.reports.page import Cell, Column, Row, Section, Table
from evals.reports.summary import Summary

_LONGEST = 400


def definitions(_: Summary) -> Section:
    """The definition of every number, since papers differ in them."""
    return Section(
        name="definitions",
        title="Definitions",
        paragraphs=[
            "Intervals are BCa bootstraps of 10,000 resamples of facts, since questions about one "
            "fact stand and fall together, and of seeds where there are several. Means that are "
            "taken over periods, F1 and calibration error are resampled through their influence "
            "values. McNemar's test is exact and two-sided; Holm's correction is over learners.",
            "An answer that was withheld counts as wrong where there is a right one, and as right "
            "where there is none; “nothing withheld” says what it would have been.",
        ],
        parts=[
            _defined("Endpoints", [(e.label, e.definition) for e in ENDPOINTS]),
            _defined("Measures", [(m.label, m.definition) for m in MEASURES.values()]),
        ],
    )


def how_it_was_run(summary: Summary) -> Section:
    """The resolved settings, versions and machine of the run."""
    told = {key: value for key, value in summary.run.items() if key != "config"}
    return Section(
        name="how",
        title="How it was run",
        paragraphs=[*_readings(summary), "The same run is made by:"],
        command=_command(summary.run),
        parts=[
            Table(
                caption="Settings of the run",
                columns=[
                    Column(label="Setting", is_text=True),
                    Column(label="Value", is_text=True),
                ],
                rows=[Row(label=key, cells=[Cell(text=text)]) for key, text in _flat(told)],
            )
        ],
    )


def _command(run: Mapping[str, Any]) -> str:
    stream = run["stream"]
    words = ["rag-lifelong", "eval", "run", stream["name"]]
    if stream.get("data"):
        words += ["--data", stream["data"]]
    for key, value in (stream.get("options") or {}).items():
        words += ["-o", f"{key}={value}"]
    for learner in run["learners"]:
        words += ["--learner", learner]
    words += ["--seeds", str(len(run["seeds"])), "--wordings", str(len(run["wordings"]))]
    if run.get("limit"):
        words += ["--limit", str(run["limit"])]
    if run.get("reading"):
        words += ["--reading", run["reading"]]
    return shlex.join(words)


def _readings(summary: Summary) -> list[str]:
    perfect = (
        "Read perfectly: the answer is what the best line's document states of the fact asked "
        "about. This measures finding alone and is a bound on what a language model makes of it."
    )
    return [perfect] if summary.run.get("reading") == "perfect" else []


def _defined(caption: str, pairs: list[tuple[str, str]]) -> Table:
    return Table(
        caption=caption,
        columns=[Column(label="Name", is_text=True), Column(label="Definition", is_text=True)],
        rows=[Row(label=label, cells=[Cell(text=text)]) for label, text in pairs],
    )


def _flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in told.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{name}.")
        else:
            text = _text(value)
            yield name, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _text(value: object) -> str:
    if isinstance(value, str):
        return value or "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value)) or "–"
    return "–" if value is None else json.dumps(value, ensure_ascii=False)

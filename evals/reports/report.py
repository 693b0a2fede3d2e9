"""The report of a run: one HTML page that needs nothing else, a Markdown page, and the numbers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from evals.reports.browser import Browsed, browsed
from evals.reports.page import Section
from evals.reports.sections import SECTIONS
from evals.reports.summary import Summary, summarise
from evals.runs import Run
from evals.scoring import score_run

_MARKDOWN = str.maketrans(
    {c: f"\\{c}" for c in "\\`*_[]|"} | {"<": "&lt;", "&": "&amp;", "\n": " "}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a reader must know before the numbers."""

    text: str
    is_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the templates show."""

    title: str
    lead: str
    notices: Sequence[Notice]
    sections: Sequence[Section]
    browsed: Browsed
    footer: str


def write_report(run: Path) -> list[Path]:
    """Score a run and write `scores.json`, `report.html` and `report.md` into its folder.

    The same run folder gives the same bytes.

    Args:
        run: The run's folder.

    Returns:
        The files written.

    Raises:
        EvalError: If the folder is no run, or a file of it is missing or not in its layout.
    """
    read = Run(run)
    scores = score_run(read)
    summary = summarise(read, scores)
    report = Report(
        title=_title(summary),
        lead=_lead(summary),
        notices=_notices(summary),
        sections=[section(summary) for section in SECTIONS],
        browsed=browsed(read, scores),
        footer="Made by rag-lifelong eval report. The numbers are in scores.json.",
    )
    contents = {
        "scores.json": summary.as_json(),
        "report.html": _render("report.html.jinja", report),
        "report.md": _render("report.md.jinja", report),
    }
    for name, text in contents.items():
        (run / name).write_text(f"{text.rstrip()}\n", encoding="utf-8", newline="\n")
    return [run / name for name in contents]


def _render(template: str, report: Report) -> str:
    numbers = itertools.count(1)
    environment = Environment(
        loader=PackageLoader("evals.reports"),
        autoescape=template.startswith("report.html"),
        undefined=StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
    environment.filters["md"] = _markdown
    environment.globals["next_number"] = lambda: next(numbers)
    return environment.get_template(template).render(report=report)


def _markdown(text: Any) -> str:
    return str(text).translate(_MARKDOWN)


def _title(summary: Summary) -> str:
    return f"{summary.run['stream']['name']}: {len(summary.matrices)} learners compared"


def _lead(summary: Summary) -> str:
    run = summary.run
    reader = run.get("reader") or "no language model"
    reading = "read perfectly" if run.get("reading") == "perfect" else f"read by {reader}"
    counts = [
        _count(len(run["periods"]), "period"),
        _count(len(run["seeds"]), "seed"),
        _count(len(run["wordings"]), "wording"),
    ]
    first, last = (run["row_times"][place][:10] for place in (0, -1))
    return f"{', '.join(counts)}; {reading}; {first} to {last}."


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _notices(summary: Summary) -> list[Notice]:
    found = []
    if summary.leaking:
        found.append(
            Notice(
                text=f"Knows the future: {', '.join(summary.leaking)}. Answers about facts that "
                "were yet to be told are right more often than by chance.",
                is_alarm=True,
            )
        )
    if why := summary.run["stream"].get("contamination"):
        found.append(Notice(text=f"Models may know these facts from their training: {why}"))
    if summary.run.get("limit"):
        found.append(
            Notice(text=f"At most {summary.run['limit']} questions of each period and kind.")
        )
    return found

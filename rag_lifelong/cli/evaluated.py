"""How what can be evaluated, and what came of it, is shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from rag_lifelong.cli.console import err, out

if TYPE_CHECKING:
    from evals.reports.compare import Comparison
    from evals.running.listing import Option
    from evals.running.runner import Ran
    from evals.statistics import Estimate
    from evals.streams import StreamEntry


def stream_card(name: str, entry: "StreamEntry", found: "Sequence[Option]") -> None:
    """Print a benchmark and its options."""
    out.print(f"[bold]{escape(name)}[/bold]  {escape(entry.summary)}")
    out.print(f"--data: {escape(entry.layout)}" if entry.layout else "is made, and needs no files")
    for one in found:
        default = f"default {one.default}" if one.default else "must be given"
        out.print(f"  -o [cyan]{escape(one.name)}[/cyan]={escape(one.kind)}  {escape(default)}")
        if one.meaning:
            out.print(f"       [dim]{escape(one.meaning)}[/dim]")


def table(title: str, rows: list[tuple[str, str]]) -> None:
    """Print names and what they mean."""
    out.print(f"[bold]{title}[/bold]")
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        out.print(f"  [cyan]{escape(name):{width}}[/cyan]  {escape(text)}")
    out.print()


def outcome(run: Path, ran: "Ran") -> None:
    """Print what came of a run."""
    for name, reason in ran.left_out.items():
        err.print(f"left out {name}: {reason}", markup=False, soft_wrap=True)
    out.print(
        f"{run}: {ran.cells} cells of {len(ran.learners)} learners, {ran.made} of them made now",
        markup=False,
    )
    err.print(f"see them with `rag-lifelong eval report {run}`", markup=False, soft_wrap=True)


def comparison_card(found: "Comparison") -> None:
    """Print two learners beside each other, with intervals."""
    out.print(f"{found.metric} after the last period", markup=False)
    for name, mean in ((found.first, found.first_mean), (found.second, found.second_mean)):
        out.print(f"  {name}: {_interval(mean)}", markup=False)
    out.print(f"  difference: {_interval(found.difference, sign='+')}", markup=False)
    out.print(
        f"exact match: {found.mcnemar.only_first} right in the first alone, "
        f"{found.mcnemar.only_second} in the second alone (McNemar, exact: "
        f"p = {found.mcnemar.p:.3g})",
        markup=False,
    )
    for title, parts in (("cohort", found.cohorts), ("form", found.forms)):
        for part in parts:
            out.print(
                f"  {title} {part.name}: {part.first:.3f}, {part.second:.3f}, "
                f"difference {_interval(part.difference, sign='+')}, {part.n} answers",
                markup=False,
            )


def differing(found: "Comparison", most: int) -> None:
    """Print the first questions on which they differ."""
    out.print(f"they differ on {len(found.differing)} questions")
    for one in found.differing[:most]:
        right = " or ".join(one.answers) or "none: to abstain"
        out.print(f"  {one.question} ({one.period})", markup=False)
        out.print(
            f"    right: {right}; {found.first}: {one.first_said!r} ({one.first_score:g}); "
            f"{found.second}: {one.second_said!r} ({one.second_score:g})",
            markup=False,
        )


def _interval(estimate: "Estimate", *, sign: str = "") -> str:
    level = f"{estimate.level:.0%}"
    return (
        f"{estimate.value:{sign}.3f} "
        f"[{level} {estimate.low:{sign}.3f} to {estimate.high:{sign}.3f}]"
    )

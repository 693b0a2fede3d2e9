"""`rag-lifelong eval`: any learner on any benchmark, and what came of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from rag_lifelong.cli import evaluated, options
from rag_lifelong.cli.console import err, out

if TYPE_CHECKING:
    from evals.reports.compare import Comparison
    from evals.running.runner import Progress
    from evals.running.spec import RunSpec
    from evals.streams import StreamEntry

app = typer.Typer(
    help="Compare ways of keeping up with changing facts on a stream of dated documents.",
    no_args_is_help=True,
)

# A learner's name may hold options of its own: hybrid@k=3.order=best-first.
_LEARNER_OPTION = re.compile(r"(?P<learner>.+?)\.(?P<key>\w+)=(?P<value>.*)")

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `eval run` wrote.")]


@app.command("list")
def list_(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A benchmark, to see its options.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show the benchmarks, learners and metrics there are, or the options of one benchmark.

    **Examples**

    `rag-lifelong eval list`

    `rag-lifelong eval list generated`
    """
    if name is None:
        _list_all(as_json=as_json)
        return
    from evals.running.listing import stream_options
    from evals.streams import STREAMS

    found = stream_options(name)
    if as_json:
        options.print_json(
            {"name": name, **_about(STREAMS[name]), "options": [asdict(one) for one in found]}
        )
        return
    evaluated.stream_card(name, STREAMS[name], found)


@app.command("run")
def run(
    stream: Annotated[str, typer.Argument(help="A benchmark that `eval list` names.")],
    to: Annotated[
        Path, typer.Option("--out", metavar="RUN", help="Folder to write, or to go on with.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="PATH", help="Where its files lie.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="KEY=VALUE", help="A setting of the benchmark; many times."
        ),
    ] = None,
    learner: Annotated[
        list[str] | None,
        typer.Option(
            "--learner",
            metavar="NAME[@KEY=VALUE,…]",
            help="A learner with its options; many times. [default: all that apply]",
            show_default=False,
        ),
    ] = None,
    learner_option: Annotated[
        list[str] | None,
        typer.Option(
            "--learner-option",
            metavar="NAME.KEY=VALUE",
            help="An option that is no part of the learner's name in the report; many times.",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="Worlds made, or samples drawn.")
    ] = 3,
    wordings: Annotated[
        int, typer.Option("--wordings", min=1, max=3, help="Ways in which everything is asked.")
    ] = 3,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=1, help="Most questions of each kind and period. [default: all]"
        ),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows",
            metavar="LIST",
            help="After which periods to ask, such as 0,3,6; 0 is before any. [default: all]",
        ),
    ] = None,
    reading: Annotated[
        Literal["llm", "perfect"],
        typer.Option(
            "--reading",
            help="Who reads what is found: the language model, or a bound without faults.",
        ),
    ] = "llm",
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Tell every learner each period's documents, and ask it everything before and after.

    Stopping is safe at any time: the same command goes on where it was, and ends with the same
    answers. What was answered is kept in the cache directory, so that asking it again takes no
    model.

    **Examples**

    `rag-lifelong eval run generated -o facts=100 --reading perfect --out runs/generated`

    `rag-lifelong eval run jsonl --data my-questions/ --learner ours --learner hybrid@k=3 --out r`

    `rag-lifelong eval run clark --data clark/ --limit 40 --seeds 1 --rows 0,3,6 --out runs/clark`
    """
    from evals.running.equipment import configured_equipment
    from evals.running.runner import run as evaluate
    from rag_lifelong.config import load_config

    spec = _run_spec(
        stream,
        learner or [],
        _by_learner(learner_option or []),
        data=data,
        options=dict(_pair(one, "--option") for one in option or []),
        seeds=seeds,
        wordings=wordings,
        limit=limit,
        rows=None if rows is None else _numbers(rows),
        reading=reading,
    )
    equipment = configured_equipment(load_config(config))
    with _progress() as progress:
        ran = evaluate(spec, to, equipment=equipment, progress=progress)
    if as_json:
        options.print_json({"run": str(to), **asdict(ran)})
        return
    evaluated.outcome(to, ran)


@app.command("report")
def report(
    run: Run,
    as_json: options.Json = False,
) -> None:
    """Score a run and write its report into its folder: one HTML page, and Markdown.

    **Example**

    `rag-lifelong eval report runs/generated`
    """
    from evals.reports.report import write_report

    with err.status("scoring …"):
        files = write_report(run)
    if as_json:
        options.print_json({"files": [str(file) for file in files]})
        return
    for file in files:
        out.print(str(file), markup=False)


@app.command("compare")
def compare(
    run: Run,
    first: Annotated[str, typer.Argument(metavar="A", help="A learner of the run.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, to compare it with.")],
    metric: Annotated[
        str, typer.Option("--metric", help="What is compared; `eval list` names the measures.")
    ] = "em",
    show: Annotated[
        int, typer.Option("--show", min=0, help="Most questions shown on which they differ.")
    ] = 10,
    as_json: options.Json = False,
) -> None:
    """Compare two learners of a run question by question, after the last period.

    **Examples**

    `rag-lifelong eval compare runs/generated ours hybrid`

    `rag-lifelong eval compare runs/generated ours hybrid@k=3 --metric er5 --json`
    """
    from evals.reports.compare import compare as compare_learners

    with err.status("scoring …"):
        found = compare_learners(run, first, second, metric=metric)
    if as_json:
        options.print_json(_without_nan(found))
        return
    evaluated.comparison_card(found)
    evaluated.differing(found, show)


def _list_all(*, as_json: bool) -> None:
    from evals.measures import MEASURES
    from evals.registry import LEARNERS
    from evals.reports.endpoints import ENDPOINTS
    from evals.streams import STREAMS

    if as_json:
        options.print_json(
            {
                "benchmarks": [{"name": name, **_about(one)} for name, one in STREAMS.items()],
                "learners": [
                    {"name": name, "family": one.family, "summary": one.summary}
                    for name, one in LEARNERS.items()
                ],
                "measures": [
                    {"name": name, "definition": one.definition} for name, one in MEASURES.items()
                ],
                "endpoints": [
                    {"name": one.name, "definition": one.definition} for one in ENDPOINTS
                ],
            }
        )
        return
    evaluated.table("Benchmarks", [(name, one.summary) for name, one in STREAMS.items()])
    learners = [(name, f"{one.summary} ({one.family})") for name, one in LEARNERS.items()]
    evaluated.table("Learners", learners)
    measures = [(name, one.definition) for name, one in MEASURES.items()]
    evaluated.table("Measures of each answer", measures)
    endpoints = [(one.name, one.definition) for one in ENDPOINTS]
    evaluated.table("Endpoints of each learner", endpoints)


def _about(entry: "StreamEntry") -> dict[str, str]:
    return {"summary": entry.summary, "layout": entry.layout}


def _without_nan(found: "Comparison") -> dict[str, Any]:
    """A comparison as JSON can hold it: what was not measured is null."""
    from pydantic_core import from_json, to_json

    plain: dict[str, Any] = from_json(to_json(found, inf_nan_mode="null"))
    return plain


def _run_spec(
    stream: str,
    learners: Sequence[str],
    beside: dict[str, dict[str, str]],
    **values: object,
) -> "RunSpec":
    from evals.running.spec import LearnerSpec, RunSpec

    named = tuple(LearnerSpec.parse(text, beside.get(text)) for text in learners)
    return RunSpec(stream=stream, learners=named, beside=beside, **values)  # type: ignore[arg-type]


def _by_learner(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        read = _LEARNER_OPTION.fullmatch(text)
        if read is None:
            raise typer.BadParameter(f"--learner-option {text!r}: expected NAME.KEY=VALUE")
        found.setdefault(read["learner"], {})[read["key"]] = read["value"]
    return found


def _pair(text: str, flag: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise typer.BadParameter(f"{flag} {text!r}: expected KEY=VALUE")
    return key, value


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--rows {text!r}: expected numbers, such as 0,3,6") from None


@contextmanager
def _progress() -> "Iterator[Callable[[Progress], None]]":
    """Shows cells done and in all: a line that changes on a terminal, a line a cell in a log."""
    shown = -1
    with err.status("reading the benchmark …") as spinner:

        def show(progress: "Progress") -> None:
            nonlocal shown
            line = f"{progress.done}/{progress.total} cells: {progress.doing}"
            spinner.update(escape(line))
            if not err.is_terminal and progress.done != shown:
                err.print(line, markup=False, soft_wrap=True)
            shown = progress.done

        yield show

"""`rag-lifelong jobs`: what could not be read, and trying it again."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from rag_lifelong.cli import options
from rag_lifelong.cli.console import out
from rag_lifelong.cli.show import iso

if TYPE_CHECKING:
    from rag_lifelong.types import Job

app = typer.Typer(invoke_without_command=True)


@app.callback()
def jobs(
    ctx: typer.Context,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """List what could not be read: why, how often it was tried, and when it is tried again.

    The daemon tries again what may pass, such as a lock or a network that fails: after 10 seconds,
    then ever more rarely, eight times. What its own content makes unreadable is left until it
    changes.

    **Examples**

    `rag-lifelong jobs`

    `rag-lifelong jobs --json --store ~/kb`

    `rag-lifelong jobs retry`
    """
    if ctx.invoked_subcommand is not None:
        return
    from rag_lifelong.system import System

    found = System.configured(config, store=store).jobs()
    if as_json:
        options.print_json({"jobs": [_plain(job) for job in found]})
        return
    for job in found:
        out.print(f"{escape(job.origin)}: {escape(job.reason)}", soft_wrap=True)
        out.print(f"    {_fate(job)}; failed since {_when(job.first_at)}")
    if not found:
        out.print("nothing failed")


@app.command("retry")
def retry(
    ctx: typer.Context,
    origins: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ORIGIN...]", help="Origins as listed, or files; all that are left."
        ),
    ] = None,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Make what failed due now: the daemon tries it within seconds, else the next `ingest` does.

    **Examples**

    `rag-lifelong jobs retry`

    `rag-lifelong jobs retry notes/scan.pdf`
    """
    from rag_lifelong.system import System

    # Options before the command's name count too.
    above = ctx.parent.params if ctx.parent is not None else {}
    system = System.configured(config or above.get("config"), store=store or above.get("store"))
    due = system.retry(origins or [])
    if as_json:
        options.print_json({"due": due})
        return
    for origin in due:
        out.print(escape(origin), soft_wrap=True)
    out.print(f"{len(due)} due now" if due else "nothing is left to be tried again")


def _fate(job: "Job") -> str:
    if job.attempts == 0:
        return "about to be tried"
    times = "once" if job.attempts == 1 else f"{job.attempts} times"
    if job.state == "dead":
        return f"tried {times}, left until it changes or `rag-lifelong jobs retry`"
    return f"tried {times}, again from {_when(job.next_at)}"


def _when(instant: datetime) -> str | None:
    return iso(instant.replace(microsecond=0))


def _plain(job: "Job") -> dict[str, object]:
    times = {"next_at": job.next_at, "first_at": job.first_at, "last_at": job.last_at}
    return asdict(job) | {name: iso(at) for name, at in times.items()}

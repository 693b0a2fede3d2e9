"""`rag-lifelong reembed`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out


def reembed(
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Folder or hub id of the new embedder. [default: embedder.model of the settings]",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", metavar="SECONDS", min=0, help="How long to wait while another writes."
        ),
    ] = 60.0,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Move the store to another embedding model while it is asked and ingested into.

    Questions are answered with the old model until every text has a vector of the new one; then set
    `embedder.model`. Stopping is safe at any time: run it again to go on. Dates, history and what
    was known when do not change.

    **Examples**

    `rag-lifelong reembed --model models/e5-small`

    `rag-lifelong reembed --model intfloat/e5-small-v2 --wait 600`
    """
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    with _progress() as progress:
        done = system.reembed(model, wait_s=wait, progress=progress)
    if as_json:
        options.print_json(
            {
                "store": system.config.store,
                "before": None if done.before is None else asdict(done.before),
                "model": asdict(done.model),
                "moved": done.before != done.model,
                "texts": done.texts,
            }
        )
    elif done.before == done.model:
        out.print(f"nothing to do: the vectors are from {done.model}", markup=False)
    else:
        out.print(f"moved to {done.model}; {done.texts} texts embedded", markup=False)
    if done.before != done.model:
        if model is not None and model != system.config.embedder.model:
            err.print(f'now set model = "{model}" under [embedder] in the settings', markup=False)
        err.print("`rag-lifelong compact` gives back the space of the old vectors")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Shows texts done and in all: a line that changes on a terminal, a line a percent in a log."""
    shown = -1
    with err.status("loading the embedder …") as spinner:

        def show(done: int, total: int) -> None:
            nonlocal shown
            line = f"{done}/{total} texts embedded"
            spinner.update(line)
            percent = 100 * done // max(total, 1)
            if not err.is_terminal and percent != shown:
                err.print(line)
            shown = percent

        yield show

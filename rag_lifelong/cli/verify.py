"""`rag-lifelong verify`."""

from dataclasses import asdict

import typer
from rich.markup import escape

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out


def verify(
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Check every byte of the store; exits with 1 if something is damaged.

    Changes nothing, and may run while the store is used. Each problem comes with what mends it.

    **Examples**

    `rag-lifelong verify`

    `rag-lifelong verify --json --store ~/kb`
    """
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    with err.status("reading every byte …"):
        found = system.verify()
    if as_json:
        options.print_json(
            {
                "store": system.config.store,
                "sound": not found.problems,
                "checked": found.checked,
                "problems": [asdict(problem) for problem in found.problems],
            }
        )
    else:
        for name, count in found.checked.items():
            out.print(f"{name.replace('_', ' '):18} {count:>12,} checked")
        for problem in found.problems:
            out.print(f"[red]problem[/red] {escape(problem.what)}")
            out.print(f"        mend it with: {escape(problem.fix)}")
        if not found.problems:
            out.print(f"{system.config.store} is sound", markup=False)
    if found.problems:
        raise typer.Exit(1)

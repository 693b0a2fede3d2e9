"""`rag-lifelong doctor`."""

from dataclasses import asdict

import typer
from rich.markup import escape

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out

_COLOURS = {"ok": "green", "warning": "yellow", "failure": "red"}


def doctor(
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Look at the store, models, disk, clock, lock and dates; exits with 1 if something fails.

    Each warning and failure comes with its fix. Nothing is changed, and the store is looked at
    quickly: `rag-lifelong verify` reads every byte.

    **Examples**

    `rag-lifelong doctor`

    `rag-lifelong doctor --json`
    """
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    with err.status("looking …"):
        checks = system.doctor()
    is_healthy = all(check.level != "failure" for check in checks)
    if as_json:
        options.print_json(
            {
                "store": system.config.store,
                "healthy": is_healthy,
                "checks": [asdict(check) for check in checks],
            }
        )
    else:
        for check in checks:
            colour = _COLOURS[check.level]
            out.print(
                f"[{colour}]{check.level:8}[/{colour}] {check.name:11} {escape(check.detail)}"
            )
            if check.fix:
                out.print(f"{'':20} fix: {escape(check.fix)}")
    if not is_healthy:
        raise typer.Exit(1)

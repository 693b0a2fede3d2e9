"""`rag-lifelong restore`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `backup` made.")],
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Check a backup and make a store of it, at --store, where there must be none.

    **Examples**

    `rag-lifelong restore /mnt/backups/kb-monday --store ~/kb`
    """
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    with err.status("checking and copying …"):
        n_bytes = system.restore(source)
    if as_json:
        options.print_json({"store": system.config.store, "backup": source, "bytes": n_bytes})
    else:
        out.print(f"{source} → {system.config.store}: {decimal(n_bytes)}, checked", markup=False)

"""`rag-lifelong backup`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new directory; it appears when complete.")
    ],
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Copy the store as of one moment, while it may be read and written, and check the copy.

    A backup is a store: `--store DIR` asks it.

    **Examples**

    `rag-lifelong backup /mnt/backups/kb-monday`

    `rag-lifelong backup --store ~/kb kb-before-the-move`
    """
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    with err.status("copying and checking …"):
        n_bytes = system.backup(target)
    if as_json:
        options.print_json({"store": system.config.store, "backup": target, "bytes": n_bytes})
    else:
        out.print(f"{system.config.store} → {target}: {decimal(n_bytes)}, checked", markup=False)

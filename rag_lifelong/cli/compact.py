"""`rag-lifelong compact`."""

from rich.filesize import decimal

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out


def compact(
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Give back disk space, finish what was left undone, and rebuild what is derived and damaged.

    No document and no answer changes. It needs about as much free disk space as the store has.

    **Examples**

    `rag-lifelong compact`

    `rag-lifelong compact --json`
    """
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    with err.status("compacting …"):
        before, after = system.compact()
    if as_json:
        options.print_json(
            {"store": system.config.store, "bytes_before": before, "bytes_after": after}
        )
    else:
        out.print(f"{decimal(before)} before, {decimal(after)} after")

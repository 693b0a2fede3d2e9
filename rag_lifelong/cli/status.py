"""`rag-lifelong status`."""

from dataclasses import asdict

from rich.filesize import decimal

from rag_lifelong.cli import options
from rag_lifelong.cli.console import out


def status(
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Show what the store holds.

    **Examples**

    `rag-lifelong status`

    `rag-lifelong status --json`
    """
    from rag_lifelong.daemon import place
    from rag_lifelong.reembedding import models_of
    from rag_lifelong.system import System

    system = System.configured(config, store=store)
    counts, model = system.status()
    pid, watcher = place.running(system.config.store), place.told(system.config.store)
    if as_json:
        options.print_json(
            {
                "store": system.config.store,
                **asdict(counts),
                "embedder": None if model is None else asdict(model),
                "generations": [asdict(one) for one in models_of(system.config.store)],
                "watcher": {"pid": pid, **watcher} if watcher else None,
            }
        )
        return
    out.print(f"store      {system.config.store}")
    out.print(f"documents  {counts.documents} current, {counts.ended} ended")
    if counts.jobs_waiting or counts.jobs_dead:
        out.print(
            f"unread     {counts.jobs_waiting} tried again, {counts.jobs_dead} left (see jobs)"
        )
    out.print(f"revisions  {counts.revisions}")
    out.print(f"chunks     {counts.chunks}")
    dated = ", ".join(f"{name} {n}" for name, n in counts.date_sources.items())
    out.print(f"dated by   {dated or 'nothing yet'}", soft_wrap=True)
    if counts.contradicted_dates:
        out.print(f"           {counts.contradicted_dates} have another date that contradicts it")
    out.print(f"vectors    {counts.vectors}  {model or ''}")
    out.print(f"size       {decimal(counts.store_bytes)}")
    if pid is not None:
        out.print(f"watched    by process {pid}, {watcher.get('lag_s', 0):.1f} s behind")

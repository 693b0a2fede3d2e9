"""`rag-lifelong ingest`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out

_SHOWN_SKIPS = 20


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="Folders, files or Wikipedia XML dumps (.xml, .bz2)."
        ),
    ],
    namespaces: Annotated[
        str | None,
        typer.Option(
            "--namespaces",
            metavar="LIST",
            help="Wiki namespaces to read: `all`, or numbers such as 0,4. [default: 0, articles]",
            show_default=False,
        ),
    ] = None,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Bring the store up to date with folders, files and dumps.

    Only what changed is read and embedded; what is gone is closed, its history kept.
    An unreadable file is skipped by name and counted. Stopping is safe at any time.

    **Examples**

    `rag-lifelong ingest notes/ enwiki-pages-articles.xml.bz2`

    `rag-lifelong ingest --store ~/kb --json notes/`

    `rag-lifelong ingest --namespaces all wiki-pages-meta-history.xml.bz2`
    """
    from rag_lifelong.system import System

    flags = {} if namespaces is None else {"wikipedia": {"namespaces": _numbers(namespaces)}}
    system = System.configured(config, store=store, **flags)
    with err.status("reading …") as spinner:
        report = system.ingest(
            paths,
            lambda r: spinner.update(
                f"{r.added} added, {r.updated} updated, {r.unchanged} unchanged, "
                f"{r.closed} closed, {len(r.skipped)} skipped, "
                f"{r.chunks_embedded} chunks embedded"
            ),
        )
    if as_json:
        options.print_json(asdict(report))
        return
    for skipped in report.skipped[:_SHOWN_SKIPS]:
        err.print(f"skipped {skipped.uri}: {skipped.reason}", markup=False, soft_wrap=True)
    if len(report.skipped) > _SHOWN_SKIPS:
        err.print(f"… and {len(report.skipped) - _SHOWN_SKIPS} more skipped; --json lists all")
    out.print(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.closed} closed, {len(report.skipped)} skipped; "
        f"{report.chunks_embedded} chunks embedded in {report.seconds:.1f} s",
        highlight=False,
    )


def _numbers(value: str) -> str | list[int]:
    if value == "all":
        return value
    try:
        return [int(number) for number in value.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"--namespaces {value!r}: expected all, or numbers as 0,4"
        ) from None

"""`rag-lifelong forget`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out
from rag_lifelong.cli.show import iso

if TYPE_CHECKING:
    from rag_lifelong.types import Revision


def forget(
    documents: Annotated[
        list[str],
        typer.Argument(metavar="DOC...", help="Ids of documents, or files they were read from."),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Destroy without asking.")] = False,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Destroy documents: text, vectors and index entries, in every revision. There is no undo.

    A receipt of hashes and counts is left, and no content. If the source still has the document, a
    later ingest brings it back. Text that another document has too stays with that one. Backups
    made before still hold it.

    **Examples**

    `rag-lifelong forget notes/private.md`

    `rag-lifelong forget --yes wiki:enwiki:12345`
    """
    from rag_lifelong.system import System

    if not yes and not sys.stdin.isatty():
        raise typer.BadParameter("forgetting cannot be undone: confirm it with --yes")
    system = System.configured(config, store=store)
    found = system.to_forget(documents)
    _announce(found)
    if not yes and not typer.confirm("Destroy them?", err=True):
        err.print("nothing was forgotten")
        raise typer.Exit(1)
    receipts, is_log_empty = system.forget(list(found))
    if as_json:
        options.print_json(
            {
                "forgotten": [
                    {"doc_id": doc_id, **asdict(receipt), "forgotten_at": iso(receipt.forgotten_at)}
                    for doc_id, receipt in zip(found, receipts, strict=True)
                ],
                "log_emptied": is_log_empty,
            }
        )
    else:
        for doc_id, receipt in zip(found, receipts, strict=True):
            out.print(
                f"forgotten {escape(doc_id)}: {receipt.revisions} revisions, {receipt.texts} texts"
            )
            out.print(f"    at {iso(receipt.forgotten_at)}")
            out.print(f"    sha256 of the id     {receipt.doc_id_sha256}")
            out.print(f"    sha256 of the texts  {receipt.texts_sha256}")
    if not is_log_empty:
        err.print(
            "the store's log holds the text yet, because another process reads the store or the "
            "disk is full: run `rag-lifelong compact` after that"
        )


def _announce(found: "Mapping[str, Sequence[Revision]]") -> None:
    """Say what is about to be destroyed."""
    for doc_id, revisions in found.items():
        last = revisions[-1]
        err.print(
            f"to be destroyed: [bold]{escape(last.title)}[/bold], {len(revisions)} revisions from "
            f"{revisions[0].date} to {last.date}, {sum(one.n_chunks for one in revisions)} chunks"
        )
        err.print(f"    {escape(doc_id)}")

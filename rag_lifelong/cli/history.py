"""`rag-lifelong history`."""

from typing import Annotated

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.console import out
from rag_lifelong.cli.show import iso, revision_json, revision_line


def history(
    document: Annotated[
        str,
        typer.Argument(
            metavar="DOC",
            help="A document's id, its file, or a part of its id or title that no other has.",
        ),
    ],
    known_at: options.KnownAt = None,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Show the revisions of a document, by the time each held.

    One that a later one took back never held.

    **Examples**

    `rag-lifelong history notes/mayor.md`

    `rag-lifelong history "Prime minister" --known-at 2026-05-01`
    """
    from rag_lifelong.system import System

    known = options.read_time(None, None, known_at)["known_at"]
    system = System.configured(config, store=store)
    revisions = system.history(document, known_at=known)
    if as_json:
        options.print_json(
            {
                "doc_id": revisions[0].doc_id,
                "known_at": iso(known),
                "revisions": [revision_json(revision) for revision in revisions],
            }
        )
        return
    out.print(revisions[0].doc_id, markup=False)
    for revision in revisions:
        revision_line(revision)

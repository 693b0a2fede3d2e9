"""`rag-lifelong ask`."""

from typing import Annotated, Any

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err
from rag_lifelong.cli.show import answer_card, answer_json

ABSTAINED = 3


def ask(
    question: Annotated[str, typer.Argument(help="The question, in words.")],
    as_of: options.AsOf = None,
    between: options.Between = None,
    known_at: options.KnownAt = None,
    timezone: options.Timezone = None,
    is_full: Annotated[
        bool, typer.Option("--full", help="A sentence or two with numbered citations.")
    ] = False,
    store: options.Store = None,
    config: options.ConfigFile = None,
    own_models: options.OwnModels = False,
    as_json: options.Json = False,
) -> None:
    """Answer a question with dated citations, or say that the sources do not tell.

    Exits with 0 when answered, 3 when it abstains.

    **Examples**

    `rag-lifelong ask "Who is the prime minister?"`

    `rag-lifelong ask "Who was the prime minister in March 2017?"`

    `rag-lifelong ask "Who is the prime minister?" --as-of 2017-03`

    `rag-lifelong ask "Who is the prime minister?" --known-at 2026-05-01 --json`

    `rag-lifelong ask "How has the prime minister changed over the years?"`

    `rag-lifelong ask "Who won yesterday?" --timezone Europe/Berlin --full`
    """
    from rag_lifelong.daemon import asking
    from rag_lifelong.system import System

    fixed = options.read_time(as_of, between, known_at)
    flags: dict[str, Any] = {"reader": {"style": "full"}} if is_full else {}
    if timezone is not None:
        flags["timezone"] = timezone
    system = System.configured(config, store=store, **flags)
    with err.status("thinking …"):
        given = None if own_models else asking.ask(system.config, question, **fixed)
        if given is None:
            given = system.ask(question, **fixed)
    if as_json:
        options.print_json(answer_json(given))
    else:
        answer_card(given, now=system.now())
    if given.abstained:
        raise typer.Exit(ABSTAINED)

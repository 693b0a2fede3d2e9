"""`rag-lifelong search`."""

from typing import Annotated, Any

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.show import evidence_json, evidence_lines, time_json, time_lines


def search(
    query: Annotated[str, typer.Argument(help="Words to search for; dates in them count.")],
    as_of: options.AsOf = None,
    between: options.Between = None,
    known_at: options.KnownAt = None,
    timezone: options.Timezone = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most results.")] = 10,
    store: options.Store = None,
    config: options.ConfigFile = None,
    own_models: options.OwnModels = False,
    as_json: options.Json = False,
) -> None:
    """Show the dated chunks an answer would be read from, without the language model.

    **Examples**

    `rag-lifelong search "prime minister" --as-of 2017`

    `rag-lifelong search "chief executive" --between 2010..2014 -n 5`
    """
    from rag_lifelong.daemon import asking
    from rag_lifelong.system import System

    fixed = options.read_time(as_of, between, known_at)
    flags: dict[str, Any] = {} if timezone is None else {"timezone": timezone}
    system = System.configured(config, store=store, **flags)
    found = None if own_models else asking.search(system.config, query, limit=limit, **fixed)
    if found is None:
        found = system.search(query, limit=limit, **fixed)
    if as_json:
        options.print_json(
            {
                "query": query,
                "time": time_json(found.time),
                "evidence": [evidence_json(evidence) for evidence in found.evidence],
            }
        )
    else:
        evidence_lines(found.evidence)
        time_lines(found.time)

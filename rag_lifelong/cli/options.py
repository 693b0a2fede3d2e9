"""Options that commands share, and how their values are read."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypedDict

import typer

from rag_lifelong.temporal import Interval, parse_when

Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="DIR",
        envvar="RAG_LIFELONG_STORE",
        help="Store directory. [default: .rag-lifelong]",
        show_default=False,
        show_envvar=True,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="RAG_LIFELONG_CONFIG",
        help="TOML settings. [default: rag-lifelong.toml if it is there]",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
OwnModels = Annotated[
    bool,
    typer.Option(
        "--own-models", help="Load the models here, even if a daemon watches and has them loaded."
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="What held then: 2019, 2019-06, 2019-06-01 or an ISO instant. Nothing later is seen.",
    ),
]
Between = Annotated[
    str | None,
    typer.Option(
        "--between",
        metavar="FROM..TO",
        help="Everything that held at some time from FROM to the end of TO: 2015..2019-06.",
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="DATE",
        help="What this store had been told by then (the end of the day, month or year named).",
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Whose days the question means: Europe/Berlin. [default: as set, else UTC]",
        show_default=False,
    ),
]


class FixedTime(TypedDict):
    """What the time flags fix."""

    as_of: Interval | None
    between: Interval | None
    known_at: datetime | None


def read_time(as_of: str | None, between: str | None, known_at: str | None) -> FixedTime:
    """Read `--as-of`, `--between FROM..TO` (both ends included) and `--known-at` (to its end).

    Raises:
        typer.BadParameter: If one is not a date, or --as-of and --between are both given.
    """
    if as_of is not None and between is not None:
        raise typer.BadParameter("--as-of and --between exclude each other")
    return FixedTime(
        as_of=None if as_of is None else _when(as_of, "--as-of"),
        between=None if between is None else _span(between),
        known_at=None
        if known_at is None
        else _when(known_at, "--known-at").end - timedelta(microseconds=1),
    )


def print_json(value: dict[str, Any]) -> None:
    """Print one object on one line of stdout."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def _when(value: str, option: str) -> Interval:
    try:
        return parse_when(value)[0]
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}") from error


def _span(value: str) -> Interval:
    first, dots, last = value.partition("..")
    if not dots:
        raise typer.BadParameter(f"--between {value!r}: expected FROM..TO, as in 2015..2019-06")
    start, end = _when(first, "--between").start, _when(last, "--between").end
    if end <= start:
        raise typer.BadParameter(f"--between {value!r} ends before it starts")
    return Interval(start, end)

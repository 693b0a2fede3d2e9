"""`rag-lifelong ingest`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out
from rag_lifelong.cli.plan import show_plan
from rag_lifelong.types import DateSource

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport
    from rag_lifelong.types import Skipped

_SHOWN_SKIPS = 20


def ingest(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Folders, files, Wikipedia dumps, git repositories (git+PATH), URLs of pages, "
            "feeds and sitemaps, and files of URLs (urls+PATH).",
        ),
    ],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Store nothing; show what would be read and dated how."),
    ] = False,
    date_from: Annotated[
        str | None,
        typer.Option(
            "--date-from",
            metavar="LIST",
            help="Where dates are taken from, best first, such as front_matter,filename,mtime.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="PATTERN",
            help="Leave out what matches, as in .gitignore; may be given many times.",
        ),
    ] = None,
    no_ignore: Annotated[
        bool, typer.Option("--no-ignore", help="Read also what .gitignore and .ignore leave out.")
    ] = False,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Read also names that begin with a dot.")
    ] = False,
    namespaces: Annotated[
        str | None,
        typer.Option(
            "--namespaces",
            metavar="LIST",
            help="Wiki namespaces to read: `all`, or numbers such as 0,4. [default: 0, articles]",
            show_default=False,
        ),
    ] = None,
    revisions: Annotated[
        Literal["all", "latest", "daily", "monthly"] | None,
        typer.Option(
            "--revisions",
            help="Of a wiki page's history keep all, or the last of each day or month, or of all.",
        ),
    ] = None,
    whole_dump: Annotated[
        bool | None,
        typer.Option(
            "--whole-dump/--part-dump",
            help="Whether pages a dump lacks are gone. [default: unless half would be]",
            show_default=False,
        ),
    ] = None,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Fetch also from addresses of private networks."),
    ] = False,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Bring the store up to date with folders, files, dumps, repositories and URLs.

    Only what changed is read and embedded; what is gone is closed, its history kept.
    An unreadable file is skipped by name and counted. Stopping is safe at any time.
    Of a feed the entries are read and not what they link to; of a repository every commit of the
    current branch. Nothing is fetched but what a URL given here names or lists.

    **Examples**

    `rag-lifelong ingest notes/ enwiki-pages-articles.xml.bz2`

    `rag-lifelong ingest --dry-run --date-from front_matter,filename notes/`

    `rag-lifelong ingest --revisions monthly wiki-pages-meta-history.xml.7z`

    `rag-lifelong ingest git+/srv/handbook https://example.org/feed.xml`
    """
    from rag_lifelong.system import System

    chosen = {
        "date_from": _date_sources(date_from),
        "ignore": ignore or None,
        "use_ignore_files": False if no_ignore else None,
        "include_hidden": hidden or None,
        "allow_private": allow_private or None,
    }
    pages = {
        "namespaces": None if namespaces is None else _numbers(namespaces),
        "revisions": revisions,
        "whole": whole_dump,
    }
    system = System.configured(config, store=store, sources=_given(chosen), wikipedia=_given(pages))
    if dry_run:
        show_plan(system.plan(sources), as_json=as_json)
        return
    with err.status("reading …") as spinner:
        report = system.ingest(sources, lambda so_far: spinner.update(_counts(so_far)))
    if as_json:
        options.print_json(asdict(report))
        return
    show_skips(report.skipped)
    out.print(
        f"{_counts(report)} in {report.seconds:.1f} s",
        highlight=False,
    )


def show_skips(skips: "list[Skipped]") -> None:
    """Name what was skipped, up to a number."""
    for skipped in skips[:_SHOWN_SKIPS]:
        err.print(f"skipped {skipped.uri}: {skipped.reason}", markup=False, soft_wrap=True)
    if len(skips) > _SHOWN_SKIPS:
        err.print(f"… and {len(skips) - _SHOWN_SKIPS} more skipped; --json lists all")


def _counts(report: "IngestReport") -> str:
    moved = f"{report.moved} moved, " if report.moved else ""
    return (
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {moved}"
        f"{report.closed} closed, {len(report.skipped)} skipped; "
        f"{report.chunks_embedded} chunks embedded"
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Only what was asked for: the rest stays as configured."""
    return {name: value for name, value in values.items() if value is not None}


def _date_sources(value: str | None) -> list[DateSource] | None:
    if value is None:
        return None
    try:
        return [DateSource(name.strip()) for name in value.split(",")]
    except ValueError as error:
        known = ", ".join(DateSource)
        raise typer.BadParameter(f"--date-from: {error}; there are {known}") from None


def _numbers(value: str) -> str | list[int]:
    if value == "all":
        return value
    try:
        return [int(number) for number in value.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"--namespaces {value!r}: expected all, or numbers as 0,4"
        ) from None

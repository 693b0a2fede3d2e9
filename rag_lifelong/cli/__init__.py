"""The command `rag-lifelong`: parse, call one function, print.

Answers and `--json` go to stdout, everything else to stderr. Exit codes: 0 done or answered,
1 error or damage, 2 wrong usage, 3 abstained, 130 interrupted.
"""

import sys

import typer

from rag_lifelong.cli import (
    ask,
    backup,
    compact,
    doctor,
    evaluate,
    export,
    forget,
    history,
    ingest,
    jobs,
    models,
    reembed,
    restore,
    search,
    status,
    verify,
    watch,
)
from rag_lifelong.errors import RagLifelongError

_INTERRUPTED = 130

app = typer.Typer(
    name="rag-lifelong",
    help="Dated, cited answers over documents that keep changing, from a frozen language model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("ingest")(ingest.ingest)
app.command("ask")(ask.ask)
app.command("search")(search.search)
app.command("status")(status.status)
app.command("history")(history.history)
app.command("export")(export.export)
app.command("forget")(forget.forget)
app.command("doctor")(doctor.doctor)
app.command("verify")(verify.verify)
app.command("compact")(compact.compact)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("reembed")(reembed.reembed)
app.add_typer(watch.app, name="watch")
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")
app.add_typer(evaluate.app, name="eval")


def main() -> None:
    """Run the command line and turn the project's errors into one line and an exit code."""
    try:
        app()
    except RagLifelongError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        sys.exit(1)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # typer's code for Ctrl-C
            print("interrupted: everything committed so far is kept", file=sys.stderr)
        raise
    except BrokenPipeError:
        # The reader of a pipe left (`| head`): nothing to report.
        sys.stderr.close()
        sys.exit(0)

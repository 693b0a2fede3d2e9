"""`rag-lifelong export`."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err
from rag_lifelong.cli.show import exported_json
from rag_lifelong.errors import RagLifelongError


def export(
    as_of: options.AsOf = None,
    between: options.Between = None,
    known_at: options.KnownAt = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write there, whole or not at all, not stdout."
        ),
    ] = None,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Write revisions and their text as JSON Lines, one revision a line.

    Without a time, every revision that ever held. `--json` adds a summary to `--output`.

    **Examples**

    `rag-lifelong export > all.jsonl`

    `rag-lifelong export --as-of 2017-03 --output 2017-03.jsonl`

    `rag-lifelong export --known-at 2026-05-01 | jq .title`
    """
    from rag_lifelong.system import System

    fixed = options.read_time(as_of, between, known_at)
    system = System.configured(config, store=store)
    count = 0
    with _opened(output) as file:
        for revision, chunks in system.export(**fixed):
            line = json.dumps(exported_json(revision, chunks), ensure_ascii=False)
            file.write(f"{line}\n")
            count += 1
    if output is not None and as_json:
        options.print_json({"output": output, "revisions": count, "bytes": output.stat().st_size})
    else:
        err.print(f"{count} revisions exported")


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """The stream to write to: stdout, or a file that appears when it is complete."""
    if output is None:
        yield sys.stdout
        return
    target = output.resolve()
    if target.exists() and not target.is_file():
        raise RagLifelongError(
            f"cannot write {output}: it is no regular file", hint="name a file, or leave --output"
        )
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise RagLifelongError(
            f"cannot write {output}: {error.strerror}",
            hint="check the folder, and the disk's space",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)

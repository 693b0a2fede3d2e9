"""`rag-lifelong watch`: the daemon, and what is asked of it."""

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out
from rag_lifelong.errors import RagLifelongError

if TYPE_CHECKING:
    from rag_lifelong.daemon.state import WatchState

_START_S = 60.0
_STOP_S = 120.0


class _PathsOrCommand(TyperGroup):
    """`watch PATH…` is `watch run PATH…`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before what is neither a command nor asks for help."""
        first = args[0] if args else ""
        if first not in self.commands and first not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_PathsOrCommand,
    help="Keep the store in step with folders: `rag-lifelong watch notes/`. Also `stop`, `status` "
    "and `install-service`.",
)

Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[PATH...]", help="Folders and files; also those of `watch.paths`."),
]
Rescan = Annotated[
    float | None,
    typer.Option("--rescan-minutes", help="How often everything is looked at. [default: 60]"),
]
Poll = Annotated[
    bool,
    typer.Option("--poll", help="Compare listings instead of trusting events of the kernel."),
]


@app.command("run")
def run(
    paths: Paths = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; return once it watches.")
    ] = False,
    rescan_minutes: Rescan = None,
    poll: Poll = False,
    store: options.Store = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Watch folders until told to stop, and keep the store in step with them.

    What is saved is found within seconds, what was missed at the next look at everything. SIGTERM
    and Ctrl-C finish the batch under way; SIGHUP reads the settings anew.

    **Examples**

    `rag-lifelong watch notes/ ~/mail`

    `rag-lifelong watch --detach --store ~/kb notes/`

    `rag-lifelong watch status --store ~/kb`
    """
    from rag_lifelong.daemon import run as daemon
    from rag_lifelong.system import System

    if detach:
        _detach(paths or [], _flags(rescan_minutes, poll, store, config), _store(store, config))
        return
    chosen: dict[str, Any] = {}
    if rescan_minutes is not None:
        chosen["rescan_minutes"] = rescan_minutes
    if poll:
        chosen["poll"] = "always"
    with err.status("starting …") as spinner:
        state = daemon.run(
            lambda: System.configured(config, store=store, watch=chosen),
            paths or [],
            told=lambda so_far: spinner.update(_line(so_far)),
        )
    if as_json:
        from dataclasses import asdict

        options.print_json(asdict(state))


@app.command("status")
def status(
    store: options.Store = None, config: options.ConfigFile = None, as_json: options.Json = False
) -> None:
    """Tell whether a daemon watches the store, and how far behind it is. Exit code 1 if none does.

    **Examples**

    `rag-lifelong watch status`

    `rag-lifelong watch status --json --store ~/kb`
    """
    from rag_lifelong.daemon import place

    directory = _store(store, config)
    pid, told = place.running(directory), place.told(directory)
    if as_json:
        options.print_json({"pid": pid, **told})
    elif pid is None:
        out.print(f"no daemon watches {directory}")
    else:
        out.print(f"daemon {pid} watches {directory}, {told.get('lag_s', 0):.1f} s behind")
        for name, value in told.items():
            out.print(f"  {name.replace('_', ' '):20} {value}", markup=False)
    if pid is None:
        raise typer.Exit(1)


@app.command("stop")
def stop(store: options.Store = None, config: options.ConfigFile = None) -> None:
    """Ask the daemon of the store to finish its batch and end, and wait until it has.

    **Example**

    `rag-lifelong watch stop --store ~/kb`
    """
    from rag_lifelong.daemon import place

    directory = _store(store, config)
    pid = place.stop(directory, wait_s=_STOP_S)
    out.print(f"no daemon watches {directory}" if pid is None else f"daemon {pid} ended")


@app.command("install-service")
def install_service(
    paths: Paths = None,
    rescan_minutes: Rescan = None,
    poll: Poll = False,
    store: options.Store = None,
    config: options.ConfigFile = None,
) -> None:
    """Write a systemd user service that runs the daemon, and say how to start it.

    **Example**

    `rag-lifelong watch install-service --store ~/kb ~/notes`
    """
    from rag_lifelong.daemon import service

    flags = _flags(rescan_minutes, poll, _store(store, config).absolute(), config)
    named = [str(path.absolute()) for path in paths or []]
    path = service.install(_store(store, config), ["watch", "run", *flags, *named])
    out.print(f"wrote {path}")
    out.print("start it with: systemctl --user daemon-reload")
    out.print(f"               systemctl --user enable --now {path.stem}")


def _store(store: Path | None, config: Path | None) -> Path:
    from rag_lifelong.config import load_config

    return load_config(config, flags={} if store is None else {"store": store}).store


def _flags(
    rescan_minutes: float | None, poll: bool, store: Path | None, config: Path | None
) -> list[str]:
    flags = ["--poll"] if poll else []
    for name, value in (
        ("--rescan-minutes", rescan_minutes),
        ("--store", store),
        ("--config", None if config is None else config.absolute()),
    ):
        if value is not None:
            flags += [name, str(value)]
    return flags


def _detach(paths: list[Path], flags: list[str], store: Path) -> None:
    from rag_lifelong.daemon import place

    if (pid := place.running(store)) is not None:
        raise RagLifelongError(
            f"daemon {pid} watches {store} already", hint="end it with `rag-lifelong watch stop`"
        )
    process = subprocess.Popen(
        [sys.executable, "-m", "rag_lifelong", "watch", "run", *flags, *map(str, paths)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + _START_S
    while place.running(store) != process.pid:
        if process.poll() is not None:
            said = b"" if process.stderr is None else process.stderr.read()
            raise RagLifelongError(
                f"the daemon ended at once: {said.decode(errors='replace').strip()}",
                hint=f"see {store / place.LOG}",
            )
        if time.monotonic() > deadline:
            raise RagLifelongError(f"the daemon does not start; see {store / place.LOG}")
        time.sleep(0.1)
    out.print(f"daemon {process.pid} watches; see `rag-lifelong watch status`")


def _line(state: "WatchState") -> str:
    return (
        f"{state.added} added, {state.updated} updated, {state.closed} closed, "
        f"{len(state.skipped)} skipped, {state.waiting} waiting, {state.lag_s:.0f} s behind"
    )

"""The daemon as a systemd user service (systemd.service(5), systemd.unit(5))."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

_UNIT = """\
[Unit]
Description=rag-lifelong keeps {store} in step with its sources

[Service]
Type=exec
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory={folder}
Restart=on-failure
RestartSec=10
TimeoutStopSec=120
Nice=10

[Install]
WantedBy=default.target
"""


def unit_path(store: Path) -> Path:
    """Where the unit of a store's daemon belongs."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    name = re.sub(r"[^\w.-]+", "-", str(store.absolute())).strip("-.") or "store"
    return home / "systemd" / "user" / f"rag-lifelong-{name}.service"


def unit(store: Path, arguments: Sequence[str]) -> str:
    """The text of a unit that runs `rag-lifelong` with these arguments."""
    words = [sys.executable, "-m", "rag_lifelong", *arguments]
    # Of what systemd gives a meaning to, shell quotes leave `%` and `$`.
    command = shlex.join(words).replace("%", "%%").replace("$", "$$")
    return _UNIT.format(store=store.absolute(), command=command, folder=Path.cwd())


def install(store: Path, arguments: Sequence[str]) -> Path:
    """Write the unit; return where."""
    path = unit_path(store)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(unit(store, arguments), encoding="utf-8")
    return path

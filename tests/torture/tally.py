"""What a part of the harness found, counted, and the table of all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_COLUMNS = ("lost", "reader_errors", "crashes", "wrong", "verify_problems")
_TITLES = (
    "part", "runs", "acknowledged lost", "reader errors", "crashes", "wrong answers",
    "verify problems", "not done",
)  # fmt: skip


@dataclass
class Tally:
    """Counts of one part; every count but `runs` and `states` should be 0."""

    part: str
    runs: int = 0
    states: int = 0
    """Stores that the runs led to, where that is another number."""
    lost: int = 0
    """Acknowledged batches that were not there afterwards."""
    reader_errors: int = 0
    """Readers that saw something impossible or were disturbed while others wrote."""
    crashes: int = 0
    """Processes that died by themselves, and errors outside the project's tree."""
    wrong: int = 0
    """Runs after which the store said something else than it should."""
    verify_problems: int = 0
    """Runs after which the store's own verification complained."""
    skipped: list[str] = field(default_factory=list)
    """What could not be run here, and why."""
    notes: list[str] = field(default_factory=list)
    """What is worth knowing and not wrong."""
    details: list[str] = field(default_factory=list)
    """What was wrong, one line each."""

    def add(self, column: str, details: Sequence[str]) -> None:
        """Count one run that went wrong, if the details say that it did."""
        if details:
            setattr(self, column, getattr(self, column) + 1)
            self.details += [f"{self.part} run {self.runs}: {column}: {d}" for d in details[:3]]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was wrong."""
        return not any(getattr(self, column) for column in _COLUMNS)

    def progress(self, every: int) -> None:
        """Say on stderr how far the part is, now and then."""
        if self.runs % every == 0:
            found = "".join(f", {c} {getattr(self, c)}" for c in _COLUMNS if getattr(self, c))
            print(f"{self.part}: {self.runs} runs{found}", file=sys.stderr, flush=True)


def table(tallies: Iterable[Tally]) -> str:
    """The counts of all parts, aligned."""
    rows: list[tuple[str, ...]] = [_TITLES]
    for t in tallies:
        counts = (str(getattr(t, column)) for column in ("runs", *_COLUMNS))
        rows.append((t.part, *counts, str(len(t.skipped)) if t.skipped else ""))
    widths = [max(len(row[at]) for row in rows) for at in range(len(_TITLES))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )

"""What a learner keeps between runs: the strategy with its model, and what each period took.

One file of the last period, replaced whole; the numbers of every period in a small one beside it.
The files are this program's own, read back only from the folder it wrote them to.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from evals.training.strategy import Strategy
from evals.types import Taught


class Checkpoint:
    """The folder of a learner."""

    def __init__(self, folder: Path) -> None:
        self._model = folder / "strategy.pt"
        self._taught = folder / "taught.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(folder / "lock")

    def save(self, strategy: Strategy, period: int, taught: Taught) -> None:
        """Keep the state after a period."""
        every = {**self._all_taught(), str(period): asdict(taught)}
        part = self._model.with_suffix(".part")
        torch.save({"period": period, "strategy": strategy}, part)
        part.replace(self._model)
        written = self._taught.with_suffix(".part")
        written.write_text(json.dumps(every), encoding="utf-8")
        written.replace(self._taught)

    def load(self) -> tuple[int, Strategy] | None:
        """The last state and its period; None if there is none."""
        if not self._model.exists():
            return None
        # What the strategy is made of is code of this program, which torch does not know as safe.
        kept = torch.load(self._model, weights_only=False)
        return kept["period"], kept["strategy"]

    def taught(self, period: int) -> Taught | None:
        """What a period took; None if it was not taught yet."""
        found = self._all_taught().get(str(period))
        return None if found is None else Taught(**found)

    def _all_taught(self) -> dict[str, dict[str, Any]]:
        try:
            found: dict[str, dict[str, Any]] = json.loads(self._taught.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found

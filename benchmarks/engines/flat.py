"""No index: the rows sorted by time, and the passing stretch of them scanned with numpy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.base import Engine, Setting, TimeSorted


class Flat(Engine):
    """The floor that an index has to beat."""

    def build(self) -> None:
        """Sort the rows."""
        with self.timed("sort_s"):
            self.sorted = TimeSorted(self.data)

    def open(self) -> None:
        """Map the sorted rows."""
        self.sorted = TimeSorted(self.data)

    def families(self, share: float) -> list[list[Setting]]:
        """One way only."""
        return [[{"method": "scan"}]]

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """Exact in float32."""
        return self.sorted.scan(vector, lo, hi).tolist()

    def disk_bytes(self) -> int:
        """The sorted rows and the times."""
        return self.sorted.path.stat().st_size + 16 * len(self.data)

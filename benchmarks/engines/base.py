"""What the benchmark asks of an engine, and what the adapters of plain libraries share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.data import DIM, Dataset, K

Setting = dict[str, Any]
"""How one search is made: the method and its effort."""


class Engine(ABC):
    """A store of dated vectors, built once in a folder and then opened to be searched."""

    def __init__(self, folder: Path, data: Dataset) -> None:
        self.folder = folder
        self.data = data
        self.built: dict[str, Any] = {}
        """What there is to say about the build: seconds of its parts, parameters."""

    @abstractmethod
    def build(self) -> None:
        """Store all rows in the empty folder, and fill in `built`."""

    @abstractmethod
    def open(self) -> None:
        """Make ready to search, as a process that has just started would."""

    @abstractmethod
    def families(self, share: float) -> list[list[Setting]]:
        """Ways to search a window that lets that share of the rows pass.

        Each family is one method in order of rising effort; the first setting that is exact
        enough stands for it, and the fastest family wins.
        """

    @abstractmethod
    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """The K nearest rows with `valid_from < hi AND valid_to > lo`, best first."""

    def close(self) -> None:
        """Let go of everything."""
        return

    def servers(self) -> list[int]:
        """Process ids of servers that work for this engine outside its own process."""
        return []

    def disk_bytes(self) -> int:
        """Bytes on disk that the engine needs to be opened."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note the seconds of a part of the build."""
        started = perf_counter()
        yield
        self.built[name] = round(perf_counter() - started, 2)


class TimeSorted:
    """The rows once more, sorted by valid_from, so that a window is one stretch to be scanned.

    What a careful user of a library without filters would write beside it. It cannot be appended
    to without being written anew.
    """

    def __init__(self, data: Dataset) -> None:
        self.path = data.folder / "sorted.npy"
        self._rows = np.argsort(data.valid_from, kind="stable")
        self._from = data.valid_from[self._rows]
        self._to = data.valid_to[self._rows]
        self._longest = int((data.valid_to - data.valid_from).max())
        if not self.path.exists():
            self._write(data)
        self._vectors = np.load(self.path, mmap_mode="r")

    def _write(self, data: Dataset) -> None:
        temporary = self.path.with_suffix(".new")
        vectors = np.lib.format.open_memmap(temporary, "w+", np.float32, (len(data), DIM))
        for lo, hi in data.blocks(50_000):
            vectors[lo:hi] = data.vectors[self._rows[lo:hi]]
        vectors.flush()
        temporary.rename(self.path)

    def scan(self, vector: NDArray[np.float32], lo: int, hi: int) -> NDArray[np.int64]:
        """The exact K nearest of the passing rows, in float32."""
        first = int(np.searchsorted(self._from, lo - self._longest, "right"))
        last = int(np.searchsorted(self._from, hi, "left"))
        scores = self._vectors[first:last] @ vector
        scores[self._to[first:last] <= lo] = -np.inf
        best = np.arange(len(scores))
        if len(scores) > K:
            best = np.argpartition(-scores, K)[:K]
        best = best[np.argsort(-scores[best])]
        return self._rows[first + best[scores[best] > -np.inf]]


class Library(Engine):
    """An index library without filters of its own, in its strongest form.

    Few passing rows are scanned in `TimeSorted`. Where many pass, the graph gives more neighbours
    than wanted and those outside the window are dropped.
    """

    suffix = "index"

    @property
    def path(self) -> Path:
        """The library's one file."""
        return self.folder / f"rows.{self.suffix}"

    def build(self) -> None:
        """Sort the rows and make the graph."""
        with self.timed("sort_s"):
            TimeSorted(self.data)
        with self.timed("index_s"):
            self.make_graph()

    @abstractmethod
    def make_graph(self) -> None:
        """Add all rows to one graph, in order of arrival, and save it."""

    def open(self) -> None:
        """Load the graph, and map the sorted rows."""
        self.sorted = TimeSorted(self.data)
        self.load()

    @abstractmethod
    def load(self) -> None:
        """Load the graph alone."""

    @abstractmethod
    def graph(self, vector: NDArray[np.float32], n: int, effort: int) -> NDArray[np.int64]:
        """About the n nearest rows of all, best first."""

    def families(self, share: float) -> list[list[Setting]]:
        """A scan, and the graph with more and more neighbours."""
        found: list[list[Setting]] = [[{"method": "scan"}]]
        if share >= 0.01:
            fetches = [int(K / share * times) for times in ((1,) if share == 1 else (2, 4, 8, 16))]
            efforts = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024) if share == 1 else (1,)
            found.append(
                [
                    {"method": "graph", "fetch": fetch, "effort": max(fetch, effort)}
                    for fetch in fetches
                    if fetch <= len(self.data)
                    for effort in efforts
                ]
            )
        return found

    def search(self, vector: NDArray[np.float32], lo: int, hi: int, how: Setting) -> Sequence[int]:
        """By scan or by graph."""
        if how["method"] == "scan":
            return self.sorted.scan(vector, lo, hi).tolist()
        rows = self.graph(vector, how["fetch"], how["effort"])
        passes = (self.data.valid_from[rows] < hi) & (self.data.valid_to[rows] > lo)
        return rows[passes][:K].tolist()

    def disk_bytes(self) -> int:
        """The index, the sorted rows and the times."""
        times = self.data.valid_from.nbytes + self.data.valid_to.nbytes
        return super().disk_bytes() + (self.data.folder / "sorted.npy").stat().st_size + times

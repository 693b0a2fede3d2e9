"""The benchmark's data: dated texts with vectors, the queries, and their exact answers.

Everything follows from the seed and the number of rows, and is kept as .npy files. Vectors come
from a mixture of 4,000 clusters of unequal weight: a row is its cluster's centre, plus a deviation
of few effective dimensions (a spectrum that decays), plus noise. Documents have 100 revisions, each
valid for one step of time, so a window of p % of the time lets p % of the rows pass. Rows arrive
document by document in random order. A row's cluster does not depend on its time: the easy case
for a graph index that filters while it walks.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIM = 384
K = 10
SHARES = (1.0, 0.1, 0.01, 0.001)
"""How much of the rows a window lets pass."""
QUERIES = 100
TUNING_QUERIES = 100
"""Further queries a window, on which the peers' settings are chosen."""

_SEED = 20
_CLUSTERS = 4_000
_REVISIONS = 100
_STEPS = 10_000
_STEP_US = 18 * 3600 * 1_000_000
_START_US = 1_104_537_600_000_000
"""2005-01-01; the steps reach into 2025."""
_BLOCK = 10_000
_VOCABULARY = 50_000

PROBE = np.dtype(
    [
        ("share", "<f8"),
        ("is_tuning", "?"),
        ("lo", "<i8"),
        ("hi", "<i8"),
        ("vector", "<f4", (DIM,)),
        ("truth", "<i8", (K,)),
    ]
)
"""A query, its window [lo, hi) in microseconds, and the exact answer, -1 where fewer pass."""


@dataclass(frozen=True)
class Dataset:
    """The rows and queries of one size."""

    vectors: NDArray[np.float32]
    """Mapped, of norm 1: shape [n, DIM]."""
    valid_from: NDArray[np.int64]
    valid_to: NDArray[np.int64]
    documents: NDArray[np.int32]
    """The document each row is a revision of; a document's rows are together, by time."""
    probes: NDArray[Any]
    folder: Path

    def __len__(self) -> int:
        return len(self.vectors)

    def probes_of(self, share: float, *, is_tuning: bool) -> NDArray[Any]:
        """The queries of one window, to measure with or to tune with."""
        chosen = (self.probes["share"] == share) & (self.probes["is_tuning"] == is_tuning)
        return self.probes[chosen]

    def blocks(self, size: int) -> Iterator[tuple[int, int]]:
        """Stretches [lo, hi) of that many rows, in order of arrival."""
        for lo in range(0, len(self), size):
            yield lo, min(lo + size, len(self))

    def texts(self, lo: int, hi: int) -> list[str]:
        """The texts of rows [lo, hi): 12 to 60 words of a Zipf vocabulary each."""
        made: list[str] = []
        for block in range(lo // 1_000, -(-hi // 1_000)):
            made += _texts_of_block(block)
        first = lo // 1_000 * 1_000
        return made[lo - first : hi - first]


def load(folder: Path, n: int) -> Dataset:
    """The data of that size in a folder, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "times.npy").exists():
        times, documents = _times(n)
        np.save(folder / "documents.npy", documents)
        np.save(folder / "times.npy", times)
    if not (folder / "vectors.npy").exists():
        _write_vectors(folder / "vectors.npy", n)
    times = np.load(folder / "times.npy")
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    if not (folder / "probes.npy").exists():
        probes = _probes()
        _answer(probes, vectors, times)
        np.save(folder / "probes.npy", probes)
    return Dataset(
        vectors=vectors,
        valid_from=np.ascontiguousarray(times[:, 0]),
        valid_to=np.ascontiguousarray(times[:, 1]),
        documents=np.load(folder / "documents.npy"),
        probes=np.load(folder / "probes.npy"),
        folder=folder,
    )


def _times(n: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """[valid_from, valid_to] of each row, and its document.

    Lives start evenly over the span; one that would run over its end goes on at its start, as a
    document of its own, so that every moment has as many rows as any other.
    """
    rng = np.random.default_rng([_SEED, 1])
    lives = -(-n // _REVISIONS)
    order = rng.permutation(lives)
    steps = (order * _STEPS // lives)[:, None] + np.arange(_REVISIONS)
    documents = order[:, None] + lives * (steps >= _STEPS)
    offsets = rng.integers(0, _STEP_US, lives)[order]
    starts = _START_US + (steps % _STEPS) * _STEP_US + offsets[:, None]
    times = np.stack([starts.ravel(), starts.ravel() + _STEP_US], axis=1)[:n]
    return times.astype(np.int64), documents.ravel()[:n].astype(np.int32)


@functools.cache
def _mixture() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Centres [clusters, DIM], the map from unit noise to a deviation, cumulative weights."""
    rng = np.random.default_rng([_SEED, 2])
    axes, _ = np.linalg.qr(rng.standard_normal((DIM, DIM)))
    spectrum = (1.0 + np.arange(DIM) / 4) ** -0.8
    spread = (spectrum / np.linalg.norm(spectrum))[:, None] * axes.T
    weights = (np.arange(_CLUSTERS) + 40.0) ** -0.7
    centres = rng.standard_normal((_CLUSTERS, DIM)) @ spread
    cumulative = np.cumsum(weights / weights.sum())
    return centres.astype(np.float32), spread.astype(np.float32), cumulative


def _draw(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    centres, spread, cumulative = _mixture()
    clusters = np.minimum(np.searchsorted(cumulative, rng.random(n)), _CLUSTERS - 1)
    noise = rng.standard_normal((n, DIM), np.float32) / np.float32(np.sqrt(DIM))
    deviation = rng.standard_normal((n, DIM), np.float32) @ spread
    rows = 0.75 * centres[clusters] + 0.55 * deviation + 0.25 * noise
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _write_vectors(path: Path, n: int) -> None:
    temporary = path.with_suffix(".new")
    rows = np.lib.format.open_memmap(temporary, "w+", np.float32, (n, DIM))
    for block, lo in enumerate(range(0, n, _BLOCK)):
        drawn = _draw(np.random.default_rng([_SEED, 3, block]), _BLOCK)
        rows[lo : lo + _BLOCK] = drawn[: n - lo]
    rows.flush()
    temporary.rename(path)


def _probes() -> NDArray[Any]:
    """The queries and their windows, unanswered; no two windows are equal."""
    rng = np.random.default_rng([_SEED, 4])
    each = QUERIES + TUNING_QUERIES
    probes = np.zeros(each * len(SHARES), PROBE)
    probes["vector"] = _draw(rng, len(probes))
    probes["share"] = np.repeat(SHARES, each)
    probes["is_tuning"] = np.tile(np.arange(each) >= QUERIES, len(SHARES))
    end = _START_US + (_STEPS + 1) * _STEP_US
    for probe in probes:
        if probe["share"] == 1:
            margin = rng.integers(1, _STEP_US)
            probe["lo"], probe["hi"] = _START_US - margin, end + margin
        else:  # a row passes from one step before the window to its end
            length = int((probe["share"] * _STEPS - 1) * _STEP_US)
            probe["lo"] = rng.integers(_START_US + _STEP_US, end - _STEP_US - length)
            probe["hi"] = probe["lo"] + length
    return probes


def _answer(probes: NDArray[Any], vectors: NDArray[np.float32], times: NDArray[np.int64]) -> None:
    """Fill in the exact answers, by float64 dot products over the passing rows."""
    wanted = probes["vector"].astype(np.float64).T
    best = np.full((len(probes), K), -np.inf)
    rows = np.full((len(probes), K), -1, np.int64)
    for lo in range(0, len(vectors), _BLOCK):
        block = times[lo : lo + _BLOCK]
        scores = (vectors[lo : lo + _BLOCK].astype(np.float64) @ wanted).T
        passes = (block[:, 0] < probes["hi"][:, None]) & (block[:, 1] > probes["lo"][:, None])
        scores[~passes] = -np.inf
        top = np.argpartition(-scores, K, axis=1)[:, :K]
        merged = np.hstack([best, np.take_along_axis(scores, top, axis=1)])
        merged_rows = np.hstack([rows, np.where(np.take_along_axis(passes, top, 1), top + lo, -1)])
        order = np.argsort(-merged, axis=1, kind="stable")[:, :K]
        best = np.take_along_axis(merged, order, axis=1)
        rows = np.take_along_axis(merged_rows, order, axis=1)
    probes["truth"] = rows


@functools.cache
def _words() -> tuple[list[str], NDArray[np.float64]]:
    """The vocabulary, and the cumulative frequency of its words by rank."""
    rng = np.random.default_rng([_SEED, 5])
    syllables = [c + v + e for c in "bdfgklmnprstv" for v in "aeiou" for e in ("", "n", "r", "s")]
    words: dict[str, None] = {}
    while len(words) < _VOCABULARY:
        length = 1 + min(3, int(np.log10(1 + len(words) / 20)))
        words["".join(syllables[i] for i in rng.integers(0, len(syllables), length))] = None
    frequency = 1.0 / (np.arange(_VOCABULARY) + 2.7)
    return list(words), np.cumsum(frequency / frequency.sum())


@functools.lru_cache(maxsize=8)
def _texts_of_block(block: int) -> list[str]:
    words, cumulative = _words()
    rng = np.random.default_rng([_SEED, 6, block])
    lengths = rng.integers(12, 61, 1_000)
    ranks = np.minimum(np.searchsorted(cumulative, rng.random(lengths.sum())), _VOCABULARY - 1)
    drawn = [words[rank] for rank in ranks]
    ends = np.cumsum(lengths)
    return [" ".join(drawn[end - n : end]) for n, end in zip(lengths, ends, strict=True)]

"""Turns at the models: questions and ingest use the same ones, in the order they came.

Without order whoever gives a lock back takes it again, and a question would wait for a whole batch.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.embedding.batching import batches
from rag_lifelong.ports import Embedder, EmbeddingModel

_AT_ONCE_CHARS = 8_192
"""About the tokens that an embedder computes at once on a CPU: less costs much, more makes a
question wait (docs/adr/0017)."""


class Turns:
    """A lock that is given in the order it was asked for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn and hold it; not to be taken again meanwhile."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._queue[0] is ticket)
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def count(self) -> int:
        """How many hold a turn or wait for one."""
        return len(self._queue)


class PatientEmbedder:
    """An embedder for ingest: lets others have their turn every few texts."""

    def __init__(self, embedder: Embedder, turns: Turns) -> None:
        self._embedder = embedder
        self._turns = turns

    @property
    def model(self) -> EmbeddingModel:
        """Identity of the vectors this embedder makes."""
        return self._embedder.model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of shape [len(texts), dim], each of L2 norm 1, in the order given.

        Raises:
            ModelError: If the computation fails.
        """
        vectors = np.empty((len(texts), self.model.dim), dtype=np.float32)
        for part in batches([len(text) for text in texts], max_tokens=_AT_ONCE_CHARS):
            with self._turns.take():
                vectors[part] = self._embedder.embed([texts[index] for index in part])
        return vectors

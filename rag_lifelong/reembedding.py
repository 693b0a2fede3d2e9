"""Moves a store to another embedding model, while it is read and ingested into.

Knows the store's embedding generations and how to share its lock: it is held only to take texts and
to add vectors, never while they are embedded. Knows nothing about settings, or how a model is
loaded.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexes import generations, schema
from indexes.columns import n_rows, vector_column
from indexes.writer import StoreWriter
from rag_lifelong.errors import IndexLockedError
from rag_lifelong.ports import Embedded, Embedder, EmbeddingModel

BATCH_TEXTS = 512
"""Texts embedded between two looks at the store: seconds of work, so little is lost by a stop."""
_RETRY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reembedded:
    """What a move to another embedding model did."""

    before: EmbeddingModel | None
    """The model in use when it began."""
    model: EmbeddingModel
    """The model in use now."""
    texts: int
    """Texts embedded by this run; an earlier one that was stopped may have done the others."""


def reembed(
    store: Path,
    embedder: Embedder,
    open_writer: Callable[[], StoreWriter],
    *,
    wait_s: float,
    progress: Callable[[int, int], None],
) -> int:
    """Fill the embedder's generation and put it in use; go on where an earlier run was stopped.

    Args:
        store: The store's directory.
        embedder: The model to move to.
        open_writer: Locks the store for writing.
        wait_s: How long to wait for another writer before each batch.
        progress: Told how many texts have a vector of the model, and how many there are.

    Returns:
        How many texts were embedded; none where the model is in use already.

    Raises:
        IndexLockedError: If another process went on writing; what was embedded is kept.
        IndexStoreError: If the store cannot be written.
        ModelError: If the model fails.
    """
    target = embedder.model
    n_embedded = 0
    texts: list[str] = []
    vectors = np.empty((0, target.dim), np.float32)
    while True:
        with _waiting_for(open_writer, wait_s) as writer:
            if writer.embedding_model == target:
                break
            writer.start_generation(target)
            if _are_next(texts, writer.texts_to_embed(target, len(texts))):
                n_embedded += len(texts)
                if writer.backfill(Embedded(target, vectors)):
                    writer.seal()
                    break
            texts = writer.texts_to_embed(target, BATCH_TEXTS)
        progress(*_moved(store, target))
        vectors = embedder.embed(texts)
    if n_embedded:
        progress(*_moved(store, target))
    return n_embedded


def models_of(store: Path) -> list[EmbeddingModel]:
    """Every embedding model the store has vectors of, newest first."""
    with closing(schema.connect(store / schema.DATABASE, write=False)) as db:
        return [one.model for one in reversed(generations.every(db))]


def _waiting_for(open_writer: Callable[[], StoreWriter], wait_s: float) -> StoreWriter:
    """A writer of the store, once another one has finished."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return open_writer()
        except IndexLockedError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            time.sleep(min(_RETRY_S, left))


def _moved(store: Path, model: EmbeddingModel) -> tuple[int, int]:
    """How many texts have a vector of the model, and how many there are."""
    with closing(schema.connect(store / schema.DATABASE, write=False)) as db:
        [number] = [one.number for one in generations.every(db) if one.model == model]
        return n_rows(db, vector_column(number)), n_rows(db, "texts")


def _are_next(texts: Sequence[str], lacking: Sequence[str]) -> bool:
    """Whether texts taken earlier are still the ones the store lacks vectors of.

    Another process may have moved on with the same model; a text that was forgotten meanwhile is
    empty now.
    """
    return len(texts) == len(lacking) and all(
        now in (was, "") for was, now in zip(texts, lacking, strict=True)
    )

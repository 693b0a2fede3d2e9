"""The composition root: from settings to concrete objects; the one reader of the wall clock.

Everything heavy is imported and loaded when first needed: `status` loads no model, an ingest that
finds nothing new loads no embedder, an answer that needs no reading loads no language model.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rag_lifelong.config import Config, load_config
from rag_lifelong.ports import Embedder, EmbeddingModel, Reader, StoreStatus
from rag_lifelong.temporal import Interval
from rag_lifelong.types import Answer

if TYPE_CHECKING:
    from indexes.snapshot import StoreSnapshot
    from ingest.pipeline import IngestReport
    from rag_lifelong.retrieval.plan import Moment
    from rag_lifelong.retrieval.retriever import Retrieved


def wall_clock() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class System:
    """The product, assembled: ingest, ask, search, status."""

    def __init__(
        self,
        config: Config,
        *,
        now: Callable[[], datetime] = wall_clock,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self._given_embedder = embedder
        self._given_reader = reader

    @classmethod
    def configured(cls, file: Path | None = None, *, store: Path | None = None) -> Self:
        """Assemble from the settings file, the environment and a flag.

        Raises:
            ConfigError: If a setting is wrong.
        """
        return cls(load_config(file, flags={} if store is None else {"store": store}))

    def ingest(
        self,
        paths: Sequence[Path],
        progress: Callable[["IngestReport"], None] = lambda _: None,
    ) -> "IngestReport":
        """Bring the store up to date with each path.

        Raises:
            SourceError: If a path is missing; nothing is ingested then.
            IndexStoreError: If the store cannot be written.
        """
        from indexes.writer import StoreWriter
        from ingest.pipeline import IngestReport, ingest
        from ingest.sources import open_source

        started = time.perf_counter()
        report = IngestReport()
        sources = [open_source(path, now=self.now) for path in paths]
        with StoreWriter(self.config.store, now=self.now) as writer:
            stored = writer.embedding_model
            for source in sources:
                ingest(
                    source,
                    writer,
                    lambda: self._embedder(stored),
                    report,
                    chunk_size=self.config.chunking.size,
                    progress=progress,
                )
            writer.seal()
        return replace(report, seconds=time.perf_counter() - started)

    def ask(
        self,
        question: str,
        *,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
    ) -> Answer:
        """Answer a question, or abstain.

        Raises:
            IndexStoreError: If there is no store, or it is damaged.
            ModelError: If a model is missing or fails.
        """
        from rag_lifelong.answering import answer

        moment = self._moment(as_of, between, known_at)
        with self._snapshot() as snapshot:
            embedder = self._embedder(snapshot.embedding_model)
            return answer(question, moment, snapshot, embedder, self._reader, self.config)

    def search(
        self,
        query: str,
        *,
        limit: int,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
    ) -> "Retrieved":
        """The evidence for a question, without reading it.

        Raises:
            IndexStoreError: If there is no store, or it is damaged.
            ModelError: If the embedder is missing or fails.
        """
        from rag_lifelong.retrieval.retriever import retrieve

        moment = self._moment(as_of, between, known_at)
        settings = self.config.retrieval.model_copy(update={"evidence": limit})
        with self._snapshot() as snapshot:
            embedder = self._embedder(snapshot.embedding_model)
            return retrieve(query, moment, snapshot, embedder, settings)

    def status(self) -> tuple[StoreStatus, EmbeddingModel | None]:
        """What the store holds, and what made its vectors."""
        with self._snapshot() as snapshot:
            return snapshot.status(), snapshot.embedding_model

    def _snapshot(self) -> "StoreSnapshot":
        from indexes.snapshot import StoreSnapshot

        return StoreSnapshot(self.config.store)

    def _moment(
        self, as_of: Interval | None, between: Interval | None, known_at: datetime | None
    ) -> "Moment":
        from rag_lifelong.retrieval.plan import Moment

        return Moment(asked_at=self.now(), as_of=as_of, between=between, known_at=known_at)

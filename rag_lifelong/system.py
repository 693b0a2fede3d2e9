"""The composition root: from settings to concrete objects; the one reader of the wall clock.

Everything heavy is imported and loaded when first needed: `status` loads no model, an ingest that
finds nothing new loads no embedder, an answer that needs no reading loads no language model.
"""

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag_lifelong.config import Config, load_config
from rag_lifelong.errors import ConfigError
from rag_lifelong.ports import Embedder, EmbeddingModel, Reader, StoreStatus
from rag_lifelong.temporal import Interval
from rag_lifelong.types import Answer, ChunkText, Document

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
        self._loaded_embedder: Embedder | None = None
        self._loaded_reader: Reader | None = None

    @classmethod
    def configured(
        cls, file: Path | None = None, *, store: Path | None = None, **flags: Any
    ) -> Self:
        """Assemble from the settings file, the environment and flags (nested mappings).

        Raises:
            ConfigError: If a setting is wrong.
        """
        return cls(load_config(file, flags=flags | ({} if store is None else {"store": store})))

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
        chosen = self.config.wikipedia.namespaces
        namespaces = None if chosen == "all" else frozenset(chosen)
        sources = [open_source(path, now=self.now, namespaces=namespaces) for path in paths]
        with StoreWriter(self.config.store, now=self.now) as writer:
            stored = writer.embedding_model
            for source in sources:
                ingest(
                    source,
                    writer,
                    lambda: self._embedder(stored),
                    report,
                    split=self._split,
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
        settings = self.config.retrieval.model_copy(update={"evidence": limit, "least_share": 0.0})
        with self._snapshot() as snapshot:
            embedder = self._embedder(snapshot.embedding_model)
            return retrieve(query, moment, snapshot, embedder, settings)

    def status(self) -> tuple[StoreStatus, EmbeddingModel | None]:
        """What the store holds, and what made its vectors."""
        with self._snapshot() as snapshot:
            return snapshot.status(), snapshot.embedding_model

    def _split(self, document: Document) -> Iterator[ChunkText]:
        # Half a second of import, which a run that finds nothing new need not wait for.
        from ingest.chunking import split

        return split(document, size=self.config.chunking.size)

    def _snapshot(self) -> "StoreSnapshot":
        from indexes.snapshot import StoreSnapshot

        return StoreSnapshot(self.config.store)

    def _moment(
        self, as_of: Interval | None, between: Interval | None, known_at: datetime | None
    ) -> "Moment":
        from rag_lifelong.retrieval.plan import Moment

        return Moment(asked_at=self.now(), as_of=as_of, between=between, known_at=known_at)

    def _embedder(self, stored: EmbeddingModel | None) -> Embedder:
        return self._given_embedder or self._load_embedder(stored)

    def _load_embedder(self, stored: EmbeddingModel | None) -> Embedder:
        """The configured embedder, in the store's own number format unless one is configured."""
        if self._loaded_embedder is None:
            from rag_lifelong.embedding import embedder_for
            from rag_lifelong.models import Role, locate

            settings = self.config.embedder
            found = locate(
                Role.EMBEDDER,
                settings.model,
                cache_dir=self.config.models.cache_dir,
                allow_download=self.config.models.allow_download,
            )
            dtype = settings.dtype if stored is None or settings.dtype != "auto" else stored.dtype
            make = _import(embedder_for(found.path))
            self._loaded_embedder = make(
                found.path, name=found.name, dtype=dtype, cache_dir=self.config.models.cache_dir
            )
        return self._loaded_embedder

    def _reader(self) -> Reader:
        if self._given_reader is not None:
            return self._given_reader
        if self._loaded_reader is None:
            self._loaded_reader = self._load_reader()
        return self._loaded_reader

    def _load_reader(self) -> Reader:
        from rag_lifelong.models import Role, locate
        from rag_lifelong.reading import READERS

        settings = self.config.reader
        make = _import(READERS[settings.kind])
        if settings.kind == "openai":
            if settings.model is None:
                raise ConfigError(
                    "reader.kind = 'openai' needs a model name", hint="set reader.model"
                )
            reader: Reader = make(settings.base_url, settings.model, settings.api_key)
            return reader
        found = locate(
            Role.READER,
            settings.model,
            cache_dir=self.config.models.cache_dir,
            allow_download=self.config.models.allow_download,
        )
        local: Reader = make(found.path, name=found.name, n_ctx=settings.context_tokens)
        return local


def _import(target: str) -> Callable[..., Any]:
    """The object that "module:name" names."""
    module, _, name = target.partition(":")
    made: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return made

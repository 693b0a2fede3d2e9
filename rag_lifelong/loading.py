"""Loads the models the settings choose, each once, when asked for.

Knows the settings, where models lie, which class runs which, and in what number format. Knows
nothing about the store: what made its vectors is told by the caller.
"""

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

from rag_lifelong.config import Config
from rag_lifelong.embedding import embedder_for
from rag_lifelong.errors import ConfigError, EmbedderMismatchError
from rag_lifelong.models import ModelLocation, Role, locate
from rag_lifelong.ports import Embedder, EmbeddingModel, Encoders, Reader, Reranker
from rag_lifelong.reading import READERS
from rag_lifelong.reranking import CROSS_ENCODER


class ModelLoader:
    """The embedder, the reranker and the reader of one system; one given is used as it is.

    Several threads may ask for them.
    """

    def __init__(
        self, config: Config, *, embedder: Embedder | None = None, reader: Reader | None = None
    ) -> None:
        self._config = config
        self._embedder = embedder
        self._reranker: Reranker | None = None
        self._reader = reader
        self._loading = threading.Lock()

    def embedder(self, stored: EmbeddingModel | None) -> Embedder:
        """The configured embedder.

        Args:
            stored: What made the store's vectors; decides the number format if none is configured.

        Raises:
            ModelError: If the model is missing or fails.
        """
        with self._loading:
            if self._embedder is None:
                known = [] if stored is None else [stored]
                self._embedder = self.load_embedder(self._config.embedder.model, known)
            return self._embedder

    def matching_embedder(self, stored: EmbeddingModel | None) -> Embedder:
        """The configured embedder, to ask a store with; any will do while there are no vectors.

        Raises:
            EmbedderMismatchError: If the store's vectors come from another embedder.
            ModelError: If the model is missing or fails.
        """
        embedder = self.embedder(stored)
        if stored is not None and stored != embedder.model:
            raise EmbedderMismatchError(
                f"the store's vectors come from {stored}, the embedder is {embedder.model}",
                hint="set embedder.model to the store's, or move the store to this one with "
                "`rag-lifelong reembed`",
            )
        return embedder

    def encoders(self, stored: EmbeddingModel | None) -> Encoders:
        """The models to find evidence with: the matching embedder, and the reranker if one is set.

        Raises:
            EmbedderMismatchError: If the store's vectors come from another embedder.
            ModelError: If a model is missing or fails.
        """
        return Encoders(self.matching_embedder(stored), self.reranker())

    def reranker(self) -> Reranker | None:
        """The configured reranker; None if the settings name none.

        Raises:
            ModelError: If the model is missing or fails.
        """
        model = self._config.retrieval.reranker
        with self._loading:
            if self._reranker is None and model is not None:
                found = self._locate(Role.RERANKER, model)
                self._reranker = _import(CROSS_ENCODER)(found.path, name=found.name)
            return self._reranker

    def load_embedder(self, model: str | None, known: Sequence[EmbeddingModel]) -> Embedder:
        """Load an embedder, in the number format the store has of it unless one is configured.

        Args:
            model: A folder or hub id; None for the installed package.
            known: The models the store has vectors of, the one to follow first.

        Raises:
            ModelError: If the model is missing or fails.
        """
        found = self._locate(Role.EMBEDDER, model)
        dtype: str = self._config.embedder.dtype
        if dtype == "auto":
            dtype = next((one.dtype for one in known if one.name == found.name), "auto")
        make = _import(embedder_for(found.path))
        embedder: Embedder = make(
            found.path, name=found.name, dtype=dtype, cache_dir=self._config.models.cache_dir
        )
        return embedder

    def reader(self) -> Reader:
        """The configured reader.

        Raises:
            ConfigError: If the settings name none.
            ModelError: If the model is missing or fails.
        """
        with self._loading:
            if self._reader is None:
                self._reader = self._load_reader()
            return self._reader

    def _load_reader(self) -> Reader:
        settings = self._config.reader
        make = _import(READERS[settings.kind])
        if settings.kind == "openai":
            if settings.model is None:
                raise ConfigError(
                    "reader.kind = 'openai' needs a model name", hint="set reader.model"
                )
            remote: Reader = make(settings.base_url, settings.model, settings.api_key)
            return remote
        found = self._locate(Role.READER, settings.model)
        options: dict[str, Any] = {"name": found.name, "n_ctx": settings.context_tokens}
        if settings.kind == "llama_cpp":
            options["reproducible"] = settings.reproducible
        local: Reader = make(found.path, **options)
        return local

    def _locate(self, role: Role, model: str | None) -> ModelLocation:
        settings = self._config.models
        return locate(
            role, model, cache_dir=settings.cache_dir, allow_download=settings.allow_download
        )


def _import(target: str) -> Callable[..., Any]:
    """The object that "module:name" names."""
    module, _, name = target.partition(":")
    made: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return made

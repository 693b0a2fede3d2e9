"""An embedder that remembers: the same questions are asked again after each period."""

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.ports import Embedder, EmbeddingModel

_KEPT_CALLS = 4_096
"""A question is one call, and so are the sentences of its evidence, about 30 kB together."""


class RememberingEmbedder:
    """Embeds with another embedder, loaded when it is first needed, and remembers whole calls.

    Not single texts: a text's vector differs in its last digits with the texts it is embedded
    beside, and what is remembered must not change an answer.
    """

    def __init__(self, load: Callable[[], Embedder]) -> None:
        self._load = load
        self._remembered = lru_cache(maxsize=_KEPT_CALLS)(self._embed)

    @property
    def model(self) -> EmbeddingModel:
        """Identity of the vectors this embedder makes."""
        return self._embedder.model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of shape [len(texts), dim], each of L2 norm 1, in the order given.

        They are shared between calls and cannot be written to.
        """
        return self._remembered(tuple(texts))

    @cached_property
    def _embedder(self) -> Embedder:
        return self._load()

    def _embed(self, texts: tuple[str, ...]) -> NDArray[np.float32]:
        vectors = self._embedder.embed(texts)
        vectors.flags.writeable = False
        return vectors

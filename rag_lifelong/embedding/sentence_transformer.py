"""Embeds with any sentence-transformers model."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from transformers.utils.logging import disable_progress_bar

from rag_lifelong.embedding.batching import batches, encodable
from rag_lifelong.embedding.device import batch_tokens, choose_device, choose_dtype
from rag_lifelong.errors import ModelError
from rag_lifelong.models import ChecksumCache, weights_fingerprint
from rag_lifelong.ports import EmbeddingModel

logger = logging.getLogger(__name__)


class SentenceTransformerEmbedder:
    """Runs a sentence-transformers model from its folder.

    Prompts that a model defines for queries and documents are not used: the port embeds both
    alike.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        dtype: str = "auto",
        device: str = "auto",
        cache_dir: Path | None = None,
    ) -> None:
        """Load the model.

        Args:
            path: The model's folder.
            name: How the store names the model; by default the folder's name.
            dtype: "float32", "bfloat16", or "auto" for the fastest this machine has.
            device: As torch names it; "auto" takes a GPU where there is one.
            cache_dir: Where the checksum of the weights is remembered.

        Raises:
            ModelError: If the folder holds no such model.
        """
        self._device = choose_device(device)
        torch_dtype = choose_dtype(dtype, self._device)
        version = weights_fingerprint(path, None if cache_dir is None else ChecksumCache(cache_dir))
        logger.info("loading %s on %s as %s", path, self._device, torch_dtype)
        # Of loading weights, on stderr.
        disable_progress_bar()
        try:
            self._transformer = SentenceTransformer(
                str(path),
                device=str(self._device),
                local_files_only=True,
                model_kwargs={"dtype": torch_dtype},
            ).eval()
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as e:
            raise ModelError(f"cannot load an embedder from {path}: {e}") from e
        dim = self._transformer.get_embedding_dimension()
        if dim is None:
            raise ModelError(f"{path} does not tell the dimension of its vectors")
        self._model = EmbeddingModel(
            name or path.name, version, str(torch_dtype).removeprefix("torch."), dim
        )

    @property
    def model(self) -> EmbeddingModel:
        """Identity of the vectors this embedder makes."""
        return self._model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of shape [len(texts), dim], each of L2 norm 1, in the order given.

        Raises:
            ModelError: If the computation fails, as when memory does not suffice.
        """
        texts = encodable(texts)
        vectors = np.empty((len(texts), self._model.dim), dtype=np.float32)
        for batch in batches(self._lengths(texts), max_tokens=batch_tokens(self._device)):
            try:
                vectors[batch] = self._transformer.encode(
                    [texts[index] for index in batch],
                    batch_size=len(batch),
                    show_progress_bar=False,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                )
            except RuntimeError as e:  # torch's out-of-memory errors are RuntimeErrors
                raise ModelError(f"{self._model.name} failed on {self._device}: {e}") from e
        # In bfloat16 the norm is 1 only to three digits.
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _lengths(self, texts: list[str]) -> list[int]:
        """Tokens of each text, as far as the model reads it; costs 1% of embedding them."""
        if not texts:
            return []
        limit = self._transformer.max_seq_length
        encoded = self._transformer.tokenizer(texts, truncation=limit is not None, max_length=limit)
        return [len(ids) for ids in encoded["input_ids"]]

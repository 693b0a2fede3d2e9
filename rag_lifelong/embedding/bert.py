"""Embeds with a plain BERT encoder, in torch alone.

The model of Devlin et al. (2019), section 3, with pooling as in Reimers and Gurevych (2019). Gives
the vectors that sentence-transformers gives, without its import. `rag_lifelong.embedding` tells
which models are plain enough.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional

from rag_lifelong.embedding import pooling_of
from rag_lifelong.embedding.batching import batches, encodable
from rag_lifelong.embedding.device import batch_tokens, choose_device, choose_dtype
from rag_lifelong.errors import ModelError
from rag_lifelong.models import ChecksumCache, weights_fingerprint
from rag_lifelong.ports import EmbeddingModel

logger = logging.getLogger(__name__)

Affine = tuple[torch.Tensor, torch.Tensor]
"""Weight and bias."""


class BertEmbedder:
    """Runs a plain BERT encoder from the folder of a sentence-transformers model."""

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
        try:
            self._encoder = Encoder(path, self._device, torch_dtype)
            self._tokenizer = _load_tokenizer(path)
        except (OSError, ValueError, KeyError, SafetensorError) as e:
            raise ModelError(f"cannot load an embedder from {path}: {e}") from e
        self._by_mean = pooling_of(path) == "mean"
        self._model = EmbeddingModel(
            name or path.name,
            version,
            str(torch_dtype).removeprefix("torch."),
            self._encoder.dim,
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
        token_ids = [encoding.ids for encoding in self._tokenizer.encode_batch(encodable(texts))]
        vectors = np.empty((len(texts), self._model.dim), dtype=np.float32)
        lengths = [len(ids) for ids in token_ids]
        for batch in batches(lengths, max_tokens=batch_tokens(self._device)):
            try:
                with torch.inference_mode():
                    pooled = self._pool([token_ids[index] for index in batch])
            except RuntimeError as e:  # torch's out-of-memory errors are RuntimeErrors
                raise ModelError(f"{self._model.name} failed on {self._device}: {e}") from e
            vectors[batch] = pooled.cpu().numpy()
        return vectors

    def _pool(self, token_ids: list[list[int]]) -> torch.Tensor:
        lengths = torch.tensor([len(ids) for ids in token_ids])
        padded = torch.zeros(len(token_ids), int(lengths.max()), dtype=torch.long)  # [n, t]
        for row, ids in zip(padded, token_ids, strict=True):
            row[: len(ids)] = torch.tensor(ids)
        mask = torch.arange(padded.shape[1])[None] < lengths[:, None]  # [n, t]
        mask = mask.to(self._device)
        hidden = self._encoder(padded.to(self._device), mask).float()  # [n, t, dim]
        # Only the direction counts, and the sum points where the mean does.
        pooled = (hidden * mask[..., None]).sum(dim=1) if self._by_mean else hidden[:, 0]
        return functional.normalize(pooled, dim=1)


class Encoder:
    """The layers of BERT, from the weights of a folder."""

    def __init__(self, path: Path, device: torch.device, dtype: torch.dtype) -> None:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        weights = {
            key.removeprefix("bert."): value.to(device, dtype)
            for key, value in load_file(path / "model.safetensors").items()
            if value.is_floating_point()
        }
        self.dim: int = config["hidden_size"]
        self._n_heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"]  # [vocabulary, dim]
        # One text is all of segment 0, so its embedding is a constant of the position's.
        self._positions = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )  # [most tokens, dim]
        self._embedding_norm = _affine(weights, "embeddings.LayerNorm")
        self._layers = [
            Layer(weights, f"encoder.layer.{number}")
            for number in range(config["num_hidden_layers"])
        ]

    def __call__(self, token_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last layer's output for padded token ids: [n, t] -> [n, t, dim]."""
        hidden = self._words[token_ids] + self._positions[: token_ids.shape[1]]
        hidden = self._norm(hidden, self._embedding_norm)
        # Without padding no mask is needed, and attention takes its fastest way.
        attended = None if bool(mask.all()) else mask[:, None, None]
        for layer in self._layers:
            attention = functional.linear(self._attend(hidden, layer, attended), *layer.attention)
            hidden = self._norm(hidden + attention, layer.attention_norm)
            inner = functional.gelu(functional.linear(hidden, *layer.up))
            hidden = self._norm(hidden + functional.linear(inner, *layer.down), layer.norm)
        return hidden

    def _attend(
        self, hidden: torch.Tensor, layer: "Layer", attended: torch.Tensor | None
    ) -> torch.Tensor:
        n_texts, n_tokens, dim = hidden.shape
        heads = functional.linear(hidden, *layer.query_key_value).view(
            n_texts, n_tokens, 3, self._n_heads, dim // self._n_heads
        )
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each [n, heads, t, dim / heads]
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=attended)
        return mixed.transpose(1, 2).reshape(n_texts, n_tokens, dim)

    def _norm(self, hidden: torch.Tensor, affine: Affine) -> torch.Tensor:
        return functional.layer_norm(hidden, (self.dim,), *affine, eps=self._epsilon)


class Layer:
    """The weights of one layer."""

    def __init__(self, weights: dict[str, torch.Tensor], prefix: str) -> None:
        attention = f"{prefix}.attention"
        projections = [
            _affine(weights, f"{attention}.self.{part}") for part in ("query", "key", "value")
        ]
        # One product instead of three.
        self.query_key_value: Affine = (
            torch.cat([weight for weight, _ in projections]),
            torch.cat([bias for _, bias in projections]),
        )
        self.attention = _affine(weights, f"{attention}.output.dense")
        self.attention_norm = _affine(weights, f"{attention}.output.LayerNorm")
        self.up = _affine(weights, f"{prefix}.intermediate.dense")
        self.down = _affine(weights, f"{prefix}.output.dense")
        self.norm = _affine(weights, f"{prefix}.output.LayerNorm")


def _affine(weights: dict[str, torch.Tensor], name: str) -> Affine:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _load_tokenizer(path: Path) -> Tokenizer:
    settings = json.loads((path / "sentence_bert_config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=settings["max_seq_length"])
    return tokenizer

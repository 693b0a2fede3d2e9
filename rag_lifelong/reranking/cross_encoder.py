"""Scores with any sentence-transformers cross-encoder that gives one number for two texts."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from transformers.utils.logging import disable_progress_bar

from rag_lifelong.embedding.batching import encodable
from rag_lifelong.embedding.device import choose_device
from rag_lifelong.errors import ModelError

logger = logging.getLogger(__name__)

_BATCH_TEXTS = 16


class CrossEncoderReranker:
    """Runs a cross-encoder from its folder; implements `ports.Reranker`."""

    def __init__(self, path: Path, *, name: str | None = None, device: str = "auto") -> None:
        """Load the model.

        Args:
            path: The model's folder.
            name: How it is reported; by default the folder's name.
            device: As torch names it; "auto" takes a GPU where there is one.

        Raises:
            ModelError: If the folder holds no such model.
        """
        self.name = name or path.name
        chosen = choose_device(device)
        logger.info("loading %s on %s", path, chosen)
        # Of loading weights, on stderr.
        disable_progress_bar()
        try:
            self._encoder = CrossEncoder(
                str(path),
                device=str(chosen),
                local_files_only=True,
                # What a model was trained to give through is a matter of taste; order is not.
                activation_fn=torch.nn.Sigmoid(),
            ).eval()
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as e:
            raise ModelError(f"cannot load a reranker from {path}: {e}") from e
        if self._encoder.num_labels != 1:
            raise ModelError(
                f"{path} gives {self._encoder.num_labels} numbers for a pair of texts, not one",
                hint="name a cross-encoder that was trained to rank",
            )

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text matches the question: [len(texts)], each in [0, 1].

        Raises:
            ModelError: If the computation fails, as when memory does not suffice.
        """
        if not texts:
            return np.empty(0, np.float32)
        [asked] = encodable([question])
        pairs = [(asked, text) for text in encodable(texts)]
        try:
            scores = self._encoder.predict(
                pairs, batch_size=_BATCH_TEXTS, show_progress_bar=False, convert_to_numpy=True
            )
        except RuntimeError as e:  # torch's out-of-memory errors are RuntimeErrors
            raise ModelError(f"{self.name} failed: {e}") from e
        return np.asarray(scores, np.float32)

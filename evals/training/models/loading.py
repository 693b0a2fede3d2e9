"""From a model's name to its folder, and from the folder to the model."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from evals.training.models.gemma import gemma_folder
from evals.training.samples import Tokenizer
from evals.training.tiny.pretraining import Tell, pretrain, say_nothing
from evals.training.tiny.recipe import FULL
from rag_lifelong.errors import ModelError
from rag_lifelong.models import ChecksumCache, weights_fingerprint
from rag_lifelong.models.hub import snapshot
from rag_lifelong.models.location import looks_like_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model to teach. Its weights are the caller's own to change."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    name: str
    """As it was asked for."""
    fingerprint: str
    """Of its weights as they were loaded: 12 hex digits."""


def load_model(
    name: str,
    *,
    cache: Path,
    device: torch.device | None = None,
    bf16: bool = False,
    allow_download: bool = False,
    tell: Tell = say_nothing,
) -> Loaded:
    """Load a model and its tokenizer, in fp32 on a CPU and in bf16 on a GPU.

    The first `tiny` is pretrained, in about ten minutes on one core, and the first `small`
    converted, in a minute or two; after that they lie in the cache.

    Args:
        name: `tiny`, `small`, a folder, or a hub id of a causal language model.
        cache: Where models that are made here are kept, and checksums remembered.
        device: Where to put it; the first GPU if there is one, else the CPU.
        bf16: Whether it is to be bf16 on a CPU too.
        allow_download: Whether a hub id may be fetched from the network.
        tell: Told the step and the number of steps of pretraining.

    Raises:
        ModelError: If it is missing, damaged, no causal language model, or would have to be
            downloaded unasked.
    """
    disable_progress_bar()
    folder = model_folder(name, cache=cache, allow_download=allow_download, tell=tell)
    where = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.float32 if where.type == "cpu" and not bf16 else torch.bfloat16
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, dtype=dtype
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{folder} holds no causal language model: {error}",
            hint="give tiny, small, or the folder or hub id of one that transformers can load",
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    # In the file that is mapped they lie anywhere, and MKL's last bits depend on that; of a kept
    # model they are aligned, and what goes on from it is to be the same to the bit.
    for weight in model.parameters():
        weight.data = weight.data.clone()
    return Loaded(
        model=model.to(where),
        tokenizer=tokenizer,
        name=name,
        fingerprint=weights_fingerprint(folder, ChecksumCache(cache)),
    )


def model_folder(
    name: str, *, cache: Path, allow_download: bool = False, tell: Tell = say_nothing
) -> Path:
    """Where a model lies, in the layout of transformers; it is made there if it has to be.

    Args:
        name: As for `load_model`.
        cache: As for `load_model`.
        allow_download: As for `load_model`.
        tell: As for `load_model`.

    Raises:
        ModelError: If it is missing, damaged, or would have to be downloaded unasked.
    """
    made: dict[str, Callable[[], Path]] = {
        "tiny": lambda: pretrain(FULL, seed=0, cache=cache, tell=tell),
        "small": lambda: gemma_folder(cache),
    }
    if name in made:
        return made[name]()
    if not looks_like_path(name):
        return snapshot(name, allow_download=allow_download)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(
            f"there is no model at {name}",
            hint="give tiny, small, an existing folder, or a hub id of the form owner/name",
        )
    return folder

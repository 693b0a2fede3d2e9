"""Embedders: models that turn texts into vectors.

`SentenceTransformerEmbedder` runs any sentence-transformers model. Most of the small English
models (MiniLM, BGE, GTE, E5) are plain BERT encoders, and `BertEmbedder` runs those with torch
alone: the same vectors, but a process is ready for its first text in 2 s instead of 8, which a
question asked from the command line waits for. Each module is imported only when chosen.
"""

import json
from pathlib import Path
from typing import Any

BERT = "rag_lifelong.embedding.bert:BertEmbedder"
SENTENCE_TRANSFORMER = "rag_lifelong.embedding.sentence_transformer:SentenceTransformerEmbedder"

# What `rag_lifelong.embedding.bert` computes; a model that differs in one of these is not for it.
_BERT_CONFIG: dict[str, tuple[object, ...]] = {
    "model_type": ("bert",),
    "hidden_act": ("gelu",),
    "position_embedding_type": ("absolute", None),
    "is_decoder": (False, None),
}
_BERT_FILES = ("model.safetensors", "tokenizer.json", "sentence_bert_config.json")


def embedder_for(folder: Path) -> str:
    """The embedder for a model's folder, as "module:Class"; reads configuration only."""
    return BERT if _is_plain_bert(folder) else SENTENCE_TRANSFORMER


def pooling_of(folder: Path) -> str | None:
    """How a plain BERT model makes one vector of its tokens: "mean", "cls", or None if neither.

    A vector is of norm 1 afterwards in any case, so a Normalize step changes nothing.
    """
    modules = _read(folder / "modules.json")
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules or []]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    pooling = _read(folder / str(modules[1].get("path", "")) / "config.json") or {}
    if "pooling_mode" in pooling:  # written by sentence-transformers 6
        modes = [pooling["pooling_mode"]]
    else:
        prefix = "pooling_mode_"
        modes = [key.removeprefix(prefix) for key in pooling if key.startswith(prefix)]
        modes = [mode for mode in modes if pooling[prefix + mode]]
    names = {"mean": "mean", "mean_tokens": "mean", "cls": "cls", "cls_token": "cls"}
    return names.get(str(modes[0])) if len(modes) == 1 else None


def _is_plain_bert(folder: Path) -> bool:
    if not all((folder / file).is_file() for file in _BERT_FILES):
        return False
    config = _read(folder / "config.json") or {}
    reading = _read(folder / "sentence_bert_config.json") or {}
    settings = _read(folder / "config_sentence_transformers.json") or {}
    return (
        all(config.get(key) in allowed for key, allowed in _BERT_CONFIG.items())
        and isinstance(reading.get("max_seq_length"), int)
        and not reading.get("do_lower_case")  # the tokenizer's own file says it too
        and not any((settings.get("prompts") or {}).values())
        and pooling_of(folder) is not None
    )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

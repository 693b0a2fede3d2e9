"""How many weights of a model each token meets, read from the headers of its files."""

import math
import struct
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from safetensors import SafetensorError, safe_open

_GGUF_MAGIC = b"GGUF"
_GGUF_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?",
                 10: "Q", 11: "q", 12: "d"}  # fmt: skip
_GGUF_STRING = 8
_GGUF_ARRAY = 9
_TABLES = ("token_embd.weight", "embed_tokens.weight", "word_embeddings.weight", "wte.weight",
           "position_embeddings.weight", "token_type_embeddings.weight")  # fmt: skip
"""Names under which models keep vectors that are looked up."""
_HEADS = ("output.weight", "lm_head.weight")
"""Names of the product that ends a model that writes; without one it uses the table."""


def parameters_of(model: Path, *, writes: bool) -> int | None:
    """Weights that a token is multiplied with; None if the files do not tell.

    Args:
        model: A GGUF file, or a folder with safetensors.
        writes: Whether it writes tokens: without a head of its own, the vocabulary's table is one.
    """
    try:
        if model.is_file():
            shapes = dict(_gguf_shapes(model))
        else:
            files = sorted(model.glob("*.safetensors"))
            shapes = dict(chain.from_iterable(_safetensors_shapes(file) for file in files))
    except (OSError, SafetensorError, struct.error, ValueError, KeyError):
        return None
    is_tied = writes and not any(name in shapes for name in _HEADS)
    met = [
        math.prod(shape) for name, shape in shapes.items() if is_tied or not name.endswith(_TABLES)
    ]
    return sum(met) or None


def _safetensors_shapes(file: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    with safe_open(file, framework="numpy") as opened:
        for name in opened.keys():  # noqa: SIM118 - it has keys but is no mapping
            yield name, tuple(opened.get_slice(name).get_shape())


def _gguf_shapes(file: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of a GGUF file's tensors (ggml's docs/gguf.md, versions 2 and 3)."""
    with file.open("rb") as opened:
        if opened.read(4) != _GGUF_MAGIC:
            raise ValueError("no GGUF file")
        _version, n_tensors, n_settings = _unpack(opened, "IQQ")
        for _ in range(n_settings):
            _skip_string(opened)
            _skip_value(opened, *_unpack(opened, "I"))
        for _ in range(n_tensors):
            name = opened.read(*_unpack(opened, "Q")).decode()
            (n_dimensions,) = _unpack(opened, "I")
            shape = _unpack(opened, f"{n_dimensions}Q")
            _unpack(opened, "IQ")  # number format, offset
            yield name, shape


def _skip_value(file: BinaryIO, kind: int) -> None:
    if kind == _GGUF_STRING:
        _skip_string(file)
    elif kind == _GGUF_ARRAY:
        inner, length = _unpack(file, "IQ")
        if inner in _GGUF_FORMATS:
            file.seek(struct.calcsize(f"<{_GGUF_FORMATS[inner]}") * length, 1)
            return
        for _ in range(length):
            _skip_value(file, inner)
    else:
        _unpack(file, _GGUF_FORMATS[kind])


def _skip_string(file: BinaryIO) -> None:
    (length,) = _unpack(file, "Q")
    file.seek(length, 1)


def _unpack(file: BinaryIO, form: str) -> tuple[int, ...]:
    packed = f"<{form}"
    return struct.unpack(packed, file.read(struct.calcsize(packed)))

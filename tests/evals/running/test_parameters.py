"""A model's size is read from the headers of its files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from evals.running.parameters import parameters_of


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def write_gguf(file: Path, tensors: dict[str, tuple[int, ...]]) -> Path:
    """A GGUF file's header as ggml describes it, with settings of every kind before the tensors."""
    words = struct.pack("<IQ", 8, 2) + text("a") + text("bc")
    numbers = struct.pack("<IQ", 5, 3) + struct.pack("<3i", 1, -2, 3)
    settings = [
        (8, text("tiny")), (9, words), (9, numbers), (4, struct.pack("<I", 7)),
        (7, b"\1"), (12, struct.pack("<d", 0.5)),
    ]  # fmt: skip
    data = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(settings))
    for number, (kind, value) in enumerate(settings):
        data += text(f"key.{number}") + struct.pack("<I", kind) + value
    for name, shape in tensors.items():
        data += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        data += struct.pack("<IQ", 0, 0)
    file.write_bytes(data)
    return file


def test_a_table_counts_where_it_is_the_head_too(tmp_path: Path):
    tied = {"token_embd.weight": (8, 100), "blk.0.attn_output.weight": (8, 8), "norm": (8,)}
    tied_file = write_gguf(tmp_path / "tied.gguf", tied)
    assert parameters_of(tied_file, writes=True) == 8 * 100 + 8 * 8 + 8
    apart = write_gguf(tmp_path / "apart.gguf", {**tied, "output.weight": (8, 100)})
    assert parameters_of(apart, writes=True) == 8 * 100 + 8 * 8 + 8


def test_an_encoder_looks_its_tables_up(tmp_path: Path):
    save_file(
        {
            "embeddings.word_embeddings.weight": np.zeros((100, 4), np.float32),
            "encoder.layer.0.dense.weight": np.zeros((4, 6), np.float32),
        },
        tmp_path / "model.safetensors",
    )
    assert parameters_of(tmp_path, writes=False) == 24
    assert parameters_of(tmp_path, writes=True) == 424


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all", b"GGUF" + b"\xff" * 40])
def test_what_is_no_model_has_no_size(tmp_path: Path, content: bytes):
    file = tmp_path / "broken.gguf"
    file.write_bytes(content)
    assert parameters_of(file, writes=True) is None


def test_an_empty_folder_has_no_size(tmp_path: Path):
    assert parameters_of(tmp_path, writes=False) is None

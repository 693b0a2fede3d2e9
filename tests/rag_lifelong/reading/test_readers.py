"""The table of readers."""

import inspect
from importlib import import_module

import pytest

from rag_lifelong.reading import READERS


@pytest.mark.parametrize("entry", READERS.values(), ids=READERS.keys())
def test_every_entry_is_a_reader(entry):
    module, _, name = entry.partition(":")
    if module.endswith("llama_cpp"):
        pytest.importorskip("xllamacpp")
    reader = getattr(import_module(module), name)
    assert isinstance(inspect.getattr_static(reader, "name"), property)
    assert list(inspect.signature(reader.read).parameters) == ["self", "prompt", "max_tokens"]
    assert hasattr(reader, "close")
    assert hasattr(reader, "__enter__")

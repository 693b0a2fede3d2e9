"""Readers: frozen language models that write an answer from a prompt.

Each is one module, imported only when it is chosen, because some take seconds to import. To add
a reader, write a module with a class that implements `rag_lifelong.ports.Reader` and add its
line to `READERS`.
"""

from collections.abc import Mapping
from types import MappingProxyType

READERS: Mapping[str, str] = MappingProxyType(
    {
        "llama_cpp": "rag_lifelong.reading.llama_cpp:LlamaCppReader",
        "transformers": "rag_lifelong.reading.transformers_reader:TransformersReader",
        "openai": "rag_lifelong.reading.openai_compatible:OpenAICompatibleReader",
    }
)
"""Name of a reader in the configuration -> "module:Class"."""

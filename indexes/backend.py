"""The one place that imports faiss, which two alternative packages provide."""

from rag_lifelong.errors import IndexStoreError

try:
    import faiss
except ImportError as error:
    raise IndexStoreError(
        "faiss is not installed",
        hint="install one of the extras: pip install 'rag-lifelong[cpu]' (faiss-cpu) "
        "or pip install 'rag-lifelong[gpu]' (faiss-gpu), never both",
    ) from error

__all__ = ["faiss"]

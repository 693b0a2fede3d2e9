"""rag-lifelong: dated, cited answers over documents that keep changing, from a frozen model."""

__version__ = "0.1.0"

"""Without faiss the error names both packages that bring it."""

from __future__ import annotations

import sys

import pytest

from rag_lifelong.errors import IndexStoreError


def test_a_missing_faiss_names_both_extras(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    monkeypatch.delitem(sys.modules, "indexes.backend", raising=False)
    with pytest.raises(IndexStoreError, match="faiss is not installed") as caught:
        __import__("indexes.backend")
    assert "rag-lifelong[cpu]" in caught.value.hint
    assert "rag-lifelong[gpu]" in caught.value.hint

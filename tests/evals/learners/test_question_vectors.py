"""An embedder that remembers: the same answers, computed once."""

from __future__ import annotations

import numpy as np
import pytest

from evals.learners.question_vectors import RememberingEmbedder
from rag_lifelong.testing import HashingEmbedder
from tests.evals.learners.benches import unloadable


def test_embedder_is_not_loaded_before_it_is_needed():
    RememberingEmbedder(unloadable)


def test_a_call_made_before_is_not_computed_again():
    inner = HashingEmbedder()
    embedder = RememberingEmbedder(lambda: inner)
    first = embedder.embed(["a", "b"])
    np.testing.assert_array_equal(embedder.embed(["a", "b"]), first)
    np.testing.assert_array_equal(first, HashingEmbedder().embed(["a", "b"]))
    assert inner.embedded == ["a", "b"]
    assert embedder.model == inner.model


def test_a_text_beside_other_texts_is_another_call():
    inner = HashingEmbedder()
    embedder = RememberingEmbedder(lambda: inner)
    embedder.embed(["a", "b"])
    embedder.embed(["a"])
    assert inner.embedded == ["a", "b", "a"]


def test_what_is_remembered_cannot_be_changed():
    vectors = RememberingEmbedder(HashingEmbedder).embed(["a"])
    with pytest.raises(ValueError, match="read-only"):
        vectors += 1

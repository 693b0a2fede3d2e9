"""A cross-encoder from its folder, with random weights: its scores order, whatever they mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from rag_lifelong.config import load_config
from rag_lifelong.errors import ModelError
from rag_lifelong.loading import ModelLoader
from rag_lifelong.reranking.cross_encoder import CrossEncoderReranker
from rag_lifelong.testing import HashingEmbedder

TEXTS = ["ada leads orn", "the mills", "ben leads the mills", ""]


def make(folder: Path, n_scores: int = 1) -> Path:
    """A tiny model in a folder."""
    folder.mkdir()
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *["who", "leads", "orn", "ada", "ben", "the", "mills"],
    ]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(words))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=n_scores,
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(vocabulary)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoderReranker:
    return CrossEncoderReranker(make(tmp_path_factory.mktemp("models") / "tiny"), device="cpu")


def test_each_text_has_a_score_of_its_own_in_the_order_given(reranker: CrossEncoderReranker):
    scores = reranker.score("who leads orn", TEXTS)
    assert scores.shape == (len(TEXTS),)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert len(set(scores.tolist())) == len(TEXTS)
    np.testing.assert_allclose(
        reranker.score("who leads orn", TEXTS[::-1])[::-1], scores, atol=1e-5
    )


def test_a_text_alone_scores_as_in_a_batch(reranker: CrossEncoderReranker):
    alone = [reranker.score("who leads orn", [text])[0] for text in TEXTS]
    np.testing.assert_allclose(alone, reranker.score("who leads orn", TEXTS), atol=1e-5)


def test_no_texts_have_no_scores(reranker: CrossEncoderReranker):
    assert reranker.score("who leads orn", []).shape == (0,)


def test_a_text_that_is_no_unicode_is_scored(reranker: CrossEncoderReranker):
    assert reranker.score("who \ud83d", ["half \ud83d"]).shape == (1,)


def test_a_model_of_several_scores_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="gives 3 numbers"):
        CrossEncoderReranker(make(tmp_path / "three", n_scores=3))


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="cannot load a reranker"):
        CrossEncoderReranker(tmp_path)


def test_the_configured_reranker_is_loaded_once_and_by_default_there_is_none(tmp_path: Path):
    assert ModelLoader(load_config(), embedder=HashingEmbedder()).encoders(None).reranker is None
    folder = make(tmp_path / "tiny")
    loader = ModelLoader(load_config(flags={"retrieval": {"reranker": str(folder)}}))
    found = loader.reranker()
    assert isinstance(found, CrossEncoderReranker)
    assert found.name == "tiny"
    assert loader.reranker() is found


def test_a_reranker_that_is_not_there_is_named(tmp_path: Path):
    loader = ModelLoader(load_config(flags={"retrieval": {"reranker": str(tmp_path / "none")}}))
    with pytest.raises(ModelError, match="there is no reranker at"):
        loader.reranker()

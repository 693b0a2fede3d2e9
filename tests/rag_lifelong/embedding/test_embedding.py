import json
import shutil
from importlib import import_module

import pytest

from rag_lifelong.embedding import BERT, SENTENCE_TRANSFORMER, embedder_for, pooling_of


@pytest.fixture
def folder(tmp_path):
    """The configuration of a plain BERT model, without its weights."""
    write(tmp_path / "config.json", model_type="bert", hidden_act="gelu")
    write(tmp_path / "sentence_bert_config.json", max_seq_length=256, do_lower_case=False)
    write(tmp_path / "1_Pooling" / "config.json", pooling_mode_mean_tokens=True)
    modules = [
        {"type": "sentence_transformers.models.Transformer", "path": ""},
        {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
        {"type": "sentence_transformers.models.Normalize", "path": "2_Normalize"},
    ]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "tokenizer.json").touch()
    return tmp_path


def write(path, **values):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values))


def test_a_plain_bert_model_needs_torch_alone(folder):
    assert embedder_for(folder) == BERT


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("config.json", {"model_type": "mpnet", "hidden_act": "gelu"}),
        ("config.json", {"model_type": "bert", "hidden_act": "relu"}),
        (
            "config.json",
            {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "relative_key"},
        ),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
        ),
        ("config_sentence_transformers.json", {"prompts": {"query": "query: "}}),
        ("sentence_bert_config.json", {"max_seq_length": 256, "do_lower_case": True}),
        ("sentence_bert_config.json", {}),
    ],
)
def test_a_model_that_differs_is_left_to_sentence_transformers(folder, file, values):
    write(folder / file, **values)
    assert embedder_for(folder) == SENTENCE_TRANSFORMER


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "modules.json"])
def test_a_model_without_one_of_the_files_is_left_to_sentence_transformers(folder, file):
    (folder / file).unlink()
    assert embedder_for(folder) == SENTENCE_TRANSFORMER


def test_a_further_module_is_left_to_sentence_transformers(folder):
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"type": "sentence_transformers.models.Dense", "path": "3_Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    assert embedder_for(folder) == SENTENCE_TRANSFORMER


@pytest.mark.parametrize(
    ("values", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": "lasttoken"}, None),
        ({}, None),
    ],
)
def test_pooling_is_read_in_both_spellings(folder, values, pooling):
    write(folder / "1_Pooling" / "config.json", **values)
    assert pooling_of(folder) == pooling


def test_an_empty_folder_is_left_to_sentence_transformers_to_complain_of(folder):
    shutil.rmtree(folder)
    assert embedder_for(folder) == SENTENCE_TRANSFORMER


@pytest.mark.parametrize("entry", [BERT, SENTENCE_TRANSFORMER])
def test_every_entry_names_a_class(entry):
    module, _, name = entry.partition(":")
    assert isinstance(getattr(import_module(module), name), type)

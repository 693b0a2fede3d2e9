import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from evals.training.models import load_model, loading, model_folder
from evals.training.tiny.pretraining import Progress, pretrain
from evals.training.tiny.recipe import MICRO
from rag_lifelong.errors import ModelError


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def folder(cache: Path) -> Path:
    return pretrain(MICRO, seed=0, cache=cache)


def test_a_folder_is_loaded_in_full_precision_on_a_cpu(folder: Path, cache: Path) -> None:
    loaded = load_model(str(folder), cache=cache, device=torch.device("cpu"))
    assert {weight.dtype for weight in loaded.model.parameters()} == {torch.float32}
    assert loaded.name == str(folder)
    ids = loaded.tokenizer("Who?", add_special_tokens=False).input_ids
    assert loaded.tokenizer.decode(ids, skip_special_tokens=True) == "Who?"


def test_weights_lie_as_those_of_a_kept_model_do(folder: Path, cache: Path) -> None:
    loaded = load_model(str(folder), cache=cache, device=torch.device("cpu"))
    assert {weight.data_ptr() % 64 for weight in loaded.model.parameters()} == {0}
    embedded, out = loaded.model.get_input_embeddings(), loaded.model.get_output_embeddings()
    assert embedded.weight is out.weight


def test_a_cpu_is_given_bf16_where_that_is_asked_for(folder: Path, cache: Path) -> None:
    loaded = load_model(str(folder), cache=cache, device=torch.device("cpu"), bf16=True)
    assert {weight.dtype for weight in loaded.model.parameters()} == {torch.bfloat16}


def test_tiny_is_pretrained_when_it_is_first_loaded(
    monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(loading, "FULL", MICRO)
    told: list[Progress] = []
    loaded = load_model("tiny", cache=tmp_path, device=torch.device("cpu"), tell=told.append)
    assert len(told) == MICRO.steps
    assert load_model("tiny", cache=tmp_path, tell=told.append).fingerprint == loaded.fingerprint
    assert len(told) == MICRO.steps


def test_the_fingerprint_is_of_the_weights(folder: Path, cache: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(folder, tmp_path / "changed")
    weights = load_file(changed / "model.safetensors")
    weights["model.norm.weight"] += 1
    save_file(weights, changed / "model.safetensors", metadata={"format": "pt"})
    one, same, other = (
        load_model(str(path), cache=cache).fingerprint for path in (folder, folder, changed)
    )
    assert one == same != other


def test_a_model_without_a_padding_token_pads_with_the_end(folder: Path, tmp_path: Path) -> None:
    bare = shutil.copytree(folder, tmp_path / "bare")
    config = (bare / "tokenizer_config.json").read_text()
    assert '"pad_token": "<pad>"' in config
    (bare / "tokenizer_config.json").write_text(config.replace('"pad_token": "<pad>",', ""))
    tokenizer = load_model(str(bare), cache=tmp_path).tokenizer
    assert tokenizer.pad_token_id == tokenizer.eos_token_id


@pytest.mark.parametrize("name", ["/no/such/folder", "tniy"])
def test_a_name_of_nothing_says_what_names_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        model_folder(name, cache=tmp_path)
    assert "tiny, small" in (caught.value.hint or "")


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no causal language model"):
        load_model(str(tmp_path), cache=tmp_path)


def test_the_hub_is_not_asked_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="downloading is not allowed"):
        load_model("nobody/nothing", cache=tmp_path)

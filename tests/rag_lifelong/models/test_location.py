import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.models import Origin, Role, locate
from tests.rag_lifelong.models.packages import install_embedder, install_reader


def test_a_configured_path_wins_over_the_package(tmp_path, monkeypatch):
    package = install_reader(tmp_path / "site", monkeypatch)
    file = tmp_path / "mine.gguf"
    file.touch()
    found = locate(Role.READER, str(file), packages={Role.READER: package})
    assert (found.path, found.name, found.origin) == (file, "mine", Origin.PATH)
    assert found.is_gguf


def test_a_home_folder_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "model").mkdir()
    assert locate(Role.EMBEDDER, "~/model").path == tmp_path / "model"


@pytest.mark.parametrize("configured", ["/no/such/folder", "./nothing.gguf", "just-a-name"])
def test_a_path_that_does_not_exist_is_named(configured):
    with pytest.raises(ModelError, match=f"no embedder at {configured}") as caught:
        locate(Role.EMBEDDER, configured)
    assert "owner/name" in (caught.value.hint or "")


def test_a_hub_model_that_is_not_cached_is_not_downloaded_unasked(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="downloading is not allowed") as caught:
        locate(Role.EMBEDDER, "no-owner-has-this-name/model")
    assert "models.allow_download = true" in (caught.value.hint or "")
    assert "--allow-download" in (caught.value.hint or "")


def test_a_cached_hub_model_is_found_without_the_network(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--owner--name"
    (cached / "refs").mkdir(parents=True)
    commit = "0" * 40
    (cached / "refs" / "main").write_text(commit)
    (cached / "snapshots" / commit).mkdir(parents=True)
    found = locate(Role.EMBEDDER, "owner/name")
    assert found.origin is Origin.HUB
    assert found.path == cached / "snapshots" / commit


def test_a_reader_of_parts_is_joined(tmp_path, monkeypatch):
    package = install_reader(tmp_path / "site", monkeypatch)
    found = locate(Role.READER, cache_dir=tmp_path / "cache", packages={Role.READER: package})
    assert found.path == tmp_path / "cache" / "fake.gguf"
    assert found.name == "fake-reader"


def test_an_embedder_is_used_in_place(tmp_path, monkeypatch):
    package = install_embedder(tmp_path / "site", monkeypatch)
    found = locate(Role.EMBEDDER, cache_dir=tmp_path / "cache", packages={Role.EMBEDDER: package})
    assert (found.path / "model.safetensors").read_bytes() == b"weights"


def test_an_embedder_with_other_weights_is_refused(tmp_path, monkeypatch):
    package = install_embedder(tmp_path / "site", monkeypatch, sha256="0" * 64)
    with pytest.raises(ModelError, match=f"expected sha256 {'0' * 64}"):
        locate(Role.EMBEDDER, cache_dir=tmp_path / "cache", packages={Role.EMBEDDER: package})

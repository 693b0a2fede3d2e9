import hashlib
import os

import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.models.checksum import ChecksumCache, sha256_of, weights_fingerprint


def test_a_checksum_is_remembered_while_size_and_time_stay(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"right")
    cache = ChecksumCache(tmp_path / "cache")
    digest = cache.sha256(file)
    status = file.stat()
    file.write_bytes(b"wrong")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cache.sha256(file) == digest == hashlib.sha256(b"right").hexdigest()
    assert sha256_of(file) == hashlib.sha256(b"wrong").hexdigest()


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changed_is_hashed_again(tmp_path, change):
    file = tmp_path / "weights"
    file.write_bytes(b"right")
    cache = ChecksumCache(tmp_path / "cache")
    cache.sha256(file)
    status = file.stat()
    file.write_bytes(b"wrong" if change == "time" else b"longer")
    os.utime(file, ns=(0, status.st_mtime_ns + (change == "time")))
    assert cache.sha256(file) == sha256_of(file)


def test_a_damaged_note_is_not_believed(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"right")
    cache = ChecksumCache(tmp_path / "cache")
    digest = cache.sha256(file)
    (note,) = (tmp_path / "cache" / "checksums").iterdir()
    note.write_text("{")
    assert cache.sha256(file) == digest


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"right")
    assert ChecksumCache(file / "no-folder").sha256(file) == sha256_of(file)


def test_a_file_that_cannot_be_read_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="nothing"):
        ChecksumCache(tmp_path).sha256(tmp_path / "nothing")
    with pytest.raises(ModelError, match="nothing"):
        sha256_of(tmp_path / "nothing")


def test_the_fingerprint_of_one_weight_file_is_the_start_of_its_checksum(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "config.json").write_text("{}")
    assert weights_fingerprint(tmp_path) == hashlib.sha256(b"weights").hexdigest()[:12]


def test_the_fingerprint_depends_on_every_weight_file(tmp_path):
    (tmp_path / "model-1.safetensors").write_bytes(b"a")
    (tmp_path / "model-2.safetensors").write_bytes(b"b")
    before = weights_fingerprint(tmp_path)
    (tmp_path / "model-2.safetensors").write_bytes(b"c")
    assert weights_fingerprint(tmp_path, ChecksumCache(tmp_path / "cache")) != before


def test_a_folder_without_weights_has_no_fingerprint(tmp_path):
    with pytest.raises(ModelError, match="no weights"):
        weights_fingerprint(tmp_path)

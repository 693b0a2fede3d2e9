import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
import textwrap
from collections import namedtuple

import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.models.joining import digest_parts, ensure_joined, is_joined
from tests.rag_lifelong.models.packages import PARTS, install_reader, part_file

WHOLE = b"".join(PARTS)


@pytest.fixture
def cache_dir(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def package(tmp_path, monkeypatch):
    return install_reader(tmp_path / "site", monkeypatch)


def test_parts_are_joined_in_order(package, cache_dir):
    assert ensure_joined(package, cache_dir).read_bytes() == WHOLE


def test_nothing_but_the_file_its_lock_and_its_checksum_is_left(package, cache_dir):
    ensure_joined(package, cache_dir)
    left = {path.name for path in cache_dir.iterdir()}
    assert left <= {"fake.gguf", "fake.gguf.lock", "checksums"}


def test_a_joined_file_is_used_without_its_parts(package, cache_dir):
    joined = ensure_joined(package, cache_dir)
    for number in (1, 2, 3):
        part_file(package, number).unlink()
    assert ensure_joined(package, cache_dir) == joined


def test_a_joined_file_is_not_hashed_again(package, cache_dir):
    joined = ensure_joined(package, cache_dir)
    status = joined.stat()
    joined.write_bytes(b"x" * len(WHOLE))
    os.utime(joined, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert is_joined(package, cache_dir)


def test_a_wrong_checksum_names_file_expected_and_found_and_leaves_nothing(package, cache_dir):
    part_file(package, 2).write_bytes(b"X" * len(PARTS[1]))
    with pytest.raises(ModelError) as caught:
        ensure_joined(package, cache_dir)
    found = digest_parts(package.part_paths())
    for word in (str(cache_dir / "fake.gguf"), package.sha256, found):
        assert word in str(caught.value)
    assert not (cache_dir / "fake.gguf").exists()
    assert not list(cache_dir.glob("*.partial"))


def test_a_missing_part_writes_nothing(package, cache_dir):
    part_file(package, 3).unlink()
    with pytest.raises(ModelError, match=r"fake-part3==1\.0"):
        ensure_joined(package, cache_dir)
    assert not cache_dir.exists()


def test_a_half_written_file_of_a_crash_is_neither_used_nor_kept(package, cache_dir):
    cache_dir.mkdir()
    leftover = cache_dir / "fake.gguf.12345.partial"
    leftover.write_bytes(WHOLE[:100])
    assert ensure_joined(package, cache_dir).read_bytes() == WHOLE
    assert not leftover.exists()


@pytest.mark.parametrize("content", [WHOLE[:-1], b"x" * len(WHOLE)])
def test_a_file_under_the_final_name_that_is_not_the_model_is_replaced(package, cache_dir, content):
    cache_dir.mkdir()
    (cache_dir / "fake.gguf").write_bytes(content)
    assert ensure_joined(package, cache_dir).read_bytes() == WHOLE


def test_too_little_space_is_said_before_anything_is_written(package, cache_dir, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1))
    with pytest.raises(ModelError, match=r"needs 23,007 bytes .* has 1 free"):
        ensure_joined(package, cache_dir)
    assert not list(cache_dir.glob("fake.gguf*partial"))
    assert not (cache_dir / "fake.gguf").exists()


def test_a_cache_that_cannot_be_written_is_a_model_error(package, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot write") as caught:
        ensure_joined(package, tmp_path / "file" / "cache")
    assert "models.cache_dir" in (caught.value.hint or "")


def test_a_full_disk_while_joining_leaves_nothing(package, cache_dir, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match="No space left"):
        ensure_joined(package, cache_dir)
    assert not list(cache_dir.glob("*.partial"))
    assert not (cache_dir / "fake.gguf").exists()


def _join(package, site, cache_dir, start):
    sys.path.insert(0, str(site))
    start.wait(10)
    assert ensure_joined(package, cache_dir).read_bytes() == WHOLE


def test_processes_that_join_at_once_agree(package, tmp_path, cache_dir):
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    workers = [
        context.Process(target=_join, args=(package, tmp_path / "site", cache_dir, start))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert (cache_dir / "fake.gguf").read_bytes() == WHOLE


def test_finding_a_model_imports_nothing_heavy():
    code = """
        import sys
        import rag_lifelong.models
        heavy = {"torch", "transformers", "numpy", "huggingface_hub", "xllamacpp"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)

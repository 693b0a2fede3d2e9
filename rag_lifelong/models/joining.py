"""Joins a model shipped in parts into one file of the cache directory, once and whole.

The joined file appears under its name only complete, verified and on the disk: it is written
under a temporary name beside it, hashed on the way, fsynced and renamed. Only the holder of the
lock writes, so several processes starting at once join one time.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from rag_lifelong.errors import ModelError
from rag_lifelong.models.catalogue import ModelPackage
from rag_lifelong.models.checksum import ChecksumCache

logger = logging.getLogger(__name__)

_BLOCK = 4 << 20
_HEADROOM_BYTES = 64 << 20
_CACHE_HINT = "give another cache directory (models.cache_dir), or free space in this one"


def joined_path(package: ModelPackage, cache_dir: Path) -> Path:
    """Where the joined file is, or would be."""
    if package.joined_as is None:
        raise ValueError(f"{package.name} is used in place, not joined")
    return cache_dir / package.joined_as


def ensure_joined(package: ModelPackage, cache_dir: Path) -> Path:
    """Return the joined file, joining the installed parts where it is missing or not the one.

    Raises:
        ModelError: If a part is missing, the checksum is wrong, or the cache cannot be written.
    """
    target = joined_path(package, cache_dir)
    if is_joined(package, cache_dir):
        return target
    parts = package.part_paths()
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):
            # Another process may have joined while this one waited.
            if not is_joined(package, cache_dir):
                _join(package, parts, target, ChecksumCache(cache_dir))
    except OSError as e:
        raise ModelError(f"cannot write {target}: {e.strerror or e}", hint=_CACHE_HINT) from e
    return target


def is_joined(package: ModelPackage, cache_dir: Path) -> bool:
    """Whether the joined file is there and the pinned one; hashes it only if not remembered."""
    target = joined_path(package, cache_dir)
    if not target.is_file() or target.stat().st_size != package.n_bytes:
        return False
    return ChecksumCache(cache_dir).sha256(target) == package.sha256


def digest_parts(parts: list[Path]) -> str:
    """SHA-256 in hex of the parts as they would be joined; writes nothing.

    Raises:
        ModelError: If a part cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for block in _blocks(parts):
            digest.update(block)
    except OSError as e:
        raise ModelError(f"cannot read {e.filename}: {e.strerror}") from e
    return digest.hexdigest()


def mismatch(package: ModelPackage, path: Path, found: str) -> ModelError:
    """The error of a file whose checksum is not the pinned one."""
    return ModelError(
        f"{path} is not {package.name}: expected sha256 {package.sha256}, found {found}",
        hint=f"reinstall it: {package.install_hint} --force-reinstall",
    )


def _join(package: ModelPackage, parts: list[Path], target: Path, checksums: ChecksumCache) -> None:
    for leftover in target.parent.glob(f"{target.name}.*.partial"):
        leftover.unlink()  # of a process that died: the lock's holder is the only one joining
    free = shutil.disk_usage(target.parent).free
    if free < package.n_bytes + _HEADROOM_BYTES:
        raise ModelError(
            f"{package.name} needs {package.n_bytes:,} bytes in {target.parent}, "
            f"which has {free:,} free",
            hint=_CACHE_HINT,
        )
    logger.info("joining %d parts of %s into %s", len(parts), package.name, target)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        found = _write_joined(parts, partial)
        if found != package.sha256:
            raise mismatch(package, target, found)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    _fsync_folder(target.parent)
    checksums.remember(target, package.sha256)


def _write_joined(parts: list[Path], path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for block in _blocks(parts):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _blocks(parts: list[Path]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block


def _fsync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

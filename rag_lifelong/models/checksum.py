"""SHA-256 of weight files, remembered so that a start-up need not hash a gigabyte again."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_lifelong.errors import ModelError

_FINGERPRINT_HEX = 12


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hex, read from the disk.

    Raises:
        ModelError: If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as e:
        raise ModelError(f"cannot read {path}: {e.strerror}") from e


@dataclass(frozen=True, slots=True)
class ChecksumCache:
    """Checksums already computed, believed while a file's size and mtime stay what they were.

    That finds a file that was replaced or cut, not a flipped bit: `sha256_of` does.
    """

    folder: Path

    def sha256(self, path: Path) -> str:
        """The file's SHA-256 in hex, computed when not remembered.

        Raises:
            ModelError: If the file cannot be read.
        """
        known = self._remembered(path)
        if known is not None:
            return known
        # The stamp is taken before hashing, so that a change meanwhile is not overlooked.
        stamp = _stamp(path)
        digest = sha256_of(path)
        self._write(path, stamp, digest)
        return digest

    def remember(self, path: Path, digest: str) -> None:
        """Note a checksum computed elsewhere, such as while the file was written."""
        self._write(path, _stamp(path), digest)

    def forget(self, path: Path) -> None:
        """Drop what is remembered of a file."""
        with suppress(OSError):
            self._marker(path).unlink()

    def _remembered(self, path: Path) -> str | None:
        try:
            noted = json.loads(self._marker(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(noted, dict) or noted.get("path") != str(path.absolute()):
            return None
        if [noted.get("n_bytes"), noted.get("mtime_ns")] != list(_stamp(path)):
            return None
        digest = noted.get("sha256")
        return digest if isinstance(digest, str) else None

    def _write(self, path: Path, stamp: tuple[int, int], digest: str) -> None:
        n_bytes, mtime_ns = stamp
        noted = {
            "path": str(path.absolute()),
            "n_bytes": n_bytes,
            "mtime_ns": mtime_ns,
            "sha256": digest,
        }
        marker = self._marker(path)
        temporary = marker.with_suffix(f".{os.getpid()}.tmp")
        # Where the cache cannot be written the file is hashed again next time: slower, not wrong.
        with suppress(OSError):
            marker.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(noted), encoding="utf-8")
            temporary.replace(marker)

    def _marker(self, path: Path) -> Path:
        key = hashlib.blake2b(str(path.absolute()).encode(), digest_size=12).hexdigest()
        return self.folder / "checksums" / f"{key}.json"


def weights_fingerprint(folder: Path, cache: ChecksumCache | None = None) -> str:
    """Short fingerprint of all weight files of a model's folder: 12 hex digits.

    Raises:
        ModelError: If the folder holds no weights.
    """
    files = sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob("pytorch_model*.bin"))
    if not files:
        raise ModelError(
            f"no weights in {folder}: neither *.safetensors nor pytorch_model*.bin",
            hint="give the folder of a sentence-transformers model",
        )
    digests = [cache.sha256(file) if cache else sha256_of(file) for file in files]
    if len(digests) > 1:
        digests = [hashlib.sha256("".join(digests).encode()).hexdigest()]
    return digests[0][:_FINGERPRINT_HEX]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as e:
        raise ModelError(f"cannot read {path}: {e.strerror}") from e
    return status.st_size, status.st_mtime_ns

"""Small installed "model packages" made for a test."""

import hashlib
import sys
from pathlib import Path

import pytest

from rag_lifelong.models.catalogue import ModelPackage, Part, Role

PARTS = (b"first part " * 1000, b"second part " * 1000, b"the end")


def install_reader(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    parts: tuple[bytes, ...] = PARTS,
    sha256: str | None = None,
    n_bytes: int | None = None,
) -> ModelPackage:
    """Install parts under names of their own and return the package that describes them."""
    prefix = f"fake_{hashlib.blake2b(str(site).encode(), digest_size=6).hexdigest()}_part"
    for number, content in enumerate(parts, start=1):
        folder = site / f"{prefix}{number}" / "data"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        (folder / "part.bin").write_bytes(content)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    whole = b"".join(parts)
    return ModelPackage(
        role=Role.READER,
        name="fake-reader",
        parts=tuple(
            Part(f"fake-part{number}==1.0", f"{prefix}{number}", "data/part.bin")
            for number in range(1, len(parts) + 1)
        ),
        joined_as="fake.gguf",
        sha256=sha256 or hashlib.sha256(whole).hexdigest(),
        n_bytes=len(whole) if n_bytes is None else n_bytes,
        licence="MIT",
    )


def install_embedder(
    site: Path, monkeypatch: pytest.MonkeyPatch, *, sha256: str | None = None
) -> ModelPackage:
    """Install one weight file that is used in place."""
    module = f"fake_{hashlib.blake2b(str(site).encode(), digest_size=6).hexdigest()}_embedder"
    folder = site / module / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    return ModelPackage(
        role=Role.EMBEDDER,
        name="fake-embedder",
        parts=(Part("fake-embedder==1.0", module, "model/model.safetensors"),),
        sha256=sha256 or hashlib.sha256(b"weights").hexdigest(),
        n_bytes=len(b"weights"),
        licence="MIT",
    )


def part_file(package: ModelPackage, number: int) -> Path:
    """The installed file of a part, counted from 1."""
    path = package.parts[number - 1].installed()
    assert path is not None
    return path

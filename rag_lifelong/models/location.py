"""Finds the model for a role: as configured, or as installed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs

from rag_lifelong.errors import ModelError
from rag_lifelong.models.catalogue import DEFAULT_PACKAGES, ModelPackage, Role
from rag_lifelong.models.checksum import ChecksumCache
from rag_lifelong.models.hub import snapshot
from rag_lifelong.models.joining import ensure_joined, mismatch

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class Origin(StrEnum):
    """Where a model comes from."""

    PATH = "path"
    HUB = "hub"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class ModelLocation:
    """A model on this machine: a folder, or a GGUF file."""

    role: Role
    name: str
    path: Path
    origin: Origin

    @property
    def is_gguf(self) -> bool:
        """Whether it is a file for llama.cpp rather than a folder for transformers."""
        return self.path.suffix.lower() == ".gguf"


def default_cache_dir() -> Path:
    """The user's cache directory for this project; not created."""
    return platformdirs.user_cache_path("rag-lifelong")


def locate(
    role: Role,
    configured: str | None = None,
    *,
    cache_dir: Path | None = None,
    allow_download: bool = False,
    packages: Mapping[Role, ModelPackage] = DEFAULT_PACKAGES,
) -> ModelLocation:
    """Return the model to use, its weights verified where a checksum is pinned.

    Args:
        role: What the model is for.
        configured: A path or a hub id; None for the installed package.
        cache_dir: Where parts are joined and checksums remembered.
        allow_download: Whether a hub id may be fetched from the network.
        packages: The weights that install as packages.

    Raises:
        ModelError: If it is missing, damaged, or would have to be downloaded unasked.
    """
    if configured is not None:
        return _configured(role, configured, allow_download=allow_download)
    package = packages.get(role)
    if package is None:
        raise ModelError(f"no {role} is configured", hint="name its folder or hub id")
    path = _installed(package, cache_dir or default_cache_dir())
    return ModelLocation(role, package.name, path, Origin.PACKAGE)


def looks_like_path(configured: str) -> bool:
    """Whether a configured model names a place on the disk rather than on the hub."""
    return Path(configured).expanduser().exists() or not _HUB_ID.fullmatch(configured)


def _configured(role: Role, configured: str, *, allow_download: bool) -> ModelLocation:
    if not looks_like_path(configured):
        folder = snapshot(configured, allow_download=allow_download)
        return ModelLocation(role, configured, folder, Origin.HUB)
    path = Path(configured).expanduser()
    if not path.exists():
        raise ModelError(
            f"there is no {role} at {configured}",
            hint="give an existing folder or .gguf file, or a hub id of the form owner/name",
        )
    return ModelLocation(role, path.stem if path.is_file() else path.name, path, Origin.PATH)


def _installed(package: ModelPackage, cache_dir: Path) -> Path:
    if package.joined_as is not None:
        return ensure_joined(package, cache_dir)
    (weights,) = package.part_paths()
    found = ChecksumCache(cache_dir).sha256(weights)
    if found != package.sha256:
        raise mismatch(package, weights, found)
    return weights.parent

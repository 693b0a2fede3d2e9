"""What models there are and whether they are whole, for people to read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from rag_lifelong.errors import ModelError
from rag_lifelong.models.catalogue import DEFAULT_PACKAGES, ModelPackage, Role
from rag_lifelong.models.checksum import ChecksumCache, sha256_of, weights_fingerprint
from rag_lifelong.models.joining import digest_parts, is_joined, joined_path, mismatch
from rag_lifelong.models.location import Origin, default_cache_dir, locate


class Status(StrEnum):
    """How far a model is ready for use."""

    READY = "ready"
    INSTALLED = "installed"
    """All parts are there; they are joined when the model is first used."""
    MISSING = "missing"
    DAMAGED = "damaged"
    VERIFIED = "verified"
    """Every byte was read and matches the pinned checksum."""
    UNPINNED = "unpinned"
    """There, but with no checksum to compare with: it is the user's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One model as `models list` shows it."""

    role: Role
    name: str
    origin: Origin
    source: str
    """The packages, hub id or path it comes from."""
    path: Path | None
    """What is handed to the runtime; None until there is such a thing."""
    n_bytes: int | None
    licence: str | None
    """None where not known."""
    sha256: str | None
    status: Status
    problem: str = ""


def list_models(
    configured: Mapping[Role, str | None] | None = None,
    *,
    cache_dir: Path | None = None,
    packages: Mapping[Role, ModelPackage] = DEFAULT_PACKAGES,
) -> list[ModelInfo]:
    """The model of each role that has one, without joining, downloading or importing anything."""
    wanted = configured or {}
    folder = cache_dir or default_cache_dir()
    infos = []
    for role in Role:
        name = wanted.get(role)
        if name:
            infos.append(_configured(role, name))
        elif role in packages:
            infos.append(_packaged(packages[role], folder))
    return infos


def verify(
    role: Role,
    configured: str | None = None,
    *,
    cache_dir: Path | None = None,
    packages: Mapping[Role, ModelPackage] = DEFAULT_PACKAGES,
) -> ModelInfo:
    """Read every byte of the model's weights and compare with the pinned checksum.

    A joined file that fails is removed, so that the next use joins it anew. Configured models
    have no pinned checksum; theirs is reported.

    Raises:
        ModelError: If the model is missing or not the pinned one.
    """
    if configured:
        return _verify_configured(role, configured)
    return _verify_packaged(packages[role], cache_dir or default_cache_dir())


def _configured(role: Role, configured: str) -> ModelInfo:
    try:
        found = locate(role, configured)
    except ModelError as e:
        return ModelInfo(
            role=role,
            name=configured,
            origin=Origin.PATH,
            source=configured,
            path=None,
            n_bytes=None,
            licence=None,
            sha256=None,
            status=Status.MISSING,
            problem=str(e),
        )
    return ModelInfo(
        role=role,
        name=found.name,
        origin=found.origin,
        source=configured,
        path=found.path,
        n_bytes=_size(found.path),
        licence=None,
        sha256=None,
        status=Status.READY,
    )


def _packaged(package: ModelPackage, cache_dir: Path) -> ModelInfo:
    info = ModelInfo(
        role=package.role,
        name=package.name,
        origin=Origin.PACKAGE,
        source=_requirements(package),
        path=None,
        n_bytes=package.n_bytes,
        licence=package.licence,
        sha256=package.sha256,
        status=Status.MISSING,
    )
    if package.joined_as is not None and is_joined(package, cache_dir):
        return replace(info, path=joined_path(package, cache_dir), status=Status.READY)
    try:
        parts = package.part_paths()
    except ModelError as e:
        return replace(info, problem=str(e))
    if package.joined_as is not None:
        return replace(info, status=Status.INSTALLED)
    found = ChecksumCache(cache_dir).sha256(parts[0])
    if found != package.sha256:
        problem = str(mismatch(package, parts[0], found))
        return replace(info, path=parts[0].parent, status=Status.DAMAGED, problem=problem)
    return replace(info, path=parts[0].parent, status=Status.READY)


def _verify_packaged(package: ModelPackage, cache_dir: Path) -> ModelInfo:
    if package.joined_as is None:
        (path,) = package.part_paths()
        found = sha256_of(path)
    elif (path := joined_path(package, cache_dir)).is_file():
        found = sha256_of(path)
        if found != package.sha256:
            path.unlink()
            ChecksumCache(cache_dir).forget(path)
            raise ModelError(
                f"{path} was damaged and is removed: expected sha256 {package.sha256}, "
                f"found {found}",
                hint="it is joined anew from its packages at the next use",
            )
    else:
        parts = package.part_paths()
        path, found = parts[0].parent, digest_parts(parts)
    if found != package.sha256:
        raise mismatch(package, path, found)
    return replace(_packaged(package, cache_dir), status=Status.VERIFIED)


def _verify_configured(role: Role, configured: str) -> ModelInfo:
    path = locate(role, configured).path
    digest = sha256_of(path) if path.is_file() else weights_fingerprint(path)
    return replace(_configured(role, configured), sha256=digest, status=Status.UNPINNED)


def _requirements(package: ModelPackage) -> str:
    first, last = package.parts[0].requirement, package.parts[-1].requirement
    return first if first == last else f"{first} … {last}"


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())

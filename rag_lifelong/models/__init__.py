"""Where the embedder and the reader come from, and whether their weights are the right ones.

In this order: what the user configured (a path, or a hub id), then the installed data packages.
A reader shipped in parts is joined once into the cache directory. Nothing is downloaded unless
the caller allows it. Knows nothing about loading or running a model.
"""

from rag_lifelong.models.catalogue import DEFAULT_PACKAGES, ModelPackage, Part, Role
from rag_lifelong.models.checksum import ChecksumCache, weights_fingerprint
from rag_lifelong.models.location import ModelLocation, Origin, default_cache_dir, locate
from rag_lifelong.models.report import ModelInfo, Status, list_models, verify

__all__ = [
    "DEFAULT_PACKAGES",
    "ChecksumCache",
    "ModelInfo",
    "ModelLocation",
    "ModelPackage",
    "Origin",
    "Part",
    "Role",
    "Status",
    "default_cache_dir",
    "list_models",
    "locate",
    "verify",
    "weights_fingerprint",
]

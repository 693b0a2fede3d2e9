"""What can change an answer, as fingerprints: documents, models, source code, libraries.

Nothing is loaded for it: models are known by the checksums of their weights.
"""

import hashlib
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import rag_lifelong
from evals.running.imports import imported
from evals.running.lines import to_line
from evals.types import Period, Stream
from rag_lifelong.config import Config
from rag_lifelong.models import (
    ChecksumCache,
    ModelLocation,
    Role,
    default_cache_dir,
    list_models,
    locate,
    weights_fingerprint,
)

_SHORT = 16
_ROOT = Path(rag_lifelong.__file__).parents[1]
_ANSWERING = (
    "rag_lifelong",
    "ingest",
    "indexes",
    "evals/learners",
    "evals/metering.py",
    "evals/remembering.py",
    "evals/running/asking.py",
    "evals/types.py",
)
"""Source code that makes answers; that which asks or shows is left out, so that it may change."""
_NOT_ANSWERING = ("rag_lifelong/cli/", "rag_lifelong/daemon/", "evals/training/tuned.toml")
_SOURCES = ("*.py", "*.toml")
"""Code, and the words and numbers it goes by."""
_STORING = (
    "rag_lifelong/embedding",
    "rag_lifelong/system.py",
    "rag_lifelong/temporal.py",
    "rag_lifelong/types.py",
    "ingest",
    "indexes",
    "evals/learners/stream_store.py",
)
"""Source code that makes the store all learners search. Making one takes far longer than asking it,
so it outlives changes of how questions are answered; settings and models are in its key besides."""
_TEACHING = (
    "evals/learners/options.py",
    "evals/learners/passages.py",
    "evals/running/asking.py",
    "evals/streams/generating",
    "evals/training",
    "evals/types.py",
    "rag_lifelong/answering/grounds.py",
    "rag_lifelong/prompting.py",
)
"""Source code that teaches and asks models, besides the strategy's own: the loop, and the words in
which a model is told and asked. Not all that these import, since retrieval decides nothing here."""
_LIBRARIES = (
    "faiss-cpu",
    "faiss-gpu",
    "langchain-text-splitters",
    "numpy",
    "peft",
    "PyStemmer",
    "sentence-transformers",
    "tokenizers",
    "torch",
    "transformers",
    "xllamacpp",
)
_SETTINGS = ("chunking", "embedder", "reader", "retrieval")


def digest(*parts: Any) -> str:
    """One fingerprint of values that JSON can hold: 64 hex digits.

    >>> digest("a", "b") == digest("ab")
    False
    """
    return hashlib.sha256(to_line(parts).encode(errors="surrogatepass")).hexdigest()


def told_by_row(stream: Stream) -> tuple[str, ...]:
    """For each row the fingerprint of all that has been told by then; it holds the times too."""
    start = digest(stream.periods[0].start)
    return tuple(accumulate(stream.periods, _and_then, initial=start))


def stream_fingerprint(stream: Stream) -> str:
    """A fingerprint of a stream's documents and questions: 16 hex digits."""
    asked = [[period.examples, period.standing] for period in stream.periods]
    return digest(told_by_row(stream)[-1], asked)[:_SHORT]


def code_fingerprint(root: Path = _ROOT) -> str:
    """A fingerprint of the source code that makes answers: 16 hex digits."""
    return _fingerprint_of(_ANSWERING, root)


def storing_fingerprint(root: Path = _ROOT) -> str:
    """A fingerprint of the source code that makes a stream's store: 16 hex digits."""
    return _fingerprint_of(_STORING, root)


def teaching_fingerprint(target: str, root: Path = _ROOT) -> str:
    """A fingerprint of the source code of a way of teaching: 16 hex digits.

    Of the strategies it holds this one and what it imports, so that one can be changed without
    teaching with all others again.

    Args:
        target: "module:name" of the strategy.
        root: Where the source code lies.
    """
    module, _, _ = target.partition(":")
    own = imported(module, root, apart_from="evals.training")
    return _fingerprint_of((*_TEACHING, *own), root)


def library_versions() -> dict[str, str]:
    """The installed versions of the libraries that answers are computed with."""
    found = {"python": platform.python_version(), "rag-lifelong": rag_lifelong.__version__}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class Program:
    """What computes something."""

    code: str
    """Fingerprint of the source code."""
    libraries: dict[str, str]
    """Versions by name."""


@lru_cache(maxsize=1)
def this_program() -> Program:
    """What computes answers, as it was when this process first asked."""
    return Program(code_fingerprint(), library_versions())


@lru_cache(maxsize=1)
def storing_program() -> Program:
    """What makes a stream's store, as it was when this process first asked."""
    return Program(storing_fingerprint(), library_versions())


@lru_cache
def teaching_program(target: str) -> Program:
    """What teaches a model in one way, as it was when this process first asked.

    Args:
        target: "module:name" of the strategy.
    """
    return Program(teaching_fingerprint(target), library_versions())


def settings_of(config: Config) -> dict[str, Any]:
    """The settings that can change an answer, without secrets."""
    return config.model_dump(mode="json", include=set(_SETTINGS), exclude={"reader": {"api_key"}})


def model_identity(role: Role, config: Config) -> str:
    """Name and fingerprint of the model that a role is configured to; it is not loaded.

    Raises:
        ModelError: If a configured model is not there.
    """
    if role is Role.READER and config.reader.kind == "openai":
        return f"{config.reader.model}@{config.reader.base_url}"
    configured = config.embedder.model if role is Role.EMBEDDER else config.reader.model
    cache_dir = config.models.cache_dir or default_cache_dir()
    if configured is None:
        (info,) = (one for one in list_models(cache_dir=cache_dir) if one.role is role)
        return f"{info.name}@{(info.sha256 or '')[:_SHORT]}"
    found = locate(
        role, configured, cache_dir=cache_dir, allow_download=config.models.allow_download
    )
    return f"{found.name}@{_weights(found, ChecksumCache(cache_dir))}"


def _and_then(before: str, period: Period) -> str:
    return digest(before, period.name, period.start, period.end, period.documents)


def _fingerprint_of(places: Sequence[str], root: Path) -> str:
    found = hashlib.sha256()
    for file in _sources(places, root):
        name = file.relative_to(root).as_posix()
        if not name.startswith(_NOT_ANSWERING):
            found.update(f"{name}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return found.hexdigest()[:_SHORT]


def _sources(places: Sequence[str], root: Path) -> Sequence[Path]:
    files: list[Path] = []
    for name in places:
        place = root / name
        files += [place] if place.suffix else chain.from_iterable(map(place.rglob, _SOURCES))
    return sorted(set(files))


def _weights(found: ModelLocation, checksums: ChecksumCache) -> str:
    if found.path.is_file():
        return checksums.sha256(found.path)[:_SHORT]
    return weights_fingerprint(found.path, checksums)

"""What a run works with: settings, the models, and a folder for what is kept between runs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from evals.remembering import RememberedEmbedder, RememberedReader
from evals.running.identity import model_identity
from evals.running.parameters import parameters_of
from rag_lifelong.config import Config
from rag_lifelong.loading import ModelLoader
from rag_lifelong.models import Role, default_cache_dir, list_models
from rag_lifelong.ports import Embedder, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What every learner of a run is made with."""

    config: Config
    cache: Path
    """Where cells, stores and remembered answers are kept; may be deleted between runs."""
    embedder: Callable[[], Embedder]
    """Loads it when first called."""
    embedder_id: str
    """Name and fingerprint of its weights."""
    reader: Callable[[], Reader]
    """Loads it when first called."""
    reader_id: str
    """Name and fingerprint of its weights, or where it is asked."""
    reader_parameters: Callable[[], int | None] = lambda: None
    """Weights that each token meets; None where that cannot be told."""
    has_energy_meter: bool = True
    """Whether to estimate what observing takes in joules."""


class SizedEmbedder(RememberedEmbedder):
    """The configured embedder, which remembers questions and tells its size."""

    def __init__(self, loader: ModelLoader, config: Config, folder: Path) -> None:
        super().__init__(lambda: loader.embedder(None), folder=folder)
        self._config = config

    @cached_property
    def n_parameters(self) -> int:
        """Weights that a token goes through; 0 where its files do not tell."""
        return _parameters(Role.EMBEDDER, self._config.embedder.model, self._config) or 0


def configured_equipment(config: Config) -> Equipment:
    """Equipment with the models of the settings, neither of them loaded yet.

    Raises:
        ModelError: If a configured model is not there.
    """
    cache = (config.models.cache_dir or default_cache_dir()) / "evals"
    # A run that was stopped must go on to the same answers as one that was not.
    reader = config.reader.model_copy(update={"reproducible": True})
    config = config.model_copy(update={"reader": reader})
    loader = ModelLoader(config)
    reader_id = model_identity(Role.READER, config)

    def remembered() -> Reader:
        return RememberedReader(loader.reader, name=reader_id, path=cache / "answers.sqlite")

    return Equipment(
        config=config,
        cache=cache,
        embedder=lru_cache(maxsize=1)(lambda: SizedEmbedder(loader, config, cache / "vectors")),
        embedder_id=model_identity(Role.EMBEDDER, config),
        reader=lru_cache(maxsize=1)(remembered),
        reader_id=reader_id,
        reader_parameters=lru_cache(maxsize=1)(lambda: _reader_parameters(config)),
    )


def _reader_parameters(config: Config) -> int | None:
    if config.reader.kind == "openai":
        return None
    return _parameters(Role.READER, config.reader.model, config)


def _parameters(role: Role, model: str | None, config: Config) -> int | None:
    infos = list_models({role: model}, cache_dir=config.models.cache_dir)
    (path,) = (info.path for info in infos if info.role is role)
    return None if path is None else parameters_of(path, writes=role is Role.READER)

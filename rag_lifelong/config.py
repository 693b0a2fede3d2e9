"""Settings: one TOML file, environment variables and flags, checked in one place.

Flags win over `RAG_LIFELONG_*` variables, those over the file, that over the defaults. Nested keys
are written `RAG_LIFELONG_READER__MODEL` in the environment. Knows nothing about what a setting
does.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from rag_lifelong.errors import ConfigError
from rag_lifelong.types import DateSource

DEFAULT_FILE = Path("rag-lifelong.toml")
DEFAULT_STORE = Path(".rag-lifelong")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbedderConfig(_Section):
    """`[embedder]`."""

    model: str | None = None
    """A SentenceTransformer's directory or hub id; by default the installed data package."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto`: the store's own; for a new store the fastest this machine has."""


class ReaderConfig(_Section):
    """`[reader]`."""

    kind: Literal["llama_cpp", "transformers", "openai"] = "llama_cpp"
    model: str | None = None
    """A GGUF file (llama_cpp), a directory or hub id (transformers), a model name (openai)."""
    base_url: str = "http://127.0.0.1:8000/v1"
    """Where an OpenAI-compatible server listens."""
    api_key: str | None = Field(default=None, repr=False)
    style: Literal["short", "full"] = "short"
    """`short`: a name, number or phrase; `full`: a sentence or two with numbered citations."""
    at_once: int = Field(default=1, ge=1)
    """How many lines of evidence are read together; small models are misled by more than one."""
    attempts: int = Field(default=2, ge=1)
    """How often more lines are read, best first, where none gave an answer yet."""
    max_tokens: int = Field(default=64, ge=1)
    """Of a short answer."""
    full_max_tokens: int = Field(default=160, ge=1)
    """Of a full answer."""
    min_confidence: float = Field(default=0.74, ge=0, le=1)
    """Least confidence with which an answer is given; unless it is set, a calibrated model has its
    own (`rag_lifelong/reading/calibration/`)."""
    context_tokens: int = Field(default=4096, ge=512)
    reproducible: bool = False
    """Whether nothing that was read before may change an answer's last digits; with `llama_cpp`,
    which then takes longer."""
    instruction: str | None = None
    """What the model is told to do with the passages; by default what suits the default model."""


class ModelsConfig(_Section):
    """`[models]`."""

    cache_dir: Path | None = None
    """Where joined model files are kept; by default the user's cache directory."""
    allow_download: bool = False
    """Whether a hub id may be fetched from the network."""


class WikipediaConfig(_Section):
    """`[wikipedia]`."""

    namespaces: tuple[int, ...] | Literal["all"] = (0,)
    """Numbers of the namespaces whose pages are read; 0 is articles."""
    revisions: Literal["all", "latest", "daily", "monthly"] = "all"
    """Which revisions of a page are kept: the last of each day or month (UTC), or of all."""
    whole: bool | None = None
    """Whether a dump holds all pages, so that those it lacks are gone; by default it is guessed."""


class SourcesConfig(_Section):
    """`[sources]`."""

    date_from: tuple[DateSource, ...] = tuple(DateSource)
    """Where a document's date is taken from, best first; what is not named is not looked at."""
    ignore: tuple[str, ...] = ()
    """Patterns, as in .gitignore, of what in folders is left out."""
    use_ignore_files: bool = True
    """Whether .gitignore and .ignore files in folders count."""
    include_hidden: bool = False
    """Whether files and folders whose name begins with a dot are read."""
    max_file_mb: int = Field(default=100, ge=1)
    """Larger files are skipped, unless their format is read a record at a time."""
    allow_private: bool = False
    """Whether URLs may lead to private addresses."""


class WatchConfig(_Section):
    """`[watch]`."""

    paths: tuple[Path, ...] = ()
    """Folders and files to watch, besides those the command names."""
    rescan_minutes: float = Field(default=60, gt=0)
    """How often everything is looked at, whatever was heard."""
    settle_seconds: float = Field(default=2.0, ge=0)
    """How long a file must be unchanged that nobody was heard to close."""
    download_seconds: float = Field(default=60.0, ge=0)
    """How long a dump must be unchanged that no checksum beside it vouches for."""
    sources: tuple[str, ...] = ()
    """Feeds, sitemaps, pages and repositories to ask every so often, named as for `ingest`."""
    every_minutes: float = Field(default=30, gt=0)
    """How often they are asked."""
    min_free_mb: int = Field(default=500, ge=0)
    """With less left on the store's disk, nothing is updated until there is room."""
    min_memory_mb: int = Field(default=200, ge=0)
    """With less memory available, nothing is updated until there is."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where Prometheus finds metrics on the loopback address; by default nowhere."""
    poll: Literal["auto", "always", "never"] = "auto"
    """Compare listings instead of trusting events; `auto`: on file systems of a network."""


class ChunkingConfig(_Section):
    """`[chunking]`."""

    size: int = Field(default=600, ge=100, le=8_000)
    """Most characters of a chunk; MiniLM reads 256 tokens, about 1,000 characters."""


class RetrievalConfig(_Section):
    """`[retrieval]`."""

    candidates: int = Field(default=60, ge=1)
    """Chunks taken from each search."""
    lexical_weight: float = Field(default=0.3, ge=0, le=1)
    """Share of BM25, against cosine, in a chunk's relevance."""
    evidence: int = Field(default=5, ge=1, le=20)
    """Most lines given to the reader."""
    quote_chars: int = Field(default=200, ge=0)
    """Most characters of a chunk's sentences shown to the reader, beyond the best sentence; with 0
    chunks are shown whole."""
    least_share: float = Field(default=0.6, ge=0, le=1)
    """Least share of the best chunk's score that another must have to be evidence."""
    same_statement: float = Field(default=0.6, ge=0, le=1)
    """Cosine from which two chunks count as statements of the same thing at different times."""
    relevance_margin: float = Field(default=0.1, ge=0)
    """How much less relevant a newer statement may be and still replace an older one."""
    subject_share: float = Field(default=0.8, gt=0, le=1)
    """Least share, of what the best text holds of the question's names, that another must hold to
    be about the same thing."""
    claim_margin: float = Field(default=0.35, ge=0, le=1)
    """How much less relevant than the best a text about the same thing may be and still claim what
    is asked; less where there are many (`retrieval.claims`)."""
    by_names: bool = True
    """Whether texts about the same thing are told by the question's names."""
    unite_times: bool = True
    """Whether what held in the time asked about is searched beside what holds now."""
    supersede: bool = True
    """Whether older statements give way to newer ones of another value."""
    score_time: bool = True
    """Whether texts about the same thing are ordered by the time they tell of."""
    resolve: bool = True
    """Whether a position ("the first", "the one before") is decided before reading."""
    reranker: str | None = None
    """Folder or hub id of a sentence-transformers cross-encoder that scores the best candidates
    anew; by default none does."""
    rerank: int = Field(default=20, ge=1)
    """How many of the best candidates it scores."""
    min_support: float = Field(default=0.25, ge=0, le=1)
    """Least cosine of the best evidence for an answer to be tried."""


class Config(BaseSettings):
    """All settings, resolved."""

    model_config = SettingsConfigDict(
        env_prefix="RAG_LIFELONG_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    store: Path = DEFAULT_STORE
    timezone: str = "UTC"
    """IANA name of the zone whose days and years questions mean."""
    embedder: EmbedderConfig = EmbedderConfig()
    reader: ReaderConfig = ReaderConfig()
    models: ModelsConfig = ModelsConfig()
    sources: SourcesConfig = SourcesConfig()
    wikipedia: WikipediaConfig = WikipediaConfig()
    watch: WatchConfig = WatchConfig()
    chunking: ChunkingConfig = ChunkingConfig()
    retrieval: RetrievalConfig = RetrievalConfig()

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:
            raise ValueError("no time zone of this name; Europe/Berlin is one") from error
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then file; no .env files, no secret directories."""
        flags: dict[str, Any] = init_settings().pop("flags", {})
        file: dict[str, Any] = init_settings().pop("file", {})
        return (
            InitSettingsSource(settings_cls, init_kwargs=flags),
            env_settings,
            InitSettingsSource(settings_cls, init_kwargs=file),
        )


def load_config(file: Path | None = None, *, flags: Mapping[str, Any] | None = None) -> Config:
    """Resolve the settings.

    Args:
        file: The TOML file; by default `RAG_LIFELONG_CONFIG`, then `rag-lifelong.toml` if it is
            there.
        flags: Values that win over all others, as a nested mapping.

    Raises:
        ConfigError: If the file cannot be read, a key is unknown, or a value is wrong.
    """
    named = file or _named_in_environment()
    path = named or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    content = {} if path is None else _read_toml(path)
    try:
        return Config(file=content, flags=dict(flags or {}))  # type: ignore[call-arg]
    except ValidationError as error:
        raise _explain(error, path) from error


def _named_in_environment() -> Path | None:
    value = os.environ.get(f"{EnvSettingsSource(Config).env_prefix}CONFIG")
    return Path(value) if value else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read config {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config {path} is not valid TOML: {error}") from error


def _explain(error: ValidationError, path: Path | None) -> ConfigError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    where = f"config {path}" if path else "settings"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, _keys(Config), n=1, cutoff=0.0)
        return ConfigError(f"{where}: unknown key {key!r}", hint=f"did you mean {near[0]!r}?")
    return ConfigError(f"{where}: {key} = {first.get('input')!r}: {first['msg']}")


def _keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, info in model.model_fields.items():
        keys.append(prefix + name)
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            keys.extend(_keys(info.annotation, f"{prefix}{name}."))
    return keys

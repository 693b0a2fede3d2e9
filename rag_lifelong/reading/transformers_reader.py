"""Any causal language model of transformers, from a folder: for a GPU, or a model not in GGUF."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import Prompt, Token
from rag_lifelong.reading.chat import chat_messages

logger = logging.getLogger(__name__)

_UNFINISHED = "\ufffd"


class TransformersReader:
    """Reads with a transformers model, greedily, with a key-value cache per answer."""

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        n_ctx: int = 4096,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        """Name the model; it is loaded when first read from.

        Args:
            path: The model's folder.
            name: How answers name it; by default the folder's name.
            n_ctx: Most tokens of prompt and answer together.
            device: As torch names it; "auto" takes a GPU where there is one.
            dtype: As torch names it; "auto" keeps the type the weights are saved in.
        """
        self._path = path
        self._name = name or path.name
        self._n_ctx = n_ctx
        self._device = _best_device() if device == "auto" else torch.device(device)
        self._dtype = dtype if dtype == "auto" else getattr(torch, dtype)
        self._model: Any = None
        self._tokenizer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Name of the model, as reported with each answer."""
        return self._name

    def close(self) -> None:
        """Free the model's memory; a later read loads it again."""
        self._model = self._tokenizer = None

    def load(self) -> None:
        """Load the model now rather than at the first question.

        Raises:
            ModelError: If the folder holds no causal language model.
        """
        if self._model is not None:
            return
        logger.info("loading %s on %s", self._path, self._device)
        # Of loading weights, on stderr.
        disable_progress_bar()
        try:
            tokenizer = AutoTokenizer.from_pretrained(self._path, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(
                self._path, dtype=self._dtype, local_files_only=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as e:
            raise ModelError(
                f"cannot load a language model from {self._path}: {e}",
                hint="give the folder of a causal language model with its tokenizer",
            ) from e
        self._model = model.to(self._device).eval()
        self._tokenizer = tokenizer

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield the answer piece by piece as it is made, deterministically (greedy decoding).

        Raises:
            ModelError: If the model cannot be loaded, the prompt is longer than its context, or
                the memory of the device is not enough.
        """
        self.load()
        ids = self._encode(prompt)
        if ids.shape[1] + max_tokens > self._n_ctx:
            raise ModelError(
                f"{self._name}: a prompt of {ids.shape[1]} tokens and an answer of {max_tokens} "
                f"exceed the context of {self._n_ctx}",
                hint="raise reader.context_tokens or give less evidence",
            )
        shown, made, logprob = "", [], 0.0
        for token_id, token_logprob in self._generate(ids, max_tokens):
            made.append(token_id)
            logprob += token_logprob
            text = self._tokenizer.decode(made, skip_special_tokens=True)
            # A character of several tokens is shown when its last one is there.
            if text.endswith(_UNFINISHED) or len(text) <= len(shown):
                continue
            yield Token(text[len(shown) :], logprob)
            shown, logprob = text, 0.0

    def _encode(self, prompt: Prompt) -> torch.Tensor:
        messages = chat_messages(prompt)
        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
            # The template writes the special tokens itself.
            encoded = self._tokenizer(text, add_special_tokens=False, return_tensors="pt")
        else:
            text = "\n\n".join(message["content"] for message in messages) + "\n"
            encoded = self._tokenizer(text, return_tensors="pt")
        ids: torch.Tensor = encoded["input_ids"]
        return ids.to(self._device)

    def _generate(self, ids: torch.Tensor, max_tokens: int) -> Iterator[tuple[int, float]]:
        stops = self._stop_ids()
        cache = None
        for _ in range(max_tokens):
            try:
                # Not around the yield: inference mode would leak into the caller.
                with torch.inference_mode():
                    output = self._model(
                        input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1
                    )
                    logprobs = torch.log_softmax(output.logits[0, -1].float(), dim=-1)
                    best = int(logprobs.argmax())
            except RuntimeError as e:  # torch's out-of-memory errors are RuntimeErrors
                raise ModelError(f"{self._name} failed on {self._device}: {e}") from e
            if best in stops:
                return
            yield best, float(logprobs[best])
            cache = output.past_key_values
            ids = torch.tensor([[best]], device=self._device)

    def _stop_ids(self) -> set[int]:
        stops = {self._tokenizer.eos_token_id}
        configured = self._model.generation_config.eos_token_id
        stops.update(configured if isinstance(configured, list) else [configured])
        return stops - {None}


def _best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")

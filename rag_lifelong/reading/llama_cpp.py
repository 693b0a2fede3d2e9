"""A GGUF model read by llama.cpp in this process, through xllamacpp.

Made for a CPU. The model is loaded at the first question and kept.
"""

import logging
import queue
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import xllamacpp

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import Prompt, Token
from rag_lifelong.reading.chat import TokenStream, chat_request, error_message
from rag_lifelong.reading.cores import usable_cores

logger = logging.getLogger(__name__)

_SILENT = -1
_DONE = object()


class LlamaCppReader:
    """Reads with a GGUF model, greedily, keeping what it computed of the last prompt.

    A prompt that begins like the one before is computed only from where they part; that changes
    the last digits of probabilities, and rarely a word, with what was read before. Several threads
    may read; they are served one after another.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        n_ctx: int = 4096,
        n_threads: int | None = None,
        reproducible: bool = False,
    ) -> None:
        """Name the model; it is loaded when first read from.

        Args:
            path: The GGUF file.
            name: How answers name it; by default the file's name.
            n_ctx: Most tokens of prompt and answer together; costs 28 KiB each with the default
                model.
            n_threads: By default one per physical core that this process may use.
            reproducible: Whether a prompt is computed from its beginning unless it goes on from
                the one before, so that nothing else that was read changes an answer; takes longer.
        """
        self._path = path
        self._name = name or path.stem
        self._n_ctx = n_ctx
        self._n_threads = n_threads or usable_cores()
        self._reproducible = reproducible
        self._before: Prompt | None = None
        self._server: Any = None
        self._loading = threading.Lock()

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
        self._server = None

    def load(self) -> None:
        """Load the model now rather than at the first question.

        Raises:
            ModelError: If the file is missing or not a GGUF model.
        """
        self._load()

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield the answer piece by piece as it is made, deterministically (greedy decoding).

        Closing the iterator, or an interrupt, ends the generation.

        Raises:
            ModelError: If the model cannot be loaded, or the prompt is longer than its context.
        """
        request = chat_request(prompt, max_tokens=max_tokens, logprobs=True)
        request["cache_prompt"] = not self._reproducible or prompt.goes_on(self._before)
        self._before = prompt
        stream = TokenStream()
        for chunk in self._chunks(request):
            problem = error_message(chunk)
            if problem is not None:
                raise ModelError(
                    f"{self._name}: {problem}",
                    hint=f"the context is reader.context_tokens = {self._n_ctx}",
                )
            yield from stream.tokens(chunk)

    def _chunks(self, request: dict[str, Any]) -> Iterator[Any]:
        """Run the request in a thread of its own and yield what it streams.

        The call into llama.cpp does not return to Python while a prompt is computed, which can
        take many seconds; waiting on a queue instead leaves this thread open to an interrupt.
        """
        server = self._load()
        chunks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        abandoned = threading.Event()

        def receive(chunk: Any) -> bool:
            chunks.put(chunk)
            return abandoned.is_set()  # True ends the generation

        def run() -> None:
            try:
                server.handle_chat_completions(request, receive)
                chunks.put(_DONE)
            except (RuntimeError, ValueError) as e:
                chunks.put({"error": {"message": str(e)}})

        # A daemon, so that leaving the program does not wait for the rest of a prompt.
        threading.Thread(target=run, name="llama.cpp", daemon=True).start()
        try:
            while (chunk := chunks.get()) is not _DONE:
                yield chunk
        finally:
            abandoned.set()

    def _load(self) -> Any:
        with self._loading:
            if self._server is None:
                self._server = self._start()
            return self._server

    def _start(self) -> Any:
        if not self._path.is_file():
            raise ModelError(
                f"there is no GGUF model at {self._path}", hint="see `rag-lifelong models list`"
            )
        logger.info("loading %s on %d threads", self._path, self._n_threads)
        try:
            return xllamacpp.Server(self._params())
        except RuntimeError as e:
            raise ModelError(
                f"llama.cpp cannot load {self._path}",
                hint="it may be damaged or newer than xllamacpp: try `rag-lifelong models verify`",
            ) from e

    def _params(self) -> Any:
        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        params.n_ctx = self._n_ctx
        params.n_parallel = 1
        params.cpuparams.n_threads = self._n_threads
        params.cpuparams_batch.n_threads = self._n_threads
        # Weights used as they lie in the file: loads in 1.1 s instead of 2.8, shares its pages
        # with other processes, computes prompts at 50 tokens/s instead of 38, and decodes 5%
        # slower, which short answers do not notice (2 cores with AVX2).
        params.no_extra_bufts = True
        params.warmup = False
        params.fit_params = False
        params.cache_ram_mib = 0  # by default up to 8 GiB of old prompts
        params.verbosity = _SILENT
        # llama.cpp opens an HTTP port on the loopback even if only called in process: nobody
        # else may use it.
        params.api_keys = [secrets.token_hex(32)]
        params.ui = False
        return params

"""A model behind an OpenAI-compatible endpoint: vLLM, Ollama, llama-server, a hosted API."""

import json
from collections.abc import Iterator
from typing import Any, Self

import httpx

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import Prompt, Token
from rag_lifelong.reading.chat import TokenStream, chat_request, error_message

_HINTS = {
    401: "set reader.api_key to a key this endpoint accepts",
    403: "this key may not use the model: check reader.api_key and reader.model",
    404: "check reader.base_url (it usually ends in /v1) and reader.model",
    429: "the endpoint limits requests: wait, or use another one",
}
_SHOWN_CHARS = 300


class OpenAICompatibleReader:
    """Reads by streaming chat completions over HTTP."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        timeout_s: float = 120.0,
        logprobs: bool = True,
    ) -> None:
        """Name the endpoint; nothing is sent yet.

        Args:
            base_url: Such as `http://127.0.0.1:8000/v1`.
            model: The endpoint's name for the model.
            api_key: Sent as a bearer token.
            timeout_s: Longest silence of the server, its first token included.
            logprobs: Whether to ask for log-probabilities; some endpoints refuse.
        """
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._logprobs = logprobs
        self._timeout_s = timeout_s
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Name of the model, as reported with each answer."""
        return self._model

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield the answer piece by piece as it arrives (greedy, as far as the server obeys).

        Closing the iterator closes the connection, which ends the generation on most servers.

        Raises:
            ModelError: If the endpoint cannot be reached, refuses, or answers something else.
        """
        body = chat_request(
            prompt, max_tokens=max_tokens, logprobs=self._logprobs, model=self._model
        )
        stream = TokenStream()
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                self._check_status(response)
                for chunk in self._chunks(response):
                    yield from self._tokens(stream, chunk)
        except httpx.HTTPError as e:
            raise self._unreachable(e) from e
        except httpx.InvalidURL as e:
            raise ModelError(f"{self._url} is not a URL", hint="check reader.base_url") from e
        if not stream.is_finished:
            raise ModelError(f"{self._url} ended its answer in the middle", hint="try again")

    def _tokens(self, stream: TokenStream, chunk: Any) -> Iterator[Token]:
        problem = error_message(chunk)
        if problem is not None:
            raise ModelError(f"{self._url} failed: {problem[:_SHOWN_CHARS]}")
        try:
            yield from stream.tokens(chunk)
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            raise self._not_understood(json.dumps(chunk)) from e

    def _chunks(self, response: httpx.Response) -> Iterator[Any]:
        """Parse the server-sent events, of which only `data:` lines matter here."""
        saw_event = False
        for line in response.iter_lines():
            if not line.startswith("data:"):
                if not saw_event and line.startswith(("{", "<")):  # a whole body, not a stream
                    raise self._not_understood(line)
                continue
            saw_event = True
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            try:
                yield json.loads(data)
            except ValueError as e:
                raise self._not_understood(data) from e

    def _check_status(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        text = response.read().decode("utf-8", errors="replace")
        try:
            problem = error_message(json.loads(text)) or text
        except ValueError:
            problem = text
        status = response.status_code
        hint = _HINTS.get(status, "the server's own log may say more" if status >= 500 else None)
        raise ModelError(
            f"{self._url} answered {status}: {problem.strip()[:_SHOWN_CHARS]}", hint=hint
        )

    def _not_understood(self, data: str) -> ModelError:
        return ModelError(
            f"{self._url} sent what is no chat completion: {data[:_SHOWN_CHARS]}",
            hint="check that reader.base_url is an OpenAI-compatible endpoint",
        )

    def _unreachable(self, error: httpx.HTTPError) -> ModelError:
        if isinstance(error, httpx.TimeoutException):
            return ModelError(
                f"{self._url} was silent for {self._timeout_s:g} s",
                hint="the server may be overloaded or still loading the model: try again",
            )
        if isinstance(error, httpx.ConnectError):
            return ModelError(
                f"cannot connect to {self._url}: {error}",
                hint="start the server, or correct reader.base_url",
            )
        return ModelError(f"the connection to {self._url} failed: {error}", hint="try again")

"""The chat-completion messages that llama.cpp and OpenAI-compatible servers share.

Knows the shape of requests and streamed chunks, nothing of how they travel.
"""

from collections.abc import Iterator
from typing import Any

from rag_lifelong.ports import Prompt, Token

_SEED = 0


def chat_request(
    prompt: Prompt, *, max_tokens: int, logprobs: bool, model: str | None = None
) -> dict[str, Any]:
    """The body of a streamed, greedy request."""
    request: dict[str, Any] = {
        "messages": chat_messages(prompt),
        "max_tokens": max_tokens,
        "temperature": 0,
        "seed": _SEED,
        "stream": True,
    }
    if logprobs:
        request["logprobs"] = True
    if model is not None:
        request["model"] = model
    return request


def chat_messages(prompt: Prompt) -> list[dict[str, str]]:
    """The prompt as turns of a chat, halves of surrogate pairs replaced: UTF-8 has none."""
    turns = {"system": prompt.system, "user": prompt.user}
    return [
        {"role": role, "content": content.encode("utf-8", "replace").decode("utf-8")}
        for role, content in turns.items()
    ]


def error_message(chunk: Any) -> str | None:
    """What went wrong, if this chunk says that something did.

    >>> error_message({"error": {"message": "too long"}})
    'too long'
    """
    if not isinstance(chunk, dict):
        return f"unexpected chunk {chunk!r}"
    error = chunk.get("error")
    if not error:
        return None
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)


class TokenStream:
    """Turns streamed chunks into tokens, and knows when the answer is complete."""

    def __init__(self) -> None:
        self._pending_logprob: float | None = None
        self.is_finished = False

    def tokens(self, chunk: dict[str, Any]) -> Iterator[Token]:
        """Yield the token of a chunk, if it carries text.

        The log-probability of tokens without text of their own, such as the first bytes of a
        character, is counted with the text they lead to.
        """
        choices = chunk.get("choices")
        if not choices:  # some servers send one more chunk with usage figures only
            return
        choice = choices[0]
        self._add_logprob(choice.get("logprobs"))
        text = (choice.get("delta") or {}).get("content")
        if text:
            logprob, self._pending_logprob = self._pending_logprob, None
            yield Token(text, logprob)
        self.is_finished = self.is_finished or choice.get("finish_reason") is not None

    def _add_logprob(self, logprobs: Any) -> None:
        content = (logprobs or {}).get("content") or []
        values = [entry["logprob"] for entry in content if entry.get("logprob") is not None]
        if values:
            self._pending_logprob = (self._pending_logprob or 0.0) + float(sum(values))

"""What reading took: calls, seconds and tokens of a language model."""

import time
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from evals.types import Usage
from rag_lifelong.ports import Prompt, Reader, Token

_CHARS_PER_TOKEN = 4


@runtime_checkable
class RemembersSeconds(Protocol):
    """A reader that gives answers made earlier, and knows how long making them took then."""

    def seconds_of(self, prompt: Prompt, *, max_tokens: int) -> float:
        """Seconds that the answer to a prompt took when it was made."""
        ...


class MeteredReader:
    """Reads with another reader, loaded when it is first needed, and counts what that takes.

    Attributes:
        spent: What all reading so far took.
    """

    def __init__(self, load: Callable[[], Reader]) -> None:
        self._load = load
        self.spent = Usage()

    @property
    def name(self) -> str:
        """Name of the model that reads."""
        return self._load().name

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield what the reader yields; it is counted when the answer is complete.

        Raises:
            ModelError: If the reader fails.
        """
        reader = self._load()
        started = time.perf_counter()
        tokens_out = 0
        for token in reader.read(prompt, max_tokens=max_tokens):
            tokens_out += 1
            yield token
        seconds = time.perf_counter() - started
        if isinstance(reader, RemembersSeconds):
            seconds = reader.seconds_of(prompt, max_tokens=max_tokens)
        self.spent = add_usage(
            self.spent,
            Usage(
                seconds=seconds,
                calls=1,
                tokens_in=estimated_tokens(prompt),
                tokens_out=tokens_out,
            ),
        )


def add_usage(one: Usage, other: Usage) -> Usage:
    """What both took.

    >>> add_usage(Usage(calls=1, tokens_in=40), Usage(calls=1, tokens_out=2))
    Usage(seconds=0.0, calls=2, tokens_in=40, tokens_out=2, flops=0.0)
    """
    return Usage(
        seconds=one.seconds + other.seconds,
        calls=one.calls + other.calls,
        tokens_in=one.tokens_in + other.tokens_in,
        tokens_out=one.tokens_out + other.tokens_out,
        flops=one.flops + other.flops,
    )


def estimated_tokens(prompt: Prompt) -> int:
    """Tokens of a prompt, estimated as a quarter of its characters: readers do not tell.

    >>> estimated_tokens(Prompt("Be short.", "Who is the mayor of Bonn?"))
    9
    """
    return -(-(len(prompt.system) + len(prompt.user)) // _CHARS_PER_TOKEN)

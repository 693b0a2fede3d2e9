"""Fakes that ship with the product: models and a clock without weights or waiting.

Deterministic across processes and machines, so that a test may assert on what they give.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import EmbeddingModel, Prompt, Token

_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\s*\S+|\s+$")


class HashingEmbedder:
    """A bag of words hashed into `dim` dimensions: texts that share words are near.

    Attributes:
        embedded: Every text embedded so far, in order.
    """

    def __init__(self, dim: int = 64, *, version: str = "1") -> None:
        self._model = EmbeddingModel(name="hashing", version=version, dtype="float32", dim=dim)
        self.embedded: list[str] = []

    @property
    def model(self) -> EmbeddingModel:
        """Identity of the vectors this embedder makes."""
        return self._model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of shape [len(texts), dim], each of L2 norm 1, in the order given."""
        self.embedded.extend(texts)
        vectors = np.zeros((len(texts), self._model.dim), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in _WORD.findall(text.lower()):
                # blake2, not hash(): Python salts its own anew in each process.
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                number = int.from_bytes(digest, "little")
                row[number % self._model.dim] += 1.0 if number >> 63 else -1.0
            if not row.any():
                row[0] = 1.0  # no words, or words that cancel out: still a unit vector
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class ScriptedReranker:
    """A reranker that scores as it is told to.

    Attributes:
        asked: Every question with the texts it was scored against, in order.
    """

    def __init__(self, score: Callable[[str, str], float]) -> None:
        """Take a function that gives the score of a question and a text, in [0, 1]."""
        self._score = score
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    @property
    def name(self) -> str:
        """Name of the model."""
        return "scripted"

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text matches the question: [len(texts)]."""
        self.asked.append((question, tuple(texts)))
        return np.array([self._score(question, text) for text in texts], np.float32)


class ScriptedReader:
    """A reader that says what it is told to.

    Attributes:
        prompts: Every prompt read so far, in order.
    """

    def __init__(self, script: Iterable[str] | Callable[[Prompt], str]) -> None:
        """Take the answers in order, or a function that makes one from the prompt."""
        self.prompts: list[Prompt] = []
        self._answers: deque[str] = deque()
        self._make: Callable[[Prompt], str] | None = None
        if callable(script):
            self._make = script
        else:
            self.enqueue(script)

    @property
    def name(self) -> str:
        """Name of the model, as reported with each answer."""
        return "scripted"

    def enqueue(self, answers: Iterable[str]) -> None:
        """Add answers for further prompts."""
        self._answers.extend(answers)

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield the answer word by word, at most `max_tokens` of them.

        Raises:
            ModelError: If the script has run out.
        """
        self.prompts.append(prompt)
        if self._make is not None:
            answer = self._make(prompt)
        elif self._answers:
            answer = self._answers.popleft()
        else:
            raise ModelError("the scripted reader has no answer left")
        for piece in _PIECE.findall(answer)[:max_tokens]:
            yield Token(piece, logprob=0.0)


class FakeClock:
    """A clock that moves only when told to.

    >>> clock = FakeClock(datetime(2024, 1, 1, tzinfo=UTC))
    >>> clock.advance(days=1)
    >>> clock().isoformat()
    '2024-01-02T00:00:00+00:00'
    """

    def __init__(self, start: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError(f"the clock needs an aware datetime, not {start}")
        self._now = start

    def __call__(self) -> datetime:
        """The current time."""
        return self._now

    def advance(self, by: timedelta | None = None, *, days: float = 0, seconds: float = 0) -> None:
        """Move the clock by a duration, given whole or in units."""
        self._now += (by or timedelta()) + timedelta(days=days, seconds=seconds)

"""Models that are asked each thing once, and what they remember it with.

Evaluations ask the same again, when they are resumed, repeated, or compare learners that find the
same lines; a language model on a CPU takes seconds for each.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Embedder, EmbeddingModel, Prompt, Reader, Token

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY,    -- SHA-256 of the reader's name, the prompt and max_tokens
    tokens TEXT NOT NULL,    -- JSON: [text, logprob or null] of each
    seconds REAL NOT NULL    -- what making it took
) WITHOUT ROWID
"""
_LOCK_TIMEOUT_S = 60.0
_ASKED_TEXTS = 64
"""Most texts of a call that is remembered: the sentences of five chunks are fewer."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    tokens: tuple[Token, ...]
    seconds: float


class RememberedReader:
    """A reader that asks another what it was never asked before, and remembers the answer.

    While all is remembered the other is not even loaded. Any number of threads and processes may
    share the file: the first answer to a prompt stands, and every reader gives that one, to the
    last digit, though a model computes slightly other probabilities after other prompts.
    """

    def __init__(self, load: Callable[[], Reader], *, name: str, path: Path) -> None:
        """Open the memory, or make it.

        Args:
            load: Gives the reader to ask; called when it is needed.
            name: Names the model and the version of its weights: what another model said is not
                given as this one's.
            path: The file to remember in.

        Raises:
            EvalError: If the file cannot be used.
        """
        self._load = load
        self._name = name
        self._path = path
        self._asked: tuple[Prompt, int] | None = None
        self._computed: tuple[Prompt, int] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute(_SCHEMA)

    @property
    def name(self) -> str:
        """Name of the model and its weights, as given."""
        return self._name

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield the answer, once it is complete.

        Raises:
            EvalError: If the file cannot be used.
            ModelError: If the model has to be asked and fails; that is not remembered.
        """
        yield from self._answer(prompt, max_tokens).tokens

    def seconds_of(self, prompt: Prompt, *, max_tokens: int) -> float:
        """Seconds that the answer to a prompt took when it was made.

        Raises:
            EvalError: If the file cannot be used.
            ModelError: If the model has to be asked and fails.
        """
        return self._answer(prompt, max_tokens).seconds

    def _answer(self, prompt: Prompt, max_tokens: int) -> _Remembered:
        before, self._asked = self._asked, (prompt, max_tokens)
        key = _key(self._name, prompt, max_tokens)
        remembered = self._recall(key)
        if remembered is not None:
            return remembered
        if before is not None and before != self._computed and prompt.goes_on(before[0]):
            # A prompt that goes on from one is answered after it, as when neither was remembered:
            # what a model keeps of the first changes the digits of the second.
            self._compute(*before)
        made = self._compute(prompt, max_tokens)
        self._remember(key, made)
        return self._recall(key) or made

    def _compute(self, prompt: Prompt, max_tokens: int) -> _Remembered:
        started = time.perf_counter()
        tokens = tuple(self._load().read(prompt, max_tokens=max_tokens))
        self._computed = (prompt, max_tokens)
        return _Remembered(tokens, time.perf_counter() - started)

    def _recall(self, key: bytes) -> _Remembered | None:
        with self._open() as db:
            query = "SELECT tokens, seconds FROM answers WHERE key = ?"
            row = db.execute(query, (key,)).fetchone()
        if row is None:
            return None
        tokens, seconds = row
        return _Remembered(tuple(Token(*token) for token in json.loads(tokens)), seconds)

    def _remember(self, key: bytes, made: _Remembered) -> None:
        tokens = json.dumps([(token.text, token.logprob) for token in made.tokens])
        with self._open() as db, db:
            row = (key, tokens, made.seconds)
            db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", row)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each use: one must not cross threads or a fork."""
        try:
            with closing(sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_S)) as db:
                yield db
        except sqlite3.Error as error:
            raise EvalError(
                f"cannot use the remembered answers in {self._path}: {error}",
                hint="free the disk or the lock; if the file is damaged, delete it",
            ) from error


class RememberedEmbedder:
    """An embedder that remembers what is embedded to ask: questions, and sentences of evidence.

    Whole calls are remembered, not texts, because a vector differs in its last digits with the
    texts it is embedded beside. Calls with many texts, as documents make, are remembered on disk,
    so that a store that has to be made again is not embedded again. The other embedder is loaded
    when it is first needed.
    """

    def __init__(
        self, load: Callable[[], Embedder], *, folder: Path | None = None, most: int = 4_096
    ) -> None:
        """Name the embedder.

        Args:
            load: Gives the embedder to ask; called when it is needed.
            folder: Where calls with many texts are remembered; None: they are not.
            most: Calls remembered in memory, of up to 30 kB each as a rule; beyond, those not made
                for longest are dropped.
        """
        self._load = lru_cache(maxsize=1)(load)
        self._folder = folder
        self._remembered = lru_cache(maxsize=most)(self._embed)

    @property
    def model(self) -> EmbeddingModel:
        """Identity of the vectors this embedder makes."""
        return self._load().model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of shape [len(texts), dim], each of L2 norm 1, in the order given.

        Those that are remembered are read-only, since they are given again.
        """
        if len(texts) <= _ASKED_TEXTS:
            return self._remembered(tuple(texts))
        if self._folder is None:
            return self._load().embed(texts)
        return self._kept(self._folder, texts)

    def _kept(self, folder: Path, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of documents, from disk if they were ever made."""
        asked = json.dumps([str(self.model), *texts])
        name = hashlib.sha256(asked.encode("ascii")).hexdigest()
        file = folder / name[:2] / f"{name}.npy"
        try:
            kept: NDArray[np.float32] = np.load(file)
        except (OSError, ValueError, EOFError):
            kept = self._load().embed(texts)
            file.parent.mkdir(parents=True, exist_ok=True)
            # Written apart and put in place whole: another process may be reading.
            part = file.with_suffix(f".{os.getpid()}.part")
            with part.open("wb") as out:
                np.save(out, kept)
            part.replace(file)
        return kept

    def _embed(self, texts: tuple[str, ...]) -> NDArray[np.float32]:
        vectors = self._load().embed(texts)
        vectors.flags.writeable = False
        return vectors


def _key(name: str, prompt: Prompt, max_tokens: int) -> bytes:
    # JSON, so that no text can run over into the next: the parts stay apart.
    asked = json.dumps([name, prompt.system, prompt.user, max_tokens])
    return hashlib.sha256(asked.encode("ascii")).digest()

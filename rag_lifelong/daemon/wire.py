"""What the daemon and those who ask it agree on: where they meet, and what they say.

They speak HTTP over a Unix socket: `POST /ask` or `POST /search` with an `Asked`, to which 200
says that it is being answered and the body is the `Outcome`; any other status is a refusal.
"""

import hashlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

import rag_lifelong
from rag_lifelong.config import Config, RetrievalConfig
from rag_lifelong.temporal import Interval
from rag_lifelong.types import Answer, Retrieved

SOCKET = "watcher.sock"
ASK = "/ask"
SEARCH = "/search"

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid
OF_A_QUESTION = {
    "style",
    "at_once",
    "attempts",
    "max_tokens",
    "full_max_tokens",
    "min_confidence",
}
"""Settings of the reader that each question may have its own of."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, with the settings of who asks it."""

    models: str
    """The asker's `models_key`: whoever has another may not answer."""
    text: str
    limit: int = 1
    """Most results of a search."""
    as_of: Interval | None = None
    between: Interval | None = None
    known_at: datetime | None = None
    timezone: str
    retrieval: RetrievalConfig
    reader: dict[str, Any]
    """Those of `OF_A_QUESTION` that the asker set; the others have their defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One of the project's errors."""

    kind: str
    """Its class in `rag_lifelong.errors`."""
    message: str
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question: one of these."""

    answer: Answer | None = None
    found: Retrieved | None = None
    failure: Failure | None = None


ASKED = TypeAdapter(Asked)
OUTCOME = TypeAdapter(Outcome)


def encode(shape: TypeAdapter[T], value: T) -> bytes:
    """The value as JSON.

    By the standard library, whose numbers come back bit for bit.
    """
    return json.dumps(shape.dump_python(value, mode="json")).encode()


def decode(shape: TypeAdapter[T], content: bytes) -> T:
    """The value that JSON tells.

    Raises:
        ValueError: If it tells none of this shape.
    """
    return shape.validate_python(json.loads(content))


@contextmanager
def address(store: Path) -> Iterator[str]:
    """Where the daemon of a store listens, as `bind` and `connect` take it.

    An address holds 108 bytes, and a store may lie deeper than that: it is named through an open
    directory instead (proc_pid_fd(5)).

    Raises:
        OSError: If there is no such directory.
    """
    directory = os.open(store, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET}"
    finally:
        os.close(directory)


def is_mine(peer: socket.socket) -> bool:
    """Whether the other end of a connection belongs to this process's user (unix(7))."""
    told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(told)
    return bool(uid == os.geteuid())


def models_key(config: Config) -> str:
    """Names the program and the models that settings choose: who has the same answers the same.

    A hash, because `reader.api_key` takes part.
    """
    embedder = config.embedder.model_dump(mode="json")
    reader = config.reader.model_dump(mode="json", exclude=OF_A_QUESTION)
    models = config.models.model_dump(mode="json")
    chosen: list[Any] = [
        rag_lifelong.__version__,
        str(Path(rag_lifelong.__file__).parent),
        embedder | {"model": _anywhere(embedder["model"])},
        reader | {"model": _anywhere(reader["model"])},
        models | {"cache_dir": _anywhere(models["cache_dir"])},
        _anywhere(config.retrieval.reranker),
    ]
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


def _anywhere(name: str | None) -> str | None:
    """A name that means the same from every working directory."""
    path = None if name is None else Path(name).expanduser()
    return name if path is None or not path.exists() else str(path.absolute())

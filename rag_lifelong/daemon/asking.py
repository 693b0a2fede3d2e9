"""Asks the daemon of a store, whose models are loaded; tells when one's own are to be loaded.

Imports neither a model's library nor numpy: what is gained here is not waiting for them.
"""

import logging
import socket
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from rag_lifelong import errors
from rag_lifelong.config import Config
from rag_lifelong.daemon.wire import (
    ASK,
    ASKED,
    OF_A_QUESTION,
    OUTCOME,
    SEARCH,
    Asked,
    Failure,
    Outcome,
    address,
    decode,
    encode,
    is_mine,
    models_key,
)
from rag_lifelong.errors import EmbedderMismatchError, RagLifelongError
from rag_lifelong.temporal import Interval
from rag_lifelong.types import Answer, Retrieved

logger = logging.getLogger(__name__)

_ACCEPTED_S = 5.0
"""How long a daemon is waited for to say that it answers: one that hangs is no help."""
_ANSWERED_S = 600.0
"""How long the answer is waited for then: others may have asked before."""


def ask(
    config: Config,
    question: str,
    *,
    as_of: Interval | None = None,
    between: Interval | None = None,
    known_at: datetime | None = None,
) -> Answer | None:
    """What `System.ask` gives, from the daemon; None if there is none, or none that can tell.

    Raises:
        RagLifelongError: As `System.ask` does.
    """
    asked = _asked(config, question, as_of=as_of, between=between, known_at=known_at)
    outcome = _outcome(config.store, ASK, asked)
    return None if outcome is None else outcome.answer


def search(
    config: Config,
    query: str,
    *,
    limit: int,
    as_of: Interval | None = None,
    between: Interval | None = None,
    known_at: datetime | None = None,
) -> Retrieved | None:
    """What `System.search` gives, from the daemon; None if there is none, or none that can tell.

    Raises:
        RagLifelongError: As `System.search` does.
    """
    asked = _asked(config, query, limit=limit, as_of=as_of, between=between, known_at=known_at)
    outcome = _outcome(config.store, SEARCH, asked)
    return None if outcome is None else outcome.found


def _asked(
    config: Config,
    text: str,
    *,
    limit: int = 1,
    as_of: Interval | None,
    between: Interval | None,
    known_at: datetime | None,
) -> Asked:
    return Asked(
        models=models_key(config),
        text=text,
        limit=limit,
        as_of=as_of,
        between=between,
        known_at=known_at,
        timezone=config.timezone,
        retrieval=config.retrieval,
        reader=config.reader.model_dump(include=OF_A_QUESTION, exclude_unset=True),
    )


def _outcome(store: Path, path: str, asked: Asked) -> Outcome | None:
    try:
        outcome = decode(OUTCOME, _post(store, path, encode(ASKED, asked)))
    # No daemon, a refusal, a death in the middle, and what another program may say there: in each
    # case this process can do it itself.
    except (OSError, HTTPException, ValueError) as error:
        logger.debug("the daemon of %s does not answer: %r", store, error)
        return None
    if outcome.failure is None:
        return outcome
    failed = _error(outcome.failure)
    if isinstance(failed, EmbedderMismatchError):
        # The store may have been moved to another number format since the daemon loaded its
        # model; one that is loaded now is right, or fails with the same words.
        return None
    raise failed


def _error(failure: Failure) -> RagLifelongError:
    kind = getattr(errors, failure.kind, None)
    if not (isinstance(kind, type) and issubclass(kind, RagLifelongError)):
        kind = RagLifelongError
    return kind(failure.message, hint=failure.hint)


def _post(store: Path, path: str, body: bytes) -> bytes:
    with closing(_Connection(store)) as connection:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise HTTPException(f"{response.status} {response.reason}")
        connection.sock.settimeout(_ANSWERED_S)
        return response.read()


class _Connection(HTTPConnection):
    """HTTP to the daemon of a store."""

    def __init__(self, store: Path) -> None:
        super().__init__("localhost", timeout=_ACCEPTED_S)
        self._store = store

    def connect(self) -> None:
        """Connect, if it is this user's.

        Raises:
            OSError: If there is no daemon, or another user's.
        """
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        with address(self._store) as place:
            self.sock.connect(place)
        if not is_mine(self.sock):
            raise PermissionError(f"another user's daemon listens in {self._store}")

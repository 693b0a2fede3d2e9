"""Answers questions of other processes with the daemon's models, which are loaded once.

One question at a time, each over the store as it is when its turn comes.
"""

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

from rag_lifelong.config import Config, ReaderConfig
from rag_lifelong.daemon.turns import Turns
from rag_lifelong.daemon.wire import (
    ASK,
    ASKED,
    OF_A_QUESTION,
    OUTCOME,
    SEARCH,
    SOCKET,
    Asked,
    Failure,
    Outcome,
    address,
    decode,
    encode,
    is_mine,
    models_key,
)
from rag_lifelong.errors import RagLifelongError
from rag_lifelong.ports import Prompt, Reader, Token
from rag_lifelong.system import System

logger = logging.getLogger(__name__)

_MOST_CONNECTIONS = 16
_MOST_BYTES = 64 * 1024
_REQUEST_S = 5.0
"""How long a request may take to arrive, so that one that does not takes no place for long."""
_SILENCE_S = 5.0
"""How long a client may take to receive any of its answer."""
_END_S = 10.0
"""How long the question under way is waited for at the end."""
_POLL_S = 0.2


class UnwantedError(Exception):
    """Whoever asked is gone, or the daemon ends."""


class Desk:
    """Answers one question at a time, with the models of one system."""

    def __init__(self, system: System, turns: Turns) -> None:
        self._turns = turns
        self.use(system)

    def use(self, system: System) -> None:
        """Answer with another system from now on."""
        # Shared now, before several threads make the models' loader each on their own.
        self._system = system.sharing_models(system.config)
        self.models = models_key(system.config)

    def outcome(self, path: str, asked: Asked, is_wanted: Callable[[], bool]) -> Outcome:
        """What comes of a question.

        Args:
            path: `ASK` or `SEARCH`.
            asked: The question.
            is_wanted: Whether its answer is still waited for.

        Raises:
            UnwantedError: If it is not.
        """
        with self._turns.take():
            if not is_wanted():
                raise UnwantedError
            try:
                return self._answered(path, asked, is_wanted)
            except RagLifelongError as error:
                failure = Failure(kind=type(error).__name__, message=str(error), hint=error.hint)
                return Outcome(failure=failure)

    def _answered(self, path: str, asked: Asked, is_wanted: Callable[[], bool]) -> Outcome:
        system = self._system.sharing_models(_settings(self._system.config, asked))
        if path == SEARCH:
            found = system.search(
                asked.text,
                limit=asked.limit,
                as_of=asked.as_of,
                between=asked.between,
                known_at=asked.known_at,
            )
            return Outcome(found=found)
        answer = system.ask(
            asked.text,
            as_of=asked.as_of,
            between=asked.between,
            known_at=asked.known_at,
            through=lambda reader: _WhileWanted(reader, is_wanted),
        )
        return Outcome(answer=answer)


def _settings(ours: Config, asked: Asked) -> Config:
    """The daemon's settings with those that belong to a question."""
    reader = ours.reader.model_dump(exclude=OF_A_QUESTION) | asked.reader
    theirs = {
        "timezone": asked.timezone,
        "retrieval": asked.retrieval,
        "reader": ReaderConfig.model_validate(reader),
    }
    return ours.model_copy(update=theirs)


class _WhileWanted:
    """A reader that stops when nobody waits for what it writes."""

    def __init__(self, reader: Reader, is_wanted: Callable[[], bool]) -> None:
        self._reader = reader
        self._is_wanted = is_wanted

    @property
    def name(self) -> str:
        return self._reader.name

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        for token in self._reader.read(prompt, max_tokens=max_tokens):
            if not self._is_wanted():
                raise UnwantedError
            yield token


@contextmanager
def serving(desk: Desk, store: Path) -> Iterator[None]:
    """Let other processes ask in the background; for whoever has the lock of the store's daemon.

    Where a socket cannot be made (some file systems have none), nobody can, which is logged.
    """
    try:
        # What a dead daemon left; a living one would hold the lock.
        (store / SOCKET).unlink(missing_ok=True)
        with address(store) as place:
            server = _Server(place, desk)
    except OSError as error:
        logger.warning("questions of other processes are not answered: %s", error)
        yield
        return
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), name="questions")
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):
            (store / SOCKET).unlink()
        server.end()
        thread.join()


class _Server(ThreadingMixIn, UnixStreamServer):
    """A thread a connection, of which there are few."""

    daemon_threads = True  # a question that does not end must not keep the program
    request_queue_size = _MOST_CONNECTIONS

    def __init__(self, place: str, desk: Desk) -> None:
        self.desk = desk
        self.ending = threading.Event()
        self._places = threading.Semaphore(_MOST_CONNECTIONS)
        super().__init__(place, _Handler)

    def server_bind(self) -> None:
        """Make the socket, for this user only; at no time has it another mode."""
        os.fchmod(self.socket.fileno(), 0o600)
        super().server_bind()

    def end(self) -> None:
        """Take no more questions, and wait for what is under way, within reason."""
        self.ending.set()
        self.shutdown()
        self.server_close()
        deadline = time.monotonic() + _END_S
        for _ in range(_MOST_CONNECTIONS):
            self._places.acquire(timeout=max(0.0, deadline - time.monotonic()))

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a connection is taken: of this user, while there is a place."""
        return is_mine(request) and self._places.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong; the client sees the connection end, and does it on its own."""
        logger.exception("a question was not answered")  # noqa: LOG004  (called by a handler)


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """One request of one connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _SILENCE_S

    def setup(self) -> None:
        super().setup()
        self._deadline = threading.Timer(_REQUEST_S, self._hear_no_more)
        self._deadline.daemon = True
        self._deadline.start()

    def finish(self) -> None:
        self._deadline.cancel()
        super().finish()

    def do_POST(self) -> None:
        self.close_connection = True
        try:
            asked = self._asked()
        except _RefusedError as refused:
            self.send_error(refused.status)
            return
        self._deadline.cancel()
        # Says at once that the question is taken, so that the client need not guess whether this
        # daemon lives; how long the answer will be is not known yet, hence one chunk.
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with suppress(UnwantedError, ConnectionError, TimeoutError):
            outcome = self.server.desk.outcome(self.path, asked, self._is_wanted)
            body = encode(OUTCOME, outcome)
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (as inherited)
        logger.debug(format, *args)

    def _asked(self) -> Asked:
        if self.path not in (ASK, SEARCH):
            raise _RefusedError(HTTPStatus.NOT_FOUND)
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > _MOST_BYTES:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            asked = decode(ASKED, self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST) from error
        if asked.models != self.server.desk.models:
            raise _RefusedError(HTTPStatus.CONFLICT)
        return asked

    def _is_wanted(self) -> bool:
        poll = select.poll()
        poll.register(self.connection, select.POLLRDHUP)
        return not self.server.ending.is_set() and not poll.poll(0)

    def _hear_no_more(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)

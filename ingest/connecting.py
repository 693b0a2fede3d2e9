"""Connects to hosts that somebody else names: only to addresses that were looked at.

A host's name is resolved once, the addresses are looked at, and the connection goes to one of
those very addresses, so that a name that changes its mind between the two gains nothing. Knows
nothing about HTTP.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from ingest.addresses import refusal
from rag_lifelong.errors import ParseError

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host."""


class Deadline:
    """The time that is left for a URL.

    Args:
        total_s: How long a URL may take.
        monotonic: A clock, in seconds.
    """

    def __init__(self, total_s: float, monotonic: Callable[[], float]) -> None:
        self._total_s = total_s
        self._monotonic = monotonic
        self._end = 0.0

    def start(self) -> None:
        """Begin with another URL."""
        self._end = self._monotonic() + self._total_s

    def within(self, timeout: float | None) -> float:
        """The least of a timeout and the time that is left.

        Raises:
            ParseError: If none is left.
        """
        left = self._end - self._monotonic()
        if left <= 0:
            raise ParseError(f"took longer than {self._total_s:.0f} s")
        return left if timeout is None else min(left, timeout)


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, and to no others.

    Args:
        deadline: Bounds all waiting on what is connected.
        resolve: Gives the addresses of a host.
        network: Connects to an address.
        allow_private: Whether addresses of private networks are connected to.
    """

    def __init__(
        self,
        deadline: Deadline,
        resolve: Resolve,
        network: httpcore.NetworkBackend,
        *,
        allow_private: bool,
    ) -> None:
        self._deadline = deadline
        self._resolve = resolve
        self._network = network
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            ParseError: If the host has no address that may be connected to.
            httpcore.ConnectError: If none answers.
        """
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port):
            try:
                stream = self._network.connect_tcp(
                    address,
                    port,
                    self._deadline.within(timeout),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as e:
                failure = e
            else:
                return _BoundedStream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = list(dict.fromkeys(self._resolve(host, port)))
        except (OSError, UnicodeError) as e:
            raise ParseError(f"no such host: {host}") from e
        reasons = {
            address: refusal(address, allow_private=self._allow_private) for address in found
        }
        allowed = [address for address, reason in reasons.items() if reason is None]
        if not allowed:
            why = next((reason for reason in reasons.values() if reason), "no address")
            raise ParseError(
                f"{host} is {why}", hint="--allow-private fetches from private networks too"
            )
        return allowed


class _BoundedStream(httpcore.NetworkStream):
    """A connection on which nothing waits longer than the URL has time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        within = self._deadline.within(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, within)
        return _BoundedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system orders them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]

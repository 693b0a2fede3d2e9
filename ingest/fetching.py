"""Fetches what a URL names: the one place that opens a connection to a host somebody else names.

Each host, of redirects too, is connected to by `ingest.connecting`, which looks at its addresses.
Bytes, also unpacked ones, redirects and time are bounded. No cookies, no credentials, and no proxy
from the environment: behind one, hosts would be resolved where nothing looks at their addresses.

httpcore, beneath httpx, is used directly because only it lets one decide where to connect.
"""

import tempfile
import time
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import responses
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

import httpcore
import httpx

from ingest.connecting import CheckedNetwork, Deadline, Resolve, resolve
from rag_lifelong.errors import ParseError

AGENT = "rag-lifelong"
"""What robots.txt may call us."""
_BLOCK = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT = frozenset({200, 203})
_GONE = frozenset({404, 410})
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRules:
    """What may be fetched, and how much."""

    max_bytes: int = 100_000_000
    allow_private: bool = False
    """Whether hosts of private networks may be connected to."""
    connect_s: float = 10.0
    read_s: float = 30.0
    """Longest silence of a server."""
    total_s: float = 300.0
    """Longest time for all of a URL, redirects included."""
    max_redirects: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    url: str
    """Where it was found, after redirects."""
    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    path: Path
    """Where its bytes are until the next URL is fetched."""

    @property
    def is_unchanged(self) -> bool:
        """Whether it is still what the validators were given for; there are no bytes then."""
        return self.status == _NOT_MODIFIED

    @property
    def is_gone(self) -> bool:
        """Whether the server says that nothing is there."""
        return self.status in _GONE

    @property
    def media_type(self) -> str:
        """Such as `text/html`; empty if the server does not say."""
        declared = self.headers.get("content-type", "")
        return declared.partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The encoding the server names, or empty."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        named = message.get_param("charset", "")
        return named.strip().lower() if isinstance(named, str) else ""


def is_url(name: str) -> bool:
    """Whether a name is that of something on the web.

    >>> is_url("HTTPS://example.org"), is_url("notes/https")
    (True, False)
    """
    return name.lower().startswith(("http://", "https://"))


def checked_url(text: str, *, base: str | None = None) -> httpx.URL:
    """Return a URL in its usual spelling, without its fragment.

    Raises:
        ParseError: If it is none that may be fetched; the message does not repeat it.
    """
    try:
        url = httpx.URL(text.strip()) if base is None else httpx.URL(base).join(text.strip())
        url = url.copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError) as e:
        raise ParseError("not a URL") from e
    if url.scheme not in ("http", "https"):
        raise ParseError("not a URL of http or https")
    if not url.host:
        raise ParseError("a URL without a host")
    if url.userinfo:
        raise ParseError("a URL with a user name or password in it, which is not supported")
    return url


class Fetcher:
    """Fetches URLs one after the other, over few connections.

    Args:
        rules: What may be fetched, and how much.
        resolve: Gives the addresses of a host.
        network: Connects to an address.
        monotonic: A clock for the time a URL takes, in seconds.
    """

    def __init__(
        self,
        rules: FetchRules,
        *,
        resolve: Resolve = resolve,
        network: httpcore.NetworkBackend | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules
        self._deadline = Deadline(rules.total_s, monotonic)
        backend = CheckedNetwork(
            self._deadline,
            resolve,
            network or httpcore.SyncBackend(),
            allow_private=rules.allow_private,
        )
        self._pool = httpcore.ConnectionPool(
            network_backend=backend, max_connections=4, keepalive_expiry=30.0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.close()

    @contextmanager
    def fetch(
        self,
        url: str,
        *,
        validators: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        accepted: Container[int] = _GONE,
    ) -> Iterator[Answer]:
        """Give what a URL names, in a temporary file.

        Args:
            url: What to fetch.
            validators: Headers that ask for it only if it changed (RFC 9110, section 13).
            max_bytes: A bound below the usual one.
            accepted: What statuses are an answer, though one without bytes.

        Raises:
            ParseError: If it may not be fetched, cannot be, or is too large.
        """
        limit = min(self._rules.max_bytes, max_bytes or self._rules.max_bytes)
        self._deadline.start()
        with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
            path = Path(folder) / "content"
            try:
                answer = self._follow(checked_url(url), validators or {}, path, limit)
                _check_status(answer, accepted)
            except httpcore.TimeoutException as e:
                raise ParseError("the server did not answer in time") from e
            except (httpcore.NetworkError, OSError) as e:
                raise ParseError(f"cannot be fetched: {e}") from e
            except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError) as e:
                raise ParseError(f"the server does not speak HTTP: {e}") from e
            yield answer

    def _follow(
        self, url: httpx.URL, validators: Mapping[str, str], path: Path, limit: int
    ) -> Answer:
        for _ in range(self._rules.max_redirects + 1):
            with self._request(url, validators) as response:
                headers = _headers(response)
                if response.status not in _REDIRECTS or "location" not in headers:
                    if response.status in _CONTENT:
                        _save(_body(response, headers, limit), path, limit)
                    return Answer(url=str(url), status=response.status, headers=headers, path=path)
            url = checked_url(headers["location"], base=str(url))
        raise ParseError(f"more than {self._rules.max_redirects} redirects")

    @contextmanager
    def _request(
        self, url: httpx.URL, validators: Mapping[str, str]
    ) -> Iterator[httpcore.Response]:
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": f"{AGENT}/{version('rag-lifelong')}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            **validators,
        }
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        timeouts = {
            "connect": self._rules.connect_s,
            "read": self._rules.read_s,
            "write": self._rules.read_s,
            "pool": self._rules.connect_s,
        }
        with self._pool.stream(
            "GET", target, headers=list(headers.items()), extensions={"timeout": timeouts}
        ) as response:
            yield response


def _check_status(answer: Answer, accepted: Container[int]) -> None:
    is_content = answer.status in _CONTENT or answer.is_unchanged
    if not is_content and answer.status not in accepted:
        phrase = responses.get(answer.status, "")
        raise ParseError(f"the server answered {answer.status} {phrase}".rstrip())


def _headers(response: httpcore.Response) -> dict[str, str]:
    """The first of each header, its bytes read as the web does."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        headers.setdefault(name.decode("latin-1").lower(), text.strip())
    return headers


def _body(response: httpcore.Response, headers: Mapping[str, str], limit: int) -> Iterable[bytes]:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise ParseError(f"too large: {length} bytes, the limit is {limit}")
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding in ("identity", ""):
        return response.iter_stream()
    if encoding in ("gzip", "x-gzip"):
        return _unzipped(response.iter_stream())
    raise ParseError(f"sent in an encoding that was not asked for: {encoding}")


def _save(blocks: Iterable[bytes], path: Path, limit: int) -> None:
    total = 0
    with path.open("wb") as file:
        for block in blocks:
            total += len(block)
            if total > limit:
                raise ParseError(f"too large: more than {limit} bytes")
            file.write(block)


def _unzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, never much more of it at once than a block."""
    decoder = zlib.decompressobj(wbits=31)
    try:
        for block in blocks:
            rest = block
            while rest:
                if decoder.eof:
                    decoder = zlib.decompressobj(wbits=31)
                yield decoder.decompress(rest, _BLOCK)
                rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        yield decoder.flush()
    except zlib.error as e:
        raise ParseError("sent as damaged gzip") from e
    if not decoder.eof:
        raise ParseError("cut off while it was sent")

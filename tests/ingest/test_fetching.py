"""Fetching: bounded in every way, and never from where it may not."""

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count

import httpcore
import pytest

from ingest.addresses import refusal
from ingest.fetching import Fetcher, FetchRules, checked_url
from rag_lifelong.errors import ParseError
from tests.ingest.web_server import Page, Site, serve

_OPEN = FetchRules(allow_private=True, max_bytes=100_000)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def _fetch(url: str, rules: FetchRules = _OPEN, **validators: str) -> tuple[int, bytes, str]:
    with Fetcher(rules) as fetcher, fetcher.fetch(url, validators=validators) as answer:
        content = answer.path.read_bytes() if answer.path.exists() else b""
        return answer.status, content, answer.url


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "192.0.2.1", "198.18.0.1", "168.63.129.16", "192.88.99.1",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1",
        "no address",
    ],
)  # fmt: skip
def test_no_private_address_is_public(address: str) -> None:
    assert refusal(address, allow_private=False)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2001:4860:4860::8888", "64:ff9b::808:808"]
)
def test_public_addresses_are_fetched_from(address: str) -> None:
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "fd12::1"])
def test_private_networks_can_be_allowed(address: str) -> None:
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1",
     "168.63.129.16", "100.100.100.200", "fd00:ec2::254"],
)  # fmt: skip
def test_where_clouds_keep_secrets_is_never_fetched_from(address: str) -> None:
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/", "not a URL of http or https"),
        ("file:///etc/passwd", "not a URL of http or https"),
        ("javascript:alert(1)", "not a URL of http or https"),
        ("http:///path", "a URL without a host"),
        ("https://user:secret@example.org/", "user name or password"),
        ("http://exa mple.org:port/", "not a URL"),
        ("http://[::1", "not a URL"),
    ],
)
def test_what_is_no_url_to_fetch_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        checked_url(url)
    assert "secret" not in str(caught.value)


def test_a_url_has_one_spelling() -> None:
    assert str(checked_url("HTTPS://Example.ORG:443/a b#part")) == "https://example.org/a%20b"
    assert str(checked_url("../c", base="http://example.org/a/b")) == "http://example.org/c"


def test_a_page_is_fetched_with_its_headers(site: Site) -> None:
    url = site.put("/a", "hello", "text/plain; charset=ISO-8859-5", ETag='"1"')
    with Fetcher(_OPEN) as fetcher, fetcher.fetch(url) as answer:
        assert answer.path.read_bytes() == b"hello"
        assert answer.media_type == "text/plain"
        assert answer.charset == "iso-8859-5"
        assert answer.headers["etag"] == '"1"'
    assert not answer.path.exists()
    (_, headers), = site.requests  # fmt: skip
    assert headers["host"] == site.url.removeprefix("http://")
    assert headers["user-agent"].startswith("rag-lifelong/")
    assert "cookie" not in headers


def test_validators_cost_no_bytes(site: Site) -> None:
    url = site.put("/a", "hello", ETag='"1"')
    assert _fetch(url, **{"If-None-Match": '"1"'}) == (304, b"", url)


def test_what_is_gone_is_an_answer_and_what_fails_is_not(site: Site) -> None:
    gone, broken = site.put("/gone", status=410), site.put("/broken", status=503)
    assert _fetch(gone)[0] == 410
    with pytest.raises(ParseError, match="the server answered 503 Service Unavailable"):
        _fetch(broken)


def test_private_hosts_are_refused_before_anything_is_sent(site: Site) -> None:
    url = site.put("/a", "hello")
    with pytest.raises(ParseError, match=r"127\.0\.0\.1 is a private address") as caught:
        _fetch(url, FetchRules())
    assert caught.value.hint
    assert not site.requests


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(ParseError, match="is a private address"):
        _fetch(f"http://{host}:9/", FetchRules())


class _Recorder(httpcore.NetworkBackend):
    """Remembers where it was told to connect, and answers for the host there."""

    def __init__(self, *answers: bytes) -> None:
        self.addresses: list[str] = []
        self._answers = list(answers)

    def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.NetworkStream:
        self.addresses.append(host)
        return httpcore.MockStream([self._answers.pop(0)])


def _answer(body: str = "", status: str = "200 OK", headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}"
        f"Connection: close\r\n\r\n{body}"
    ).encode()


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_looked_at() -> None:
    said = iter([["93.184.216.34"], ["127.0.0.1"]])
    network = _Recorder(_answer("hello"))
    with Fetcher(FetchRules(), resolve=lambda *_: next(said), network=network) as fetcher:
        with fetcher.fetch("http://rebinding.example/") as answer:
            assert answer.path.read_bytes() == b"hello"
        assert network.addresses == ["93.184.216.34"]
        with (
            pytest.raises(ParseError, match="private address"),
            fetcher.fetch("http://rebinding.example/"),
        ):
            pass
    assert network.addresses == ["93.184.216.34"]


def test_only_the_public_addresses_of_a_host_are_connected_to() -> None:
    network = _Recorder(_answer("hello"))
    said = ["10.0.0.1", "93.184.216.34", "::1"]
    with (
        Fetcher(FetchRules(), resolve=lambda *_: said, network=network) as fetcher,
        fetcher.fetch("http://mixed.example/"),
    ):
        pass
    assert network.addresses == ["93.184.216.34"]


def test_a_certificate_is_asked_of_the_name_and_not_of_the_address() -> None:
    named: list[str | None] = []

    class Stream(httpcore.MockStream):
        def start_tls(self, ssl_context, server_hostname=None, timeout=None):
            named.append(server_hostname)
            assert ssl_context.check_hostname
            return self

    class Network(httpcore.NetworkBackend):
        def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.NetworkStream:
            named.append(host)
            return Stream([_answer("hello")])

    with (
        Fetcher(FetchRules(), resolve=lambda *_: ["93.184.216.34"], network=Network()) as fetcher,
        fetcher.fetch("https://town.example/") as answer,
    ):
        assert answer.path.read_bytes() == b"hello"
    assert named == ["93.184.216.34", "town.example"]


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "http://inside.example/"])
def test_a_redirect_into_a_private_network_is_refused(target: str) -> None:
    hosts = {"outside.example": ["93.184.216.34"], "inside.example": ["10.0.0.7"]}
    network = _Recorder(_answer(status="302 Found", headers=f"Location: {target}\r\n"))
    with (
        Fetcher(
            FetchRules(), resolve=lambda host, _: hosts.get(host, [host]), network=network
        ) as fetcher,
        pytest.raises(ParseError, match="address"),
        fetcher.fetch("http://outside.example/"),
    ):
        pass
    assert network.addresses == ["93.184.216.34"]


def test_a_redirect_to_a_file_or_with_a_password_is_refused(site: Site) -> None:
    for target in ("file:///etc/passwd", "http://u:p@127.0.0.1/"):
        url = site.put("/r", status=302, Location=target)
        with pytest.raises(ParseError):
            _fetch(url)


def test_redirects_are_followed_and_counted(site: Site) -> None:
    for n in range(6):
        site.put(f"/{n}", status=301, Location=f"{n + 1}")
    site.put("/6", "hello")
    assert _fetch(f"{site.url}/1") == (200, b"hello", f"{site.url}/6")
    with pytest.raises(ParseError, match="more than 5 redirects"):
        _fetch(f"{site.url}/0")


def test_a_redirect_loop_ends(site: Site) -> None:
    url = site.put("/a", status=302, Location="/a")
    with pytest.raises(ParseError, match="more than 5 redirects"):
        _fetch(url)


def test_a_body_over_the_limit_is_not_read(site: Site) -> None:
    url = site.put("/a", b"x" * 100_001)
    with pytest.raises(ParseError, match="too large: 100001 bytes, the limit is 100000"):
        _fetch(url)


def test_an_endless_body_is_cut_off(site: Site) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 10_000)

    site.pages["/a"] = Page(answering=endless)
    with pytest.raises(ParseError, match="too large: more than 100000 bytes"):
        _fetch(f"{site.url}/a")


def test_gzip_is_unpacked_within_the_limit(site: Site) -> None:
    assert _fetch(site.put_zipped("/a", b"y" * 99_000))[1] == b"y" * 99_000
    two = gzip.compress(b"one ") + gzip.compress(b"two")
    assert _fetch(site.put("/b", two, Content_Encoding="gzip"))[1] == b"one two"
    bomb = site.put_zipped("/bomb", b"\0" * 50_000_000)
    with pytest.raises(ParseError, match="too large: more than 100000 bytes"):
        _fetch(bomb)


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"no gzip", "gzip", "damaged gzip"),
        (gzip.compress(b"hello there")[:-9], "gzip", "cut off"),
        (b"x", "br", "not asked for: br"),
        (b"x", "gzip, gzip", "not asked for"),
    ],
)
def test_encodings_that_cannot_be_read_are_named(
    site: Site, body: bytes, encoding: str, reason: str
) -> None:
    with pytest.raises(ParseError, match=reason):
        _fetch(site.put("/a", body, Content_Encoding=encoding))


def test_a_server_that_drips_does_not_hold_us(site: Site) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10):
            handler.wfile.write(b"x" * 9_000)

    site.pages["/a"] = Page(answering=drip)
    ticks = count(step=100)
    with (
        Fetcher(_OPEN, monotonic=lambda: float(next(ticks))) as fetcher,
        pytest.raises(ParseError, match="took longer than 300 s"),
        fetcher.fetch(f"{site.url}/a"),
    ):
        pass


def test_silence_is_an_error(site: Site) -> None:
    url = site.put("/a", "x")
    with (
        Fetcher(_OPEN, network=_Silent()) as fetcher,
        pytest.raises(ParseError, match="did not answer in time"),
        fetcher.fetch(url),
    ):
        pass


class _Silent(httpcore.NetworkBackend):
    def connect_tcp(self, *_: object, **__: object) -> httpcore.NetworkStream:
        raise httpcore.ConnectTimeout("timed out")


def test_what_is_no_http_is_named(site: Site) -> None:
    def talk(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")

    site.pages["/a"] = Page(answering=talk)
    with pytest.raises(ParseError, match="does not speak HTTP"):
        _fetch(f"{site.url}/a")


def test_nobody_at_the_port_is_named() -> None:
    with pytest.raises(ParseError, match="cannot be fetched"):
        _fetch("http://127.0.0.1:9/")


def test_a_host_that_is_not_there_is_named() -> None:
    def nowhere(*_: object) -> list[str]:
        raise OSError("no such host")

    with (
        Fetcher(_OPEN, resolve=nowhere) as fetcher,
        pytest.raises(ParseError, match=r"no such host: nothing\.example"),
        fetcher.fetch("http://nothing.example/"),
    ):
        pass


def test_proxies_of_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert _fetch(site.put("/a", "hello"))[1] == b"hello"

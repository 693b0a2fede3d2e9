"""A web site of this process, on 127.0.0.1: what a test puts at its paths."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answering = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Page:
    """What is at a path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answering: Answering | None = None
    """Answers in place of all that."""


@dataclass
class Site:
    """Pages by path, and what was asked for."""

    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def put(
        self,
        path: str,
        body: str | bytes = b"",
        kind: str = "text/html; charset=utf-8",
        *,
        status: int = 200,
        **headers: str,
    ) -> str:
        """Put something at a path, headers with `_` for `-`; return its URL."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(data, status, {"Content-Type": kind, **named})
        return self.url + path

    def put_zipped(self, path: str, body: bytes, kind: str = "text/html") -> str:
        """Put something that is sent as gzip at a path."""
        return self.put(path, gzip.compress(body, mtime=0), kind, Content_Encoding="gzip")

    @property
    def asked(self) -> list[str]:
        """The paths asked for, robots.txt aside."""
        return [path for path, _ in self.requests if path != "/robots.txt"]


def page(text: str, title: str = "A page", head: str = "") -> str:
    """An HTML page."""
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    )


@contextmanager
def serve() -> Iterator[Site]:
    """Run a site on a free port."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            found = site.pages.get(self.path, Page(b"nothing here", 404))
            try:
                if found.answering is not None:
                    self.close_connection = True
                    found.answering(self)
                else:
                    self._answer(found)
            except OSError:
                self.close_connection = True

        def _answer(self, found: Page) -> None:
            etag = found.headers.get("ETag", found.headers.get("Etag"))
            modified = found.headers.get("Last-Modified")
            is_same = (etag is not None and etag == self.headers.get("If-None-Match")) or (
                etag is None
                and modified is not None
                and modified == self.headers.get("If-Modified-Since")
            )
            status, body = (304, b"") if is_same else (found.status, found.body)
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if not is_same:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

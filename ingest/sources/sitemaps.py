"""Lists of pages: sitemaps and their indexes (sitemaps.org, protocol 0.9), lists of URLs, robots.

Reads what was fetched; fetches nothing itself but robots.txt, through what it is given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from lxml import etree

from ingest.fetching import AGENT, Fetcher
from ingest.unpacking import decompressed
from rag_lifelong.errors import ParseError

MAX_SITEMAP_BYTES = 64_000_000
"""The protocol allows 50 MB, unpacked."""
_MAX_ROBOTS_BYTES = 1_000_000
_MAX_LINE_CHARS = 65_536
_HEAD_BYTES = 8_192
_GZIP_MAGIC = b"\x1f\x8b"
# Possessive, or a file of many comments would be tried in all ways to part them.
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?"
    rb"(?:\s++|(?><\?.*?\?>)|(?><!--.*?-->)|(?><!doctype[^>\[]*(?:\[.*?\]\s*)?>))*+"
    rb"<([a-z][\w.-]*:)?([a-z][\w.-]*)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list of pages."""

    url: str
    lastmod: str = ""
    is_sitemap: bool = False
    """Whether it is a list itself."""


def root_of(path: Path) -> str:
    """The name of the root element of an XML file, in small letters; empty for other files.

    Only the first bytes are looked at, and no parser sees them.
    """
    head = _head(path)
    if head.startswith(_GZIP_MAGIC):
        try:
            with decompressed(path, PurePath("list.gz"), limit=MAX_SITEMAP_BYTES) as plain:
                head = _head(plain)
        except ParseError:
            return ""
    # Dropping the zeros reads UTF-16 well enough for this.
    match = _PROLOG.match(head.replace(b"\x00", b""))
    return "" if match is None else match[2].decode("ascii").lower()


def read_sitemap(path: Path) -> Iterator[Listed]:
    """Yield the entries of a sitemap or an index of sitemaps: XML, gzip of it, or lines of text.

    Raises:
        ParseError: If it is none, or damaged; entries before the damage were yielded.
        OSError: If it cannot be read.
    """
    if _head(path).startswith(_GZIP_MAGIC):
        with decompressed(path, PurePath("list.gz"), limit=MAX_SITEMAP_BYTES) as plain:
            if _head(plain).startswith(_GZIP_MAGIC):
                raise ParseError("gzip inside gzip")
            yield from read_sitemap(plain)
        return
    if path.stat().st_size > MAX_SITEMAP_BYTES:
        raise ParseError(f"too large for a sitemap: the limit is {MAX_SITEMAP_BYTES} bytes")
    if root_of(path):
        with path.open("rb") as file:
            yield from _read_xml(file)
    else:
        yield from read_lines(path)


def read_lines(path: Path) -> Iterator[Listed]:
    """Yield the URLs of a text, one a line; lines that begin with `#` are left out.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        while line := file.readline(_MAX_LINE_CHARS):
            text = line.strip()
            if text and not text.startswith("#"):
                yield Listed(text)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _read_xml(file: BinaryIO) -> Iterator[Listed]:
    try:
        for _, element in etree.iterparse(
            file,
            events=("end",),
            tag=("{*}url", "{*}sitemap"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        ):
            parent = element.getparent()
            if parent is None or parent.getparent() is not None:
                continue
            url = (element.findtext("{*}loc") or "").strip()
            lastmod = (element.findtext("{*}lastmod") or "").strip()
            is_sitemap = etree.QName(element).localname == "sitemap"
            # Read entries are let go of: a sitemap may have 50,000.
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
            if url:
                yield Listed(url, lastmod, is_sitemap)
    except (etree.LxmlError, ValueError) as e:
        line = getattr(e, "lineno", None)
        raise ParseError(f"damaged sitemap{f' at line {line}' if line else ''}") from e


class Robots:
    """What sites let programs fetch (RFC 9309)."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._sites: dict[str, RobotFileParser | str] = {}

    def refusal(self, url: str) -> str | None:
        """Why a URL is not to be fetched, as its site says; None if it may be."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._sites:
            self._sites[site] = self._rules_of(site)
        rules = self._sites[site]
        if isinstance(rules, str):
            return rules
        return None if rules.can_fetch(AGENT, url) else "its site's robots.txt does not let us"

    def _rules_of(self, site: str) -> RobotFileParser | str:
        """The rules of a site, or why there are none to go by."""
        rules = RobotFileParser()
        try:
            with self._fetcher.fetch(
                f"{site}/robots.txt", max_bytes=_MAX_ROBOTS_BYTES, accepted=range(400, 500)
            ) as answer:
                if answer.status >= 400:
                    rules.parse([])  # none: all is allowed
                else:
                    text = answer.path.read_text(encoding="utf-8", errors="replace")
                    rules.parse(text.lstrip("\ufeff").splitlines())
        except ParseError as e:
            # A site that cannot say what it allows allows nothing (RFC 9309, 2.3.1.4).
            return f"its site's robots.txt cannot be read: {e}"
        return rules

"""What a URL names: a page, a feed, or a sitemap of pages; and lists of URLs in a file.

What is there is told by its content unless the user says. A page the user names is fetched; those
that a list names only if their site's robots.txt lets us. Pages that a sitemap no longer lists are
asked for once more, so that those which are gone end.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from ingest.contents import ContentRules
from ingest.fetching import Answer, Fetcher, FetchRules, checked_url
from ingest.sources import feed, sitemaps
from ingest.sources.pages import known_state, read_page, settings_of, state_of
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.ports import Known
from rag_lifelong.types import Gone, ScanItem, Skipped, Unchanged

_MAX_PAGES = 250_000
_MAX_DEPTH = 3
"""An index of sitemaps of pages; one more for what sites do against the protocol."""


class Kind(StrEnum):
    """What is at a URL."""

    PAGE = "page"
    FEED = "feed"
    SITEMAP = "sitemap"


class WebSource:
    """What one URL names.

    Args:
        url: Where it is.
        rules: How files are read.
        fetch: What may be fetched.
        kind: What it is, if that is not to be told by its content.

    Raises:
        ParseError: If it is no URL that may be fetched.
    """

    def __init__(
        self, url: str, rules: ContentRules, fetch: FetchRules, *, kind: Kind | None = None
    ) -> None:
        self._url = str(checked_url(url))
        self._rules = rules
        self._fetch = fetch
        self._kind = kind

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what changed since the last scan.

        Raises:
            SourceError: If it cannot be fetched, or read, and never was.
        """
        with Fetcher(self._fetch) as fetcher:
            try:
                yield from _Visit(fetcher, self._rules, known).named(self._url, self._kind)
            except ParseError as e:
                if known.fingerprint(self._url) is None:
                    raise SourceError(f"{self._url}: {e}", hint=e.hint or _HINT) from e
                yield Skipped(self._url, str(e), is_whole=True)


_HINT = "open it in a browser to see what the server says"


class UrlListSource:
    """Pages whose URLs a file lists, one a line."""

    def __init__(self, path: Path, rules: ContentRules, fetch: FetchRules) -> None:
        self._path = path
        self._rules = rules
        self._fetch = fetch

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what changed since the last scan.

        Raises:
            SourceError: If the list cannot be read.
        """
        with Fetcher(self._fetch) as fetcher:
            visit = _Visit(fetcher, self._rules, known)
            try:
                for listed in sitemaps.read_lines(self._path):
                    yield from visit.listed(listed, base=None)
            except OSError as e:
                raise SourceError(
                    f"cannot read {self._path}: {(e.strerror or 'unreadable').lower()}",
                    hint="urls+PATH names a file with a URL on each line",
                ) from e


@dataclass(slots=True)
class _Sitemap:
    """A named sitemap with all that it leads to."""

    hosts: frozenset[str]
    """Whose pages it may list."""
    is_whole: bool = True
    """Whether all of it was read."""


@dataclass(slots=True)
class _Visit:
    """One scan over the web: what was asked for, and what is let be."""

    fetcher: Fetcher
    rules: ContentRules
    known: Known
    seen: set[bytes] = field(default_factory=set)
    robots: sitemaps.Robots = field(init=False)

    def __post_init__(self) -> None:
        self.robots = sitemaps.Robots(self.fetcher)

    def named(self, url: str, kind: Kind | None) -> Iterator[ScanItem]:
        """What the user named.

        Raises:
            ParseError: If it cannot be fetched or read.
        """
        self._is_new(url)
        with ExitStack() as stack:
            answer = self._ask(url, stack, kind)
            kind = kind or _kind_of(answer)
            if kind is not Kind.SITEMAP:
                yield from self._read(url, answer, kind, lastmod="")
                return
            if answer.is_gone:
                raise ParseError(f"the server answered {answer.status}")
            sitemap = _Sitemap(frozenset({_site(url), _site(answer.url)}))
            yield from self._entries(answer, url, sitemap, depth=1)
        if sitemap.is_whole:
            yield from self._unlisted(url)

    def listed(
        self, listed: sitemaps.Listed, *, base: str | None, hosts: frozenset[str] | None = None
    ) -> Iterator[ScanItem]:
        """A page that a list names; what is wrong with it is told of it alone."""
        try:
            url = str(checked_url(listed.url, base=base))
        except ParseError as e:
            yield Skipped(_without_secrets(listed.url), str(e))
            return
        if hosts is not None and _site(url) not in hosts:
            yield Skipped(url, "on another host than its sitemap")
        elif self._is_new(url):
            yield from self._guarded(url, listed.lastmod)

    def _guarded(self, url: str, lastmod: str) -> Iterator[ScanItem]:
        refused = self.robots.refusal(url)
        if refused is not None:
            yield Skipped(url, refused)
            return
        try:
            with ExitStack() as stack:
                answer = self._ask(url, stack, None)
                yield from self._read(url, answer, _kind_of(answer), lastmod=lastmod)
        except ParseError as e:
            yield Skipped(url, str(e))

    def _ask(self, url: str, stack: ExitStack, kind: Kind | None) -> Answer:
        """Fetch a URL: a sitemap whether or not it changed, because the pages in it may have."""
        state = known_state(self.known, url, settings_of(self.rules))
        validators = {} if state is None or kind is Kind.SITEMAP else state.validators
        return stack.enter_context(self.fetcher.fetch(url, validators=validators))

    def _read(self, url: str, answer: Answer, kind: Kind, *, lastmod: str) -> Iterator[ScanItem]:
        if answer.is_unchanged:
            yield Unchanged(url)
        elif answer.is_gone:
            if self.known.fingerprint(url) is None:
                raise ParseError(f"the server answered {answer.status}: nothing is there")
            yield Gone(url)
        else:
            try:
                yield from self._content(url, answer, kind, lastmod=lastmod)
            except OSError as e:
                raise ParseError((e.strerror or "cannot be read").lower()) from e
            except RecursionError as e:
                raise ParseError("nested too deeply") from e

    def _content(self, url: str, answer: Answer, kind: Kind, *, lastmod: str) -> Iterator[ScanItem]:
        if kind is Kind.SITEMAP:
            raise ParseError("a sitemap in a list of pages: name it by itself")
        if kind is Kind.PAGE:
            yield from read_page(answer, url, self.known, self.rules, lastmod=lastmod)
            return
        settings = settings_of(self.rules)
        before, state = known_state(self.known, url, settings), state_of(answer, settings)
        if before is not None and before.content == state.content:
            yield Unchanged(url)
        else:
            yield from feed.read_feed(answer, url, self.known, state, self.rules.dates)

    def _entries(
        self, answer: Answer, url: str, sitemap: _Sitemap, *, depth: int
    ) -> Iterator[ScanItem]:
        """What a sitemap lists, and the sitemaps in it.

        Raises:
            ParseError: If it is damaged; what it lists before the damage was yielded.
        """
        if depth > _MAX_DEPTH:
            raise ParseError(f"a sitemap more than {_MAX_DEPTH} levels deep")
        for listed in sitemaps.read_sitemap(answer.path):
            if len(self.seen) > _MAX_PAGES:
                sitemap.is_whole = False
                yield Skipped(url, f"lists more than {_MAX_PAGES} pages; the rest is left out")
                return
            if listed.is_sitemap:
                yield from self._nested(listed, answer.url, sitemap, depth=depth + 1)
            else:
                yield from self.listed(listed, base=answer.url, hosts=sitemap.hosts)

    def _nested(
        self, listed: sitemaps.Listed, base: str, sitemap: _Sitemap, *, depth: int
    ) -> Iterator[ScanItem]:
        try:
            url = str(checked_url(listed.url, base=base))
            if not self._is_new(url):
                return
            with self.fetcher.fetch(url, accepted=()) as answer:
                yield from self._entries(answer, url, sitemap, depth=depth)
        except ParseError as e:
            sitemap.is_whole = False
            yield Skipped(_without_secrets(listed.url), str(e))

    def _unlisted(self, url: str) -> Iterator[ScanItem]:
        """Pages under the sitemap's folder that are known and that it does not list (any more)."""
        for origin in self.known.origins_under(urljoin(url, ".")):
            if self._is_new(origin) and self.robots.refusal(origin) is None:
                yield from self._guarded(origin, "")

    def _is_new(self, url: str) -> bool:
        """Whether the URL was not met yet."""
        digest = sha256(url.encode()).digest()[:16]
        if digest in self.seen:
            return False
        self.seen.add(digest)
        return True


def _kind_of(answer: Answer) -> Kind:
    """What the server gave, by its first bytes; a page where there are none."""
    if answer.is_gone or answer.is_unchanged:
        return Kind.PAGE
    root = sitemaps.root_of(answer.path)
    if root in ("urlset", "sitemapindex"):
        return Kind.SITEMAP
    return Kind.FEED if root in feed.ROOTS else Kind.PAGE


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _without_secrets(text: str) -> str:
    """A URL as it may be shown."""
    scheme, separator, rest = text[:1_000].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"

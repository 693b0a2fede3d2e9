"""Writes small dumps of an invented wiki, and what a store would hold of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.ingest.dumps.compressed import multistream

NAMESPACES = {"": 0, "Talk": 1, "User": 2}


@dataclass
class Towns:
    """Pages by number: title and revisions (number, day, text)."""

    pages: dict[int, tuple[str, list[tuple[int, str, str]]]] = field(default_factory=dict)

    def edit(self, page: int, title: str, number: int, day: str, text: str) -> None:
        self.pages.setdefault(page, (title, []))[1].append((number, day, text))

    def next(self, *, without: set[int] = frozenset()) -> "Towns":
        kept = {n: (t, list(r)) for n, (t, r) in self.pages.items() if n not in without}
        return Towns(kept)


def xml(towns: Towns, *, tail: str = "</mediawiki>") -> str:
    return head() + "".join(page_xml(n, *page) for n, page in sorted(towns.pages.items())) + tail


def head() -> str:
    names = "".join(
        f'<namespace key="{key}">{name}</namespace>' for name, key in NAMESPACES.items()
    )
    return (
        "<mediawiki><siteinfo><dbname>townwiki</dbname><base>https://towns.example/wiki/Main</base>"
        f"<namespaces>{names}</namespaces></siteinfo>"
    )


def page_xml(number: int, title: str, revisions: list[tuple[int, str, str]]) -> str:
    namespace = NAMESPACES.get(title.partition(":")[0], 0) if ":" in title else 0
    texts = "".join(
        f"<revision><id>{revision}</id><timestamp>{day}T10:00:00Z</timestamp>"
        f"<text>{text}</text></revision>"
        for revision, day, text in revisions
    )
    return f"<page><title>{title}</title><ns>{namespace}</ns><id>{number}</id>{texts}</page>"


def write(towns: Towns, folder: Path, name: str = "townwiki-20260101-pages-articles.xml") -> Path:
    path = folder / name
    path.write_text(xml(towns), encoding="utf-8")
    return path


def write_multistream(
    towns: Towns, folder: Path, *, date: str = "20260101", size: int = 2
) -> tuple[Path, Path]:
    """Write a dump of `size` pages a stream, and its index."""
    pages = sorted(towns.pages.items())
    groups = [pages[start : start + size] for start in range(0, len(pages), size)]
    parts = [head(), *("".join(page_xml(n, *p) for n, p in group) for group in groups)]
    streams = [multistream(part.encode()) for part in [*parts, "</mediawiki>"]]
    dump = folder / f"townwiki-{date}-pages-articles-multistream.xml.bz2"
    dump.write_bytes(b"".join(streams))
    lines = []
    offset = len(streams[0])
    for group, stream in zip(groups, streams[1:], strict=False):
        lines += [f"{offset}:{number}:{title}\n" for number, (title, _) in group]
        offset += len(stream)
    index = folder / f"townwiki-{date}-pages-articles-multistream-index.txt.bz2"
    index.write_bytes(multistream("".join(lines).encode()))
    return dump, index


def some_towns(n: int, namespaces: Mapping[int, str] = {0: ""}) -> Towns:
    """Towns of n pages a namespace, a revision each."""
    towns = Towns()
    for key, (namespace, prefix) in enumerate(namespaces.items()):
        for number in range(1, n + 1):
            page = key * 1_000 + number
            title = f"{prefix}:Town {number}" if namespace else f"Town {number}"
            text = f"The town of number {page} has {page * 7} houses."
            towns.edit(page, title, page * 10, "2025-03-01", text)
    return towns

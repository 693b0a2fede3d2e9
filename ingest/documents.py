"""From a file to documents: what it says, its title, its date and why, and its names.

A file may lie in a folder, in an archive, in a repository or behind a URL: its bytes are at a path
of this machine, what it is called and cited as may be something else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath

from ingest import dates
from ingest.names import readable_stem
from ingest.parsers import parse
from rag_lifelong.ports import Parsed
from rag_lifelong.temporal import Clock
from rag_lifelong.types import Dated, DateSource, Document, RevisionOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be read into documents."""

    path: Path
    """Where its bytes are."""
    name: PurePath
    """What it is called: its suffix tells the format, its words a title and perhaps a date."""
    origin: str
    """URI of what is asked for changes: the file, or the archive it lies in."""
    uri: str
    """What citations show."""
    doc_id: str
    """Stable name; documents inside the file add `#key` to it."""
    outer_dates: tuple[Dated, ...] = ()
    """What is known of its time from around it, best first: a response's header, its mtime."""
    committed: dates.Ask | None = None
    """Finds out when it was last committed; asked only if no better date is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRules:
    """Which dates count, and in what order."""

    now: Clock
    date_from: Sequence[DateSource] = tuple(DateSource)
    """Places to take a date from, best first; what is not named is not looked at."""

    @property
    def name(self) -> str:
        """Tells one order from another; empty for the usual one."""
        return "" if tuple(self.date_from) == tuple(DateSource) else ",".join(self.date_from)


def read_documents(
    file: File, rules: DateRules, *, order: RevisionOrder = RevisionOrder.ARRIVAL
) -> Iterator[Document]:
    """Yield the documents of a file by the parser of its suffix.

    Raises:
        ParseError: If the format is not read, or the file is not what its name says.
        OSError: If it cannot be read.
    """
    for parsed in parse(file.path, name=file.name):
        yield document_of(parsed, file, rules, order=order)


def document_of(
    parsed: Parsed, file: File, rules: DateRules, *, order: RevisionOrder = RevisionOrder.ARRIVAL
) -> Document:
    """Return what was parsed out of a file as a document."""
    named = dates.from_filename(file.name)
    headings = [section.headings[-1] for section in parsed.sections if section.headings]
    written = dates.from_text(parsed.text, title=parsed.title, headings=headings)
    found = [*parsed.dates, *(one for one in (named, written) if one), *file.outer_dates]
    ask = {DateSource.VERSION_CONTROL: file.committed} if file.committed else {}
    date, others = dates.choose(found, now=rules.now, date_from=rules.date_from, ask=ask)
    title = parsed.title or readable_stem(file.name)
    part = f"#{parsed.key}" if parsed.key else ""
    return Document(
        doc_id=file.doc_id + part,
        revision_id=_revision_id(title, parsed.text, date),
        origin=file.origin,
        uri=file.uri + part,
        title=title,
        text=parsed.text,
        date=date,
        order=order,
        sections=parsed.sections,
        locators=parsed.locators,
        other_dates=others,
    )


def _revision_id(title: str, text: str, date: Dated) -> str:
    content = f"{title}\n{text}\n{date.interval.start.isoformat()} {date.precision}"
    return sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]

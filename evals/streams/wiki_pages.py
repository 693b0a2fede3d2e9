"""The pages of a history dump, one at a time, with what each of their revisions states."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evals.streams.wiki_facts import stated
from evals.types import SourceDocument
from ingest.dumps.export import Event, PageEnd, Revision
from ingest.dumps.thinning import Keep, Thinning
from ingest.sources.mediawiki import is_dump, read_dump
from ingest.wikitext import clean
from rag_lifelong.errors import EvalError, ParseError

_REDIRECT = re.compile(r"\s*#\s*(?:(?i:redirect)|[^\W\d_a-z]{2,20})\s*:?\s*\[\[")


@dataclass(frozen=True, slots=True)
class Told:
    """A revision: its text, and the relations it states with their values."""

    document: SourceDocument
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that had text once, and its revisions in the order of time."""

    page_id: str
    title: str
    """Its title when the dump was made."""
    revisions: tuple[Told, ...]


def read_pages(
    path: Path, *, namespaces: frozenset[int], keep: Keep, counts: Counter[str]
) -> Iterator[Page]:
    """Yield the pages of a dump that ever had text.

    One page is in memory at a time. A damaged file is read to its damage.

    Args:
        path: A dump, or a folder of the files of one.
        namespaces: Numbers of the namespaces whose pages are read.
        keep: Which revisions of a page are read.
        counts: Counts what was read and what was left out, by its name.

    Raises:
        EvalError: If there is no dump.
    """
    for file in _dumps(path):
        gathered = _Gathered(keep, counts)
        try:
            for event in read_dump(file, namespaces=namespaces):
                page = gathered.take(event)
                if page is not None:
                    yield page
        except (ParseError, OSError) as error:
            counts[f"file read in part ({file.name}: {error})"] += 1


def _dumps(path: Path) -> list[Path]:
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
    dumps = [file for file in files if is_dump(file)]
    if not dumps:
        raise EvalError(f"no MediaWiki dump: {path}", hint="download a pages-meta-history dump")
    return dumps


class _Gathered:
    """What has been read of the page that is being read."""

    def __init__(self, keep: Keep, counts: Counter[str]) -> None:
        self._thinning: Thinning[tuple[datetime, Revision]] = Thinning(keep)
        self._counts = counts
        self._told: list[Told] = []
        self._last: tuple[str, str, Mapping[str, str]] = ("", "", {})
        """The wikitext of the revision before, its text and what it says."""

    def take(self, event: Event) -> Page | None:
        """Take the next event; return the page that it ends, if that has text."""
        if isinstance(event, Revision):
            self._offer(event)
            return None
        if not isinstance(event, PageEnd):
            return None
        self._tell(self._thinning.finish())
        told = sorted(self._told, key=lambda each: each.document.published_at)
        self._told, self._last = [], ("", "", {})
        if not any(each.document.text for each in told):
            return None
        self._counts["pages"] += 1
        self._counts["revisions"] += len(told)
        return Page(_id_of(event), event.page.title, tuple(told))

    def _offer(self, revision: Revision) -> None:
        at = _moment(revision.timestamp)
        if at is None or revision.text is None:
            self._counts["revisions without date or text"] += 1
        else:
            self._tell(self._thinning.offer(at, (at, revision)))

    def _tell(self, kept: tuple[datetime, Revision] | None) -> None:
        if kept is None:
            return
        at, revision = kept
        text, says = self._read(_article(revision))
        document = SourceDocument(
            doc_id=f"{_id_of(revision)}:{revision.revision_id or len(self._told)}",
            title=revision.page.title,
            text=text,
            published_at=at,
            revises=_id_of(revision),
        )
        self._told.append(Told(document, says))

    def _read(self, wikitext: str) -> tuple[str, Mapping[str, str]]:
        """The text and what it says; many revisions repeat the one before."""
        if wikitext != self._last[0]:
            self._last = (wikitext, clean(wikitext).text, stated(wikitext))
        return self._last[1:]


def _id_of(event: Revision | PageEnd) -> str:
    return event.page.page_id or event.page.title


def _moment(timestamp: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _article(revision: Revision) -> str:
    """The wikitext of an article; a redirect, or a page of another model, has none."""
    text = revision.text or ""
    is_article = revision.model in ("", "wikitext") and not _REDIRECT.match(text)
    return text if is_article else ""

"""A folder of files, or one file, as a source; only what changed is opened.

The walk is sorted, so two scans of the same tree yield the same items. Hidden files and folders
are left out, and no symbolic link is followed: what it points to inside the root is met by its
own name, and outside it is not the root's business.
"""

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ingest import dates
from ingest.fingerprint import fingerprint
from ingest.names import file_uri, readable_stem
from ingest.parsers import parse
from ingest.sources.mediawiki import is_dump
from ingest.sources.wikipedia import ARTICLES, WikipediaSource
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.ports import Known, Parsed
from rag_lifelong.temporal import Clock
from rag_lifelong.types import (
    Completed,
    Dated,
    Document,
    Gone,
    RevisionOrder,
    ScanItem,
    Skipped,
    Unchanged,
)

MAX_BYTES = 100_000_000
_DUMP_SUFFIXES = (".xml", ".xml.bz2")


class FolderSource:
    """All files under a root that have a parser, and the Wikipedia dumps among them."""

    def __init__(
        self,
        root: Path,
        *,
        now: Clock,
        max_bytes: int = MAX_BYTES,
        namespaces: frozenset[int] | None = ARTICLES,
    ) -> None:
        self._root = root
        self._now = now
        self._max_bytes = max_bytes
        self._namespaces = namespaces

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what changed since the last scan, then what is gone.

        Raises:
            SourceError: If the root is not there or cannot be listed.
        """
        root_uri = file_uri(self._root)
        present: set[str] = set()
        unlisted: list[str] = []
        if self._is_folder():
            for found in self._walk(self._root):
                if isinstance(found, Skipped):
                    unlisted.append(found.uri)
                    yield found
                else:
                    yield from self._file(found, known, present)
            prefix = f"{root_uri.rstrip('/')}/"
        else:
            yield from self._file(self._root, known, present)
            prefix = root_uri
        for origin in known.origins_under(prefix):
            is_ours = prefix.endswith("/") or origin == root_uri
            # Nothing is known of what lies in a folder that could not be listed.
            is_hidden = any(origin.startswith(f"{folder}/") for folder in unlisted)
            if is_ours and origin not in present and not is_hidden:
                yield Gone(origin)

    def _is_folder(self) -> bool:
        try:
            mode = self._root.stat().st_mode
            if stat.S_ISDIR(mode):
                os.scandir(self._root).close()
        except FileNotFoundError as e:
            raise SourceError(f"no such file or folder: {self._root}", hint="check the path") from e
        except OSError as e:
            raise SourceError(
                f"cannot read {self._root}: {(e.strerror or 'unreadable').lower()}",
                hint="check its permissions",
            ) from e
        return stat.S_ISDIR(mode)

    def _walk(self, root: Path) -> Iterator[Path | Skipped]:
        """Files in sorted order, and folders that could not be listed."""
        pending = [root]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone since its parent was listed
            except OSError as e:
                yield Skipped(
                    file_uri(folder),
                    f"folder cannot be listed: {(e.strerror or 'unreadable').lower()}",
                )
                continue
            folders = []
            for entry in entries:
                if entry.name.startswith(".") or entry.is_symlink():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(folder / entry.name)
                else:
                    yield folder / entry.name
            pending.extend(reversed(folders))

    def _file(self, path: Path, known: Known, present: set[str]) -> Iterator[ScanItem]:
        origin = file_uri(path)
        try:
            before = path.stat()
        except FileNotFoundError:
            return  # gone since its folder was listed, and reported so
        except OSError as e:
            present.add(origin)
            yield Skipped(origin, (e.strerror or "cannot be read").lower())
            return
        present.add(origin)
        if not stat.S_ISREG(before.st_mode):
            yield Skipped(origin, "not a regular file")
            return
        if known.fingerprint(origin) == fingerprint(before):
            yield Unchanged(origin)
            return
        try:
            yield from self._changed_file(path, origin, before, known)
        except ParseError as e:
            yield Skipped(origin, str(e))
        except OSError as e:
            yield Skipped(origin, (e.strerror or "cannot be read").lower())
        except RecursionError:
            yield Skipped(origin, "nested too deeply")

    def _changed_file(
        self, path: Path, origin: str, before: os.stat_result, known: Known
    ) -> Iterator[ScanItem]:
        if path.name.lower().endswith(_DUMP_SUFFIXES):
            if not is_dump(path):
                raise ParseError("unsupported format .xml (not a MediaWiki dump)")
            yield from WikipediaSource(path, namespaces=self._namespaces).scan(known)
            return
        if before.st_size > self._max_bytes:
            raise ParseError(f"too large: {before.st_size} bytes, the limit is {self._max_bytes}")
        doc_ids: set[str] = set()
        held: Document | None = None
        for parsed in parse(path):
            # One document is held back until the file is seen not to have changed, so that a
            # file of a single document is never yielded torn.
            if held is not None:
                yield held
            held = self._document(parsed, path, origin, before)
            doc_ids.add(held.doc_id)
        state = fingerprint(before)
        if fingerprint(path.stat()) != state:
            raise ParseError("changed while it was read")
        if held is not None:
            yield held
        yield Completed(origin, state, frozenset(doc_ids))

    def _document(
        self, parsed: Parsed, path: Path, origin: str, status: os.stat_result
    ) -> Document:
        outer = (dates.from_filename(path), dates.from_mtime(status.st_mtime_ns))
        candidates = [*parsed.dates, *(dated for dated in outer if dated is not None)]
        date = dates.choose(candidates, now=self._now)
        title = parsed.title or readable_stem(path)
        name = f"{origin}#{parsed.key}" if parsed.key else origin
        return Document(
            doc_id=name,
            revision_id=_revision_id(title, parsed.text, date),
            origin=origin,
            uri=name,
            title=title,
            text=parsed.text,
            date=date,
            order=RevisionOrder.ARRIVAL,
            sections=parsed.sections,
        )


def _revision_id(title: str, text: str, date: Dated) -> str:
    content = f"{title}\n{text}\n{date.interval.start.isoformat()} {date.precision}"
    return sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]

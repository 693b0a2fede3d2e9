"""A folder of files, or one file, as a source; only what changed is opened.

The walk is sorted, so two scans of the same tree yield the same items. A file that is new where
another of the same inode, size and time, or of the same bytes, is no longer to be found, is that
one: it moved, and its documents with it. What could not be read is passed over while it is as it
was, unless it may be read another time.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from ingest import dates
from ingest.contents import ContentRules, check_readable, full_name, read_contents, skipped
from ingest.documents import File
from ingest.fingerprint import content_of, fingerprint
from ingest.names import file_uri
from ingest.sources.mediawiki import is_dump
from ingest.sources.moves import Moves, is_dated_anew
from ingest.sources.walk import WalkRules, walk
from ingest.sources.wikipedia import WikipediaSource
from ingest.version_control import CommitTimes
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.ports import Known, Source
from rag_lifelong.types import (
    Completed,
    Document,
    Gone,
    Moved,
    ScanItem,
    Settled,
    Skipped,
    Unchanged,
)

_DUMP = re.compile(r".*\.xml(-p\d+p\d+)?(\.(bz2|gz|xz|zst|7z))?", re.IGNORECASE)
# What lies beside dumps and tells of them: indexes and checksums.
_BESIDE_DUMPS = re.compile(
    r".+-multistream-index\d*\.txt(-p\d+p\d+)?(\.bz2)?|.+-(\d{8}|latest)-(md5|sha1)sums?(-.+)?\.txt"
)


class FolderSource:
    """All files under a root that have a parser, the archives and the Wikipedia dumps among them.

    Args:
        root: A folder, or one file.
        rules: How its files are read.
        walk_rules: Which of its files are read; all that are not hidden or ignored by default.
        dump: Makes the source of a Wikipedia dump that lies in it.
    """

    def __init__(
        self,
        root: Path,
        rules: ContentRules,
        *,
        walk_rules: WalkRules | None = None,
        dump: Callable[[Path], Source] = WikipediaSource,
    ) -> None:
        self._root = root
        self._rules = rules
        self._walk_rules = walk_rules or WalkRules()
        self._dump = dump
        self._commits = CommitTimes()
        self._moves = Moves()
        self._failing: set[str] = set()
        self._is_at_rest: Callable[[Path, os.stat_result], bool] = lambda _path, _status: True

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what changed since the last scan, then what is gone.

        Raises:
            SourceError: If the root is not there or cannot be listed.
        """
        yield from self.scan_within(known, [self._root])

    def scan_within(
        self,
        known: Known,
        places: Iterable[Path],
        *,
        is_at_rest: Callable[[Path, os.stat_result], bool] = lambda _path, _status: True,
    ) -> Iterator[ScanItem]:
        """Yield what changed in some files and folders of the root, then what of them is gone.

        Args:
            known: What the store holds.
            places: Files and folders in the root; they need not be there.
            is_at_rest: Whether a file that changed may be read now; if not, it is passed over.

        Raises:
            SourceError: If the root is not there or cannot be listed.
        """
        self._moves = Moves()
        self._failing = set()
        self._is_at_rest = is_at_rest
        # What was committed is read anew in each scan, and let go after it.
        with closing(CommitTimes()) as self._commits:
            yield from self._scan_within(known, list(places))

    def _scan_within(self, known: Known, places: list[Path]) -> Iterator[ScanItem]:
        is_folder = self._is_folder()
        present: set[str] = set()
        unlisted: list[str] = []
        for place in places:
            for found in walk(self._root, self._walk_rules, start=place) if is_folder else [place]:
                if isinstance(found, Skipped):
                    unlisted.append(found.uri)
                    self._failing.add(found.uri)
                    yield found
                else:
                    yield from self._file(found, known, present)
        for place in places:
            yield from self._no_more_at(place, known, present, unlisted)

    def _no_more_at(
        self, place: Path, known: Known, present: set[str], unlisted: Sequence[str]
    ) -> Iterator[ScanItem]:
        """What is gone of a place, and what of it failed before and not now."""
        for origin in _origins_at(place, known):
            is_left = origin in present or origin in self._moves
            if not is_left and not _is_hidden(origin, unlisted):
                yield Gone(origin)
        for origin in known.failures_at(file_uri(place)):
            if origin not in self._failing and not _is_hidden(origin, unlisted):
                yield Settled(origin)

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

    def _file(self, path: Path, known: Known, present: set[str]) -> Iterator[ScanItem]:
        origin = file_uri(path)
        if origin in present:
            return  # its folder was asked for too
        try:
            before = path.stat()
        except FileNotFoundError:
            return  # gone since its folder was listed, and reported so
        except OSError as e:
            present.add(origin)
            self._failing.add(origin)
            yield Skipped(origin, (e.strerror or "cannot be read").lower(), is_transient=True)
            return
        present.add(origin)
        if not stat.S_ISREG(before.st_mode):
            yield Skipped(origin, "not a regular file")
        elif known.fingerprint(origin) == self._state(before):
            yield Unchanged(origin)
        else:
            yield from self._new_or_changed(path, origin, before, known)

    def _new_or_changed(
        self, path: Path, origin: str, before: os.stat_result, known: Known
    ) -> Iterator[ScanItem]:
        # What reads it decides whether it can be read, as much as its content.
        failed_in = f"{self._state(before)} {self._rules.max_bytes}"
        reason = known.given_up(origin, failed_in)
        if reason is not None:
            self._failing.add(origin)
            yield Skipped(origin, reason)
            return
        if not self._is_at_rest(path, before):
            yield from self._only_moved(path, origin, before, known)
            return
        try:
            if not _may_be_dump(path):
                check_readable(full_name(path, path), before.st_size, self._rules)
        except ParseError as e:
            yield skipped(origin, e)  # nothing was read, nor is it worth remembering
            return
        try:
            for item in self._changed_file(path, origin, before, known):
                if isinstance(item, Skipped) and item.uri == origin:
                    self._failing.add(origin)
                yield item
        # One file must not stop the others, not even by a fault of ours.
        except Exception as e:  # noqa: BLE001
            self._failing.add(origin)
            is_transient = isinstance(e, OSError | MemoryError)
            yield replace(skipped(origin, e), fingerprint=failed_in, is_transient=is_transient)

    def _only_moved(
        self, path: Path, origin: str, before: os.stat_result, known: Known
    ) -> Iterator[ScanItem]:
        """Tell that a file lay elsewhere as it is: nothing of it need be read, at rest or not."""
        state = self._state(before)
        came_from = None
        if known.fingerprint(origin) is None:
            came_from = self._moves.find(known.origins_like(state))
        if came_from is None or not known.fingerprint(came_from) or is_dated_anew(path, came_from):
            self._failing.add(origin)  # as far as is known yet
        else:
            yield Moved(came_from, origin, state)

    def _state(self, status: os.stat_result) -> str:
        return fingerprint(status, self._rules.dates.name)

    def _changed_file(
        self, path: Path, origin: str, before: os.stat_result, known: Known
    ) -> Iterator[ScanItem]:
        if _BESIDE_DUMPS.fullmatch(path.name):
            return
        if _may_be_dump(path) and is_dump(path):
            yield from self._dump(path).scan(known)
            return
        check_readable(full_name(path, path), before.st_size, self._rules)
        state = self._state(before)
        came_from, content = self._came_from(path, origin, state, known)
        if came_from is not None:
            was_gone = known.fingerprint(came_from) is None
            yield Moved(came_from, origin, state)
            # What was gone holds again; and a date in the name is part of what a file says.
            if not was_gone and not is_dated_anew(path, came_from):
                return
        file = self._described(path, origin, known.document_base(came_from or origin))
        yield from self._read(file, state, content or content_of(path), known)

    def _came_from(
        self, path: Path, origin: str, state: str, known: Known
    ) -> tuple[str | None, str]:
        """The origin that lies here now, if the file is new and was elsewhere, and its content."""
        if known.fingerprint(origin) is not None:
            return None, ""
        came_from = self._moves.find(known.origins_like(state))
        if came_from is not None:
            return came_from, ""
        content = content_of(path)
        return self._moves.find(known.origins_like("", content)), content

    def _read(self, file: File, state: str, content: str, known: Known) -> Iterator[ScanItem]:
        doc_ids: set[str] = set()
        held: Document | None = None
        for item in read_contents(file, self._rules):
            # One document is held back until the file is seen not to have changed, so that a
            # file of a single document is never yielded torn.
            if held is not None:
                yield held
                held = None
            if isinstance(item, Document):
                held = item
                doc_ids.add(item.doc_id)
            else:
                yield item
                # What cannot be read now is still what was read before.
                before = file.doc_id + item.uri.removeprefix(file.uri)
                doc_ids.update(known.open_documents(before))
        if self._state(file.path.stat()) != state:
            reason = "changed while it was read"
            yield Skipped(file.origin, reason, fingerprint=state, is_transient=True)
            return
        if held is not None:
            yield held
        yield Completed(file.origin, state, frozenset(doc_ids), content)

    def _described(self, path: Path, origin: str, base: str) -> File:
        written = dates.from_mtime(path.stat().st_mtime_ns)
        return File(
            path=path,
            name=path,
            origin=origin,
            uri=origin,
            doc_id=base,
            outer_dates=() if written is None else (written,),
            committed=partial(self._commits.of, path),
        )


def _may_be_dump(path: Path) -> bool:
    return _DUMP.fullmatch(path.name) is not None


def _is_hidden(origin: str, unlisted: Iterable[str]) -> bool:
    """Whether an origin is, or lies in, what could not be looked at: nothing is known of it."""
    return any(origin == folder or origin.startswith(f"{folder}/") for folder in unlisted)


def _origins_at(place: Path, known: Known) -> Iterator[str]:
    """What was read from a file, or from the files of a folder."""
    uri = file_uri(place)
    if known.fingerprint(uri) is not None:
        yield uri
    yield from known.origins_under(f"{uri.rstrip('/')}/")

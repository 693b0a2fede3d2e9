"""What the commits of a branch say of its files, one after the other.

In the common case they follow those the store has. In a replay the store has been told of this
branch before, as it was with other settings or another history, and what it holds may be later
than what the branch says now; then that is said again, as of now.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePath
from urllib.parse import quote

from pathspec import GitIgnoreSpec

from ingest.contents import ContentRules, check_readable, read_contents
from ingest.documents import DateRules, File
from ingest.sources.commits import Change, CommitInfo, History, Version
from ingest.sources.tracked import TrackedPaths, held_of
from ingest.sources.walk import WalkRules
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Known
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import (
    Completed,
    Dated,
    DateSource,
    Document,
    Ended,
    Gone,
    RevisionOrder,
    ScanItem,
    Skipped,
)

_ID_CHARS = 12
"""Of a commit's id, in citations."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the history was read."""

    commit_id: str
    time_s: int
    """The time revisions of it got."""
    settings: str

    def __str__(self) -> str:
        return f"{self.settings} {self.commit_id} {self.time_s}"

    @classmethod
    def of(cls, stored: str | None) -> "State | None":
        """The state a fingerprint names; None if it names none."""
        parts = (stored or "").split(" ")
        if len(parts) != 3 or not parts[2].lstrip("-").isdecimal():
            return None
        return cls(parts[1], int(parts[2]), parts[0])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which paths of a repository are read."""

    ignored: GitIgnoreSpec
    rules: ContentRules
    walk_rules: WalkRules

    def look(self, path: str) -> bool:
        """Whether a path is neither hidden nor ignored."""
        hidden = any(self.walk_rules.leaves_out(part) for part in path.split("/"))
        return not hidden and not self.ignored.match_file(path)

    def problem(self, path: str) -> str:
        """Why a file cannot be read, by its name; empty if it can."""
        try:
            check_readable(PurePath(path), 0, self.rules)
        except ParseError as e:
            return str(e)
        return ""


@dataclass(slots=True)
class BranchReading:
    """One walk over commits, oldest first."""

    history: History
    known: Known
    rules: ContentRules
    origin: str
    wanted: Wanted
    paths: TrackedPaths
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of the files met so far: digest of what each document says, by path and id."""
    versions: dict[str, Version] = field(default_factory=dict)
    """Where the last revision of each file was read, by path."""
    since: dict[str, int] = field(default_factory=dict)
    """Since when each document's last revision holds, in Unix seconds."""
    met: set[str] = field(default_factory=set)
    """Documents of which the store has a revision."""
    is_replay: bool = False
    """Whether the store has been told of this branch, perhaps with another history."""
    is_rewritten: bool = False
    """Whether that history is another one indeed."""
    ended: dict[str, Ended] = field(default_factory=dict)
    """In a replay, what ended and did not come back: what the store has now may be later."""
    told: set[str] = field(default_factory=set)
    """Paths of which it was told that they cannot be read."""

    def items(self, start: State, commits: list[str]) -> Iterator[ScanItem]:
        """What the commits say; in a replay also what the store has and they do not say."""
        state, tree = start, None
        if start.commit_id:
            tree = self.history.commit(start.commit_id).tree
        for commit_id in commits:
            commit = self.history.commit(commit_id)
            state = replace(state, commit_id=commit_id, time_s=self._time(commit, state))
            changes = list(self._wanted_changes(tree, commit.tree))
            for change in changes:
                yield from self._change(change, state)
            tree = commit.tree
            # A run that is stopped goes on here; a replay cannot, what it began is not in order.
            if changes and not self.is_replay:
                yield Completed(self.origin, str(state), None)
        if self.is_replay:
            now = replace(state, time_s=max(int(self.rules.dates.now().timestamp()), state.time_s))
            settled = False
            for item in self._settle(now):
                settled = settled or isinstance(item, Document | Ended)
                yield item
            # What was said as of now must not be put after what comes next.
            state = now if settled else state
        yield Completed(self.origin, str(state), None)

    def _time(self, commit: CommitInfo, before: State) -> int:
        """When a commit's texts began to hold: never before those of the commit it follows.

        A clock that was ahead is not believed, or all that follows would lie in the future.
        """
        present = int(self.rules.dates.now().timestamp())
        if not before.commit_id:
            return max(0, min(commit.time_s, present))
        return max(before.time_s, commit.time_s if commit.time_s <= present else 0)

    def _wanted_changes(self, before: bytes | None, after: bytes) -> Iterator[Change]:
        """Changes of files that are read; a file that comes to be one is new."""
        for change in self.history.changes(before, after):
            old, new = self._readable(change.before), self._readable(change.after)
            if old is not None or new is not None:
                yield Change(old, new)
            elif change.after is not None and self.wanted.look(change.after.path):
                yield Change(None, change.after)  # for its problem to be told

    def _readable(self, version: Version | None) -> Version | None:
        if version is None or not self.wanted.look(version.path):
            return None
        return None if self.wanted.problem(version.path) else version

    def _change(self, change: Change, state: State) -> Iterator[ScanItem]:
        old, new = change.before, change.after
        problem = self.wanted.problem(new.path) if new is not None else ""
        if new is not None and problem:
            yield from self._tell(new.path, Skipped(self._uri(new.path, state), problem))
            return
        before = {} if old is None else self._documents_of(old, state)
        if new is None:
            if old is not None:
                yield from self._deletion(old, before, state)
            return
        if old is None:
            yield from self.paths.add(new.path)
        elif old.path != new.path:
            yield from self.paths.move(old.path, new.path)
        yield from self._revision(new, before, state)

    def _deletion(self, old: Version, before: dict[str, str], state: State) -> Iterator[ScanItem]:
        base = self.paths.base(old.path)
        yield from self.paths.remove(old.path)
        if base is not None and not self.paths.is_fresh:
            # Also what an earlier version said that could be read, if the last one could not.
            before |= dict.fromkeys(held_of(base, self.known.open_documents(base)), "")
        yield from self._end(before, state)

    def _documents_of(self, old: Version, state: State) -> dict[str, str]:
        """What the file held before, and is not held any more under this path."""
        held = self.held.pop(old.path, None)
        self.versions.pop(old.path, None)
        if held is not None:
            return held
        base = self.paths.base(old.path)
        if base is None:
            return {}
        return {
            document.doc_id: _digest(document)
            for document in self._read(old, base, state)
            if isinstance(document, Document)
        }

    def _revision(
        self, version: Version, before: dict[str, str], state: State
    ) -> Iterator[ScanItem]:
        """Documents of a file that are not what they were, and those it has no more."""
        base = self.paths.base(version.path) or self.paths.uri(version.path)
        after: dict[str, str] = {}
        for item in self._read(version, base, state):
            if isinstance(item, Skipped):
                yield from self._tell(item.uri, item)
                # What cannot be read now is still what was read before.
                after |= {k: v for k, v in before.items() if k not in after}
                continue
            digest = _digest(item)
            if before.get(item.doc_id) != digest:
                self.since[item.doc_id] = state.time_s
                if self.known.has_revision(item.doc_id, item.revision_id):
                    self.met.add(item.doc_id)
                self.ended.pop(item.doc_id, None)
                yield item
            after[item.doc_id] = digest
        self.held[version.path] = after
        self.versions[version.path] = version
        yield from self._end({k: v for k, v in before.items() if k not in after}, state)

    def _end(self, documents: dict[str, str], state: State) -> Iterator[ScanItem]:
        for doc_id in documents:
            self.since.pop(doc_id, None)
            ended = Ended(doc_id, datetime.fromtimestamp(state.time_s, tz=UTC))
            if self.is_replay:
                self.ended[doc_id] = ended
            else:
                yield ended

    def _read(self, version: Version, base: str, state: State) -> Iterator[Document | Skipped]:
        """The documents of a version of a file; the last item says what is wrong with it."""
        uri = self._uri(version.path, state)
        dated = Dated(
            instant_interval(datetime.fromtimestamp(state.time_s, tz=UTC)),
            Precision.SECOND,
            DateSource.VERSION_CONTROL,
        )
        dates = DateRules(now=self.rules.dates.now, date_from=(DateSource.VERSION_CONTROL,))
        with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
            path = Path(folder) / "content"
            file = File(
                path=path,
                name=PurePath(version.path),
                origin=self.origin,
                uri=uri,
                doc_id=base,
                outer_dates=(dated,),
            )
            try:
                path.write_bytes(self.history.content(version))
                for item in read_contents(file, replace(self.rules, dates=dates)):
                    yield item if isinstance(item, Skipped) else _committed(item, dated)
            except ParseError as e:
                yield Skipped(uri, str(e))
            except OSError as e:
                yield Skipped(uri, (e.strerror or "cannot be read").lower())
            except RecursionError:
                yield Skipped(uri, "nested too deeply")

    def _tell(self, name: str, skipped: Skipped) -> Iterator[ScanItem]:
        """Say once of a path that it cannot be read, however many commits changed it."""
        if name not in self.told:
            self.told.add(name)
            yield skipped

    def _uri(self, path: str, state: State) -> str:
        return f"{self.origin}@{state.commit_id[:_ID_CHARS]}/{quote(os.fsencode(path))}"

    def _settle(self, now: State) -> Iterator[ScanItem]:
        """After a replay, end what the branch has no more, and say again what it has.

        The branch may have gone back to a commit: then what the store holds is later than that.
        """
        yield from self.ended.values()
        self.is_replay = False
        live = self.paths.live()
        uris = {self.paths.uri(path) for path in live}
        inside = f"{self.origin}!/"
        yield from (Gone(uri) for uri in self.known.origins_under(inside) if uri not in uris)
        held = {doc_id for documents in self.held.values() for doc_id in documents}
        others = [one for one in self.known.open_documents(inside) if one not in held]
        yield from self._end(dict.fromkeys(others, ""), now)
        for path, base in live.items():
            yield from self._say_again(path, base, now)

    def _say_again(self, path: str, base: str, now: State) -> Iterator[ScanItem]:
        stored = {held.doc_id: int(held.since.timestamp()) for held in self.known.held(base)}
        late = {
            doc_id
            for doc_id in self.held.get(path, {})
            if (doc_id not in stored and (self.is_rewritten or doc_id in self.met))
            or stored.get(doc_id, 0) > self.since.get(doc_id, 0)
        }
        version = self.versions.get(path)
        if late and version is not None:
            for item in self._read(version, base, now):
                if isinstance(item, Document) and item.doc_id in late:
                    yield item


def _committed(document: Document, dated: Dated) -> Document:
    """A document as of a commit: members of archives have dates of their own, which say less."""
    named = f"{_digest(document)} {dated}"
    return replace(
        document,
        revision_id=sha256(named.encode()).hexdigest()[:16],
        date=dated,
        other_dates=(),
        order=RevisionOrder.VALID_TIME,
    )


def _digest(document: Document) -> str:
    """Tells what a document says from what it said before."""
    said = f"{document.title}\n{document.text}"
    return sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]

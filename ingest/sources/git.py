"""A git repository as a source: each commit that changed a file, a revision of its document.

A text held from the time it was committed; that dates it, and not what the file says of itself. A
file that is renamed stays the document it was. Only commits after the last one read are looked
at. Where that one is no longer in the branch's history, all of it is read again.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pathspec import GitIgnoreSpec

from ingest.contents import ContentRules
from ingest.fingerprint import RECIPE
from ingest.names import file_uri
from ingest.sources.branch import BranchReading, State, Wanted
from ingest.sources.commits import History
from ingest.sources.tracked import TrackedPaths
from ingest.sources.walk import WalkRules
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Known
from rag_lifelong.types import ScanItem, Unchanged


class GitSource:
    """The current branch of a repository, with or without a working copy.

    Args:
        path: The folder that has `.git` in it, or a bare repository.
        rules: How files are read.
        walk_rules: Which files are read; `.gitignore` has no say in what was committed.
    """

    def __init__(self, path: Path, rules: ContentRules, *, walk_rules: WalkRules) -> None:
        self._path = path
        self._rules = rules
        self._walk_rules = walk_rules

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield the revisions since the last scan, oldest first, and what ended.

        Raises:
            SourceError: If there is no repository, or it is damaged; what came before the damage
                was yielded.
        """
        origin = f"git+{file_uri(self._path)}"
        stored = State.of(known.fingerprint(origin))
        settings = self._settings()
        with History(self._path) as history:
            head = history.head()
            is_as_set = stored is not None and stored.settings == settings
            if stored is not None and is_as_set and stored.commit_id == head:
                yield Unchanged(origin)
                return
            commits, was_met = history.since(None if stored is None else stored.commit_id)
            before = stored if was_met and is_as_set else None
            if was_met and before is None:
                commits, _ = history.since(None)
            reading = BranchReading(
                history=history,
                known=known,
                rules=self._rules,
                origin=origin,
                wanted=self._wanted(),
                paths=TrackedPaths(known, origin, is_fresh=before is None),
                is_replay=before is None and stored is not None,
                is_rewritten=stored is not None and not was_met,
            )
            yield from reading.items(before or State("", 0, settings), commits)

    def _settings(self) -> str:
        """What decides which files are read."""
        walk = f"{self._walk_rules.ignore} {self._walk_rules.include_hidden}"
        return f"{RECIPE}-{sha256(walk.encode()).hexdigest()[:8]}"

    def _wanted(self) -> Wanted:
        try:
            ignored = GitIgnoreSpec.from_lines(self._walk_rules.ignore)
        except ValueError as e:
            raise SourceError(f"a pattern to ignore is wrong: {e}", hint="see gitignore(5)") from e
        return Wanted(ignored, self._rules, self._walk_rules)

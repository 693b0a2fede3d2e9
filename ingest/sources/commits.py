"""Reads the history of a git repository: its commits, and what each changed.

dulwich reads the objects; nothing of the repository is run, no hook, no filter, no program that a
configuration names, and nothing is fetched. Of a merge only what it brought to the branch counts:
history is followed along first parents.
"""

import os
import stat
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from dulwich.diff_tree import tree_changes
from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    GitProtocolError,
    NoIndexPresent,
    NotGitRepository,
    ObjectMissing,
    WrongObjectException,
)
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.repo import Repo

from rag_lifelong.errors import ParseError, SourceError

_DAMAGE = (
    ApplyDeltaError, ChecksumMismatch, FileFormatException, GitProtocolError, NoIndexPresent,
    NotGitRepository, ObjectMissing, WrongObjectException, zlib.error, OSError, EOFError,
    LookupError, ValueError, TypeError, AssertionError, NotImplementedError,
)  # fmt: skip
"""What dulwich raises for a repository that is not as it should be."""
_MAX_COMPARED = 20
"""Files added and files deleted in one commit that are looked at for a rename with an edit."""
_MAX_COMPARED_BYTES = 1_000_000
_ALIKE = 0.5
"""Share of its bytes, in common lines, from which an added file is a deleted one renamed (git)."""


@dataclass(frozen=True, slots=True)
class Version:
    """A file as a commit has it."""

    path: str
    """As the file system decodes names; bytes that are not UTF-8 are kept."""
    blob: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to a file; one side is None where it was added or deleted."""

    before: Version | None
    after: Version | None


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit, as far as it matters here."""

    commit_id: str
    time_s: int
    """When it was committed, in Unix seconds; whatever the committer's clock said."""
    tree: bytes


class History:
    """The commits of a repository's current branch.

    Raises:
        SourceError: If there is no repository, or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._repo = Repo(str(path))
        except NotGitRepository as e:
            raise SourceError(
                f"no git repository at {path}",
                hint="name the folder that has .git in it, or a bare repository",
            ) from e
        except Exception as e:  # its configuration has errors of its own
            raise SourceError(f"cannot read the repository {path}: {_said(e)}", hint=_HINT) from e

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._repo.close()

    def head(self) -> str:
        """The id of the newest commit of the current branch.

        Raises:
            SourceError: If it has none.
        """
        try:
            return self._repo.head().decode("ascii")
        except KeyError as e:
            raise SourceError(
                f"the current branch of {self._path} has no commit",
                hint="check out a branch that has one",
            ) from e
        except _DAMAGE as e:
            raise self._damaged(e) from e

    def since(self, known: str | None) -> tuple[list[str], bool]:
        """Ids of the commits after a known one, oldest first, and whether that one was met.

        Where it was not, all commits are given.

        Raises:
            SourceError: If the history is damaged.
        """
        found: list[str] = []
        with self._reading():
            shallow = self._repo.get_shallow()
            commit_id: bytes | None = self._repo.head()
            while commit_id is not None:
                text = commit_id.decode("ascii")
                if text == known:
                    return found[::-1], True
                found.append(text)
                parents = [] if commit_id in shallow else self._commit(text).parents
                commit_id = parents[0] if parents else None
        return found[::-1], False

    def commit(self, commit_id: str) -> CommitInfo:
        """One commit.

        Raises:
            SourceError: If it is damaged or missing.
        """
        with self._reading():
            commit = self._commit(commit_id)
            return CommitInfo(commit_id, commit.commit_time, commit.tree)

    def changes(self, before: bytes | None, after: bytes) -> list[Change]:
        """What differs between two trees: edits and renames, deletions, additions, by path.

        Links and other repositories inside this one are no files.

        Raises:
            SourceError: If one is damaged or missing.
        """
        added, deleted, changes = [], [], []
        with self._reading():
            tree = None if before is None else ObjectID(before)
            for change in tree_changes(self._repo.object_store, tree, ObjectID(after)):
                old, new = _version(change.old), _version(change.new)
                if old is not None and new is not None:
                    changes.append(Change(old, new))
                elif old is not None:
                    deleted.append(old)
                elif new is not None:
                    added.append(new)
        renames = self._renames(deleted, added)
        old_paths = {old.path for old, _ in renames}
        new_paths = {new.path for _, new in renames}
        changes += [Change(old, new) for old, new in renames]
        changes += [Change(old, None) for old in deleted if old.path not in old_paths]
        changes += [Change(None, new) for new in added if new.path not in new_paths]
        return changes

    def content(self, version: Version) -> bytes:
        """The bytes of a file.

        Raises:
            ParseError: If they are damaged or missing, as in a partial clone.
        """
        try:
            blob = self._repo.object_store[ObjectID(version.blob)]
        except KeyError as e:
            raise ParseError("not in the repository (a partial clone?)") from e
        except _DAMAGE as e:
            raise ParseError(f"damaged in the repository: {_said(e)}") from e
        if not isinstance(blob, Blob):
            raise ParseError("no file in the repository")
        return blob.data

    def _commit(self, commit_id: str) -> Commit:
        commit = self._repo.object_store[ObjectID(commit_id.encode("ascii"))]
        if not isinstance(commit, Commit):
            raise TypeError(f"{commit_id} is no commit")
        return commit

    def _renames(
        self, deleted: Sequence[Version], added: Sequence[Version]
    ) -> list[tuple[Version, Version]]:
        """Which added files are deleted ones: the same bytes, else mostly the same lines."""
        renames = list(_same_bytes(deleted, added))
        taken = {version.path for pair in renames for version in pair}
        gone = [one for one in deleted if one.path not in taken]
        new = [one for one in added if one.path not in taken]
        if not gone or not new or max(len(gone), len(new)) > _MAX_COMPARED:
            return renames
        lines = {one.blob: self._lines(one) for one in (*gone, *new)}
        scored = sorted(
            (-_alike(lines[old.blob], lines[one.blob]), old.path, one.path, old, one)
            for old in gone
            for one in new
            if PurePosixPath(old.path).suffix == PurePosixPath(one.path).suffix
        )
        for score, _, _, old, one in scored:
            if -score >= _ALIKE and not {old.path, one.path} & taken:
                renames.append((old, one))
                taken |= {old.path, one.path}
        return renames

    def _lines(self, version: Version) -> "Counter[bytes]":
        try:
            data = self.content(version)
        except ParseError:
            return Counter()
        if len(data) > _MAX_COMPARED_BYTES:
            return Counter()
        return Counter(data.splitlines(keepends=True))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as e:
            raise self._damaged(e) from e

    def _damaged(self, error: Exception) -> SourceError:
        return SourceError(f"the repository {self._path} is damaged: {_said(error)}", hint=_HINT)


_HINT = "see what `git fsck` says"


def _version(entry: object) -> Version | None:
    """A regular file of a tree; None for what is none."""
    path = getattr(entry, "path", None)
    mode, blob = getattr(entry, "mode", None), getattr(entry, "sha", None)
    if path is None or mode is None or blob is None or not stat.S_ISREG(mode):
        return None
    return Version(os.fsdecode(path), blob)


def _same_bytes(
    deleted: Sequence[Version], added: Sequence[Version]
) -> Iterator[tuple[Version, Version]]:
    of_blob: dict[bytes, list[Version]] = {}
    for old in deleted:
        of_blob.setdefault(old.blob, []).append(old)
    for new in added:
        alike = of_blob.get(new.blob, [])
        # Of several with the same bytes, that with the same name.
        name = PurePosixPath(new.path).name
        alike.sort(key=lambda old: PurePosixPath(old.path).name != name)
        if alike:
            yield alike.pop(0), new


def _alike(one: "Counter[bytes]", other: "Counter[bytes]") -> float:
    """Share of bytes in common lines, of the longer of two files."""
    sizes = [sum(len(line) * n for line, n in lines.items()) for lines in (one, other)]
    common = sum(len(line) * n for line, n in (one & other).items())
    return common / max(sizes) if all(sizes) else 0.0


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
